"""Whole-number arithmetic that can remember its formula.

The rules of the layer kinds are written once, as plain arithmetic on `int`. Run on ints they are
fast; run on `Expr` values, which are ints too, the same lines leave behind the tree of the formula:
its symbols, the numbers put in, and each step. Explanations and the slips of homework come from it;
`cnncalc.formula` walks, changes, evaluates and writes the trees.
"""

import operator
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd
from typing import Any, Self, TypeVar, cast

Number = int | Fraction
AnyNumber = TypeVar("AnyNumber", bound=Number)


class _Remembers:
    """The parts of a number that remembers its formula, and the arithmetic of such numbers.

    `op` is "number", "symbol", or one of `+ - * / // ceil ** neg max min gcd`: `/` rounds nothing, `//`
    rounds a quotient down, and `ceil` rounds a quotient up. `args` are the operands, which remember their own
    formulas. A symbol has a `name`; a symbol that stands for a formula, such as P for (F - 1)/2, has the
    formula as its only argument.
    """

    op: str
    args: tuple[Number, ...]
    name: str

    def __add__(self, other: Number) -> Any:
        return apply_op("+", self, other)

    def __radd__(self, other: Number) -> Any:
        return self if _is_plain(other, 0) else apply_op("+", other, self)

    def __sub__(self, other: Number) -> Any:
        return apply_op("-", self, other)

    def __rsub__(self, other: Number) -> Any:
        return apply_op("-", other, self)

    def __mul__(self, other: Number) -> Any:
        return self if _is_plain(other, 1) else apply_op("*", self, other)

    def __rmul__(self, other: Number) -> Any:
        return self if _is_plain(other, 1) else apply_op("*", other, self)

    def __truediv__(self, other: Number) -> Any:
        return apply_op("/", self, other)

    def __rtruediv__(self, other: Number) -> Any:
        return apply_op("/", other, self)

    def __floordiv__(self, other: Number) -> Any:
        return apply_op("//", self, other)

    def __rfloordiv__(self, other: Number) -> Any:
        return apply_op("//", other, self)

    def __pow__(self, other: int, mod: None = None) -> Any:
        return apply_op("**", self, other)

    def __rpow__(self, other: int, mod: None = None) -> Any:
        return apply_op("**", other, self)

    def __neg__(self) -> Any:
        return apply_op("neg", self)

    def __repr__(self) -> str:
        return f"Expr({self.name or self.op}, {plain(self)})"  # type: ignore[arg-type]


class Expr(_Remembers, int):  # type: ignore[misc]
    """A whole number that remembers its formula."""

    def __new__(cls, value: int, op: str = "number", args: tuple[Number, ...] = (), name: str = "") -> Self:
        self = super().__new__(cls, value)
        self.op, self.args, self.name = op, args, name
        return self

    __hash__ = int.__hash__


class Unknown(Expr):
    """A letter for which no number is given: its value is a stand-in, which no result may show."""


class Ratio(_Remembers, Fraction):  # type: ignore[misc]
    """A fraction that remembers its formula: a jump below 1, a size before it is rounded."""

    def __new__(
        cls, value: Number, op: str = "number", args: tuple[Number, ...] = (), name: str = ""
    ) -> Self:
        self = super().__new__(cls, value)
        self.op, self.args, self.name = op, args, name
        return self

    __hash__ = Fraction.__hash__


Formula = Expr | Ratio
"""A number that remembers its formula."""


def remembered(value: Number, op: str = "number", args: tuple[Number, ...] = (), name: str = "") -> Any:
    """A number with its formula: the operation and the operands."""
    kind = Expr if value.denominator == 1 else Ratio
    return kind(value, op, args, name)  # type: ignore[arg-type]


def plain(value: Number) -> Number:
    """The number without its formula."""
    return int(value) if value.denominator == 1 else Fraction(value.numerator, value.denominator)


def _is_plain(value: Number, number: int) -> bool:
    return not isinstance(value, Formula) and value == number


