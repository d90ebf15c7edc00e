"""Whole-number arithmetic that can remember its formula.

The rules of the layer kinds are written once, as plain arithmetic on `int`. Run on ints they are
fast; run on `Expr` values, which are ints too, the same lines leave behind the tree of the formula:
its symbols, the numbers put in, and each step. Explanations and the slips of homework come from it;
`cnncalc.formula` walks, changes, evaluates and writes the trees.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd
from typing import Any, Self, TypeVar, cast

Number = int | Fraction
AnyNumber = TypeVar("AnyNumber", bound=Number)


class _Remembers:
    """What a number that remembers knows, and its arithmetic.

    `op` is "number", "symbol", one of `+ - * / // ceil ** neg max min gcd`; `/` is a division that
    rounds nothing, `//` rounds down, `ceil` is a division rounded up. `args` are what it was made from.
    A symbol has a `name`; one that stands for a formula of its own has that as its argument.
    """

    op: str
    args: tuple[Number, ...]
    name: str

    def __add__(self, other: Number) -> Any:
        return made("+", self, other)

    def __radd__(self, other: Number) -> Any:
        return self if _is_plain(other, 0) else made("+", other, self)

    def __sub__(self, other: Number) -> Any:
        return made("-", self, other)

    def __rsub__(self, other: Number) -> Any:
        return made("-", other, self)

    def __mul__(self, other: Number) -> Any:
        return self if _is_plain(other, 1) else made("*", self, other)

    def __rmul__(self, other: Number) -> Any:
        return self if _is_plain(other, 1) else made("*", other, self)

    def __truediv__(self, other: Number) -> Any:
        return made("/", self, other)

    def __rtruediv__(self, other: Number) -> Any:
        return made("/", other, self)

    def __floordiv__(self, other: Number) -> Any:
        return made("//", self, other)

    def __rfloordiv__(self, other: Number) -> Any:
        return made("//", other, self)

    def __pow__(self, other: int, mod: None = None) -> Any:
        return made("**", self, other)

    def __rpow__(self, other: int, mod: None = None) -> Any:
        return made("**", other, self)

    def __neg__(self) -> Any:
        return made("neg", self)

    def __repr__(self) -> str:
        return f"Expr({self.name or self.op}, {plain(self)})"  # type: ignore[arg-type]


class Expr(_Remembers, int):  # type: ignore[misc]
    """A whole number that remembers how it came about."""

    def __new__(cls, value: int, op: str = "number", args: tuple[Number, ...] = (), name: str = "") -> Self:
        self = super().__new__(cls, value)
        self.op, self.args, self.name = op, args, name
        return self

    __hash__ = int.__hash__


class Ratio(_Remembers, Fraction):  # type: ignore[misc]
    """A fraction that remembers how it came about: a jump below 1, a size that was not rounded."""

    def __new__(
        cls, value: Number, op: str = "number", args: tuple[Number, ...] = (), name: str = ""
    ) -> Self:
        self = super().__new__(cls, value)
        self.op, self.args, self.name = op, args, name
        return self

    __hash__ = Fraction.__hash__


Formula = Expr | Ratio
"""A number that remembers."""


def remembered(value: Number, op: str = "number", args: tuple[Number, ...] = (), name: str = "") -> Any:
    """A number with how it came about."""
    kind = Expr if value.denominator == 1 else Ratio
    return kind(value, op, args, name)  # type: ignore[arg-type]


def plain(value: Number) -> Number:
    """The number alone."""
    return int(value) if value.denominator == 1 else Fraction(value.numerator, value.denominator)


def _is_plain(value: Number, number: int) -> bool:
    return not isinstance(value, Formula) and value == number


def compute(op: str, *args: Number) -> Number:
    """What an operation makes of plain numbers, exactly.

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


def made(op: str, *args: Any) -> Any:
    """The number that an operation makes of its arguments, which remembers both."""
    return remembered(compute(op, *map(plain, args)), op, args)


def symbol(name: str, value: int) -> Expr:
    """A letter of a formula, with the number that stands for it."""
    return Expr(value, "symbol", (), name)


def named(name: str, value: AnyNumber) -> AnyNumber:
    """A letter that stands for a formula of its own; a plain number stays one."""
    if not isinstance(value, Formula):
        return value
    return cast(AnyNumber, remembered(value, "symbol", (value,), name))


def beside(value: int, other: Number, name: str = "") -> int:
    """A plain number, made to remember where `other` does, under a name if it is given one."""
    if not isinstance(other, Formula):
        return value
    return symbol(name, value) if name else Expr(value)


def ceil_div(a: int, b: int) -> int:
    """a/b rounded up.

    >>> ceil_div(7, 2)
    4
    """
    if isinstance(a, Formula) or isinstance(b, Formula):
        return made("ceil", a, b)  # type: ignore[no-any-return]
    return -(-a // b)


def exact_div(a: int, b: int) -> int:
    """a/b where b divides a (a formula shows it as a plain fraction, with nothing rounded)."""
    if b == 1 and not isinstance(b, Formula):
        return a
    if isinstance(a, Formula) or isinstance(b, Formula):
        return made("/", a, b)  # type: ignore[no-any-return]
    return a // b


def fraction(a: Number, b: int) -> Number:
    """a/b, exactly, whether or not it is whole.

    >>> fraction(1, 2)
    Fraction(1, 2)
    """
    if isinstance(a, Formula) or isinstance(b, Formula):
        return made("/", a, b)  # type: ignore[no-any-return]
    return Fraction(a, b)


def maximum(first: AnyNumber, *others: AnyNumber) -> AnyNumber:
    """The largest, remembered as such.

    >>> maximum(2, 3)
    3
    """
    if others and any(isinstance(number, Formula) for number in (first, *others)):
        return made("max", first, *others)  # type: ignore[no-any-return]
    return max(first, *others) if others else first


def minimum(first: AnyNumber, *others: AnyNumber) -> AnyNumber:
    """The smallest, remembered as such.

    >>> minimum(2, 3)
    2
    """
    if others and any(isinstance(number, Formula) for number in (first, *others)):
        return made("min", first, *others)  # type: ignore[no-any-return]
    return min(first, *others) if others else first


def common_divisor(a: int, b: int) -> int:
    """The greatest common divisor, remembered as such.

    >>> common_divisor(14, 7)
    7
    """
    if isinstance(a, Formula) or isinstance(b, Formula):
        return made("gcd", a, b)  # type: ignore[no-any-return]
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