def compute(op: str, *args: Number) -> Number:
    """The exact result of an operation on plain numbers.

    >>> compute("ceil", 7, 2), compute("/", 7, 2)
    (4, Fraction(7, 2))
    """
    return OPERATIONS[op](*args)  # type: ignore[no-any-return]


OPERATIONS: Mapping[str, Any] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "ceil": lambda a, b: -(-a // b),
    "/": lambda a, b: plain(Fraction(a) / b),
    "**": lambda a, b: plain(Fraction(a) ** b),
    "neg": operator.neg,
    "max": max,
    "min": min,
    "gcd": gcd,
}
FUNCTIONS = frozenset({"max", "min", "gcd"})
"""The operations that are written with their name: max(a, b)."""


def apply_op(op: str, *args: Any) -> Number:
    """The result of an operation, which remembers the operation and the arguments.

    >>> apply_op("+", 2, 3)
    Expr(+, 5)
    """
    result: Number = remembered(compute(op, *map(plain, args)), op, args)
    return result


def symbol(name: str, value: int) -> Expr:
    """A letter of a formula, with its number: N = 32."""
    return Expr(value, "symbol", (), name)


def unknown(name: str, stand_in: int) -> Unknown:
    """A letter of a formula that stands for any number."""
    return Unknown(stand_in, "symbol", (), name)


def named(name: str, value: AnyNumber) -> AnyNumber:
    """A letter that stands for a formula, such as P for (F - 1)/2; a plain number stays plain."""
    if not isinstance(value, Formula):
        return value
    return cast(AnyNumber, remembered(value, "symbol", (value,), name))


def as_expr_like(value: int, other: Number, name: str = "") -> int:
    """A plain number as an Expr if `other` is one, and else as it is; with a name, the Expr is a symbol."""
    if not isinstance(other, Formula):
        return value
    return symbol(name, value) if name else Expr(value)


def ceil_div(a: int, b: int) -> int:
    """a/b rounded up.

    >>> ceil_div(7, 2)
    4
    """
    if isinstance(a, Formula) or isinstance(b, Formula):
        return apply_op("ceil", a, b)  # type: ignore[return-value]
    return -(-a // b)


def exact_div(a: int, b: int) -> int:
    """a/b where b divides a. A formula shows the quotient as a fraction, without floor or ceil."""
    if b == 1 and not isinstance(b, Formula):
        return a
    if isinstance(a, Formula) or isinstance(b, Formula):
        return apply_op("/", a, b)  # type: ignore[return-value]
    return a // b


def fraction(a: Number, b: int) -> Number:
    """a/b, exactly, whether or not it is whole.

    >>> fraction(1, 2)
    Fraction(1, 2)
    """
    if isinstance(a, Formula) or isinstance(b, Formula):
        return apply_op("/", a, b)
    return Fraction(a, b) if a % b else a // b


def maximum(first: AnyNumber, *others: AnyNumber) -> AnyNumber:
    """The largest number; a formula shows max(...).

    >>> maximum(2, 3)
    3
    """
    if others and any(isinstance(number, Formula) for number in (first, *others)):
        return apply_op("max", first, *others)  # type: ignore[return-value]
    return max(first, *others) if others else first


def minimum(first: AnyNumber, *others: AnyNumber) -> AnyNumber:
    """The smallest number; a formula shows min(...).

    >>> minimum(2, 3)
    2
    """
    if others and any(isinstance(number, Formula) for number in (first, *others)):
        return apply_op("min", first, *others)  # type: ignore[return-value]
    return min(first, *others) if others else first


def common_divisor(a: int, b: int) -> int:
    """The greatest common divisor; a formula shows gcd(...).

    >>> common_divisor(14, 7)
    7
    """
    if isinstance(a, Formula) or isinstance(b, Formula):
        return apply_op("gcd", a, b)  # type: ignore[return-value]
    return gcd(a, b)


def product(values: Iterable[int]) -> int:
    """The product of `values`; 1 if there are none.

    >>> product((5, 5, 3))
    75
    """
    result = 1
    for value in values:
        result = result * value
    return result
