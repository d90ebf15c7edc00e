"""Whole-number arithmetic that can remember its formula.

The rules of the layer kinds are written once, as plain arithmetic on `int`. Run on ints they are
fast; run on `Expr` values, which are ints too, the same lines leave behind the tree of the formula:
its symbols, the numbers put in, and each step. Explanations and the slips of homework come from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

_BINARY = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "ceil": 2, "**": 4}


class Expr(int):
    """A whole number that remembers how it came about.

    `op` is "number", "symbol", one of `+ - * / // ceil ** max min`, or "neg"; `/` is a division that
    leaves nothing over, `//` rounds down, `ceil` is a division rounded up. `args` are what it was
    made from; a symbol has a `name`.
    """

    op: str
    args: tuple[int, ...]
    name: str

    def __new__(cls, value: int, op: str = "number", args: tuple[int, ...] = (), name: str = "") -> Self:
        self = super().__new__(cls, value)
        self.op, self.args, self.name = op, args, name
        return self

    def __add__(self, other: int) -> int:
        return _made("+", self, other)

    def __radd__(self, other: int) -> int:
        return self if _is_plain(other, 0) else _made("+", other, self)

    def __sub__(self, other: int) -> int:
        return _made("-", self, other)

    def __rsub__(self, other: int) -> int:
        return _made("-", other, self)

    def __mul__(self, other: int) -> int:
        return self if _is_plain(other, 1) else _made("*", self, other)

    def __rmul__(self, other: int) -> int:
        return self if _is_plain(other, 1) else _made("*", other, self)

    def __floordiv__(self, other: int) -> int:
        return _made("//", self, other)

    def __rfloordiv__(self, other: int) -> int:
        return _made("//", other, self)

    def __pow__(self, other: int, mod: None = None) -> Any:  # type: ignore[override]
        return _made("**", self, other)

    def __neg__(self) -> int:
        return Expr(-int(self), "neg", (self,))

    def __str__(self) -> str:
        return text(self)

    def __repr__(self) -> str:
        return f"Expr({text(self)} = {int(self)})"


def _is_plain(value: int, number: int) -> bool:
    return not isinstance(value, Expr) and value == number


def _made(op: str, left: int, right: int) -> int:
    a, b = int(left), int(right)
    if op == "+":
        value = a + b
    elif op == "-":
        value = a - b
    elif op == "*":
        value = a * b
    elif op == "ceil":
        value = -(-a // b)
    elif op == "**":
        value = int(a**b)
    else:
        value = a // b
    return Expr(value, op, (left, right))


def symbol(name: str, value: int) -> Expr:
    """A letter of a formula, with the number that stands for it."""
    return Expr(value, "symbol", (), name)


def ceil_div(a: int, b: int) -> int:
    """a/b rounded up.

    >>> ceil_div(7, 2)
    4
    """
    if isinstance(a, Expr) or isinstance(b, Expr):
        return _made("ceil", a, b)
    return -(-a // b)


def exact_div(a: int, b: int) -> int:
    """a/b where b divides a (a formula shows it as a plain fraction, with nothing rounded)."""
    if b == 1 and not isinstance(b, Expr):
        return a
    if isinstance(a, Expr) or isinstance(b, Expr):
        return _made("/", a, b)
    return a // b


def maximum(a: int, b: int) -> int:
    """The larger of the two, remembered as such.

    >>> maximum(2, 3)
    3
    """
    if isinstance(a, Expr) or isinstance(b, Expr):
        return Expr(max(int(a), int(b)), "max", (a, b))
    return max(a, b)


def product(values: Iterable[int]) -> int:
    """The product of `values`; 1 if there are none.

    >>> product((5, 5, 3))
    75
    """
    result = 1
    for value in values:
        result = result * value
    return result


def text(value: int, numbers: bool = False) -> str:
    """The formula of a value in plain text: in its symbols, or with `numbers` put in for them.

    >>> n, f, s = symbol("N", 7), symbol("F", 3), symbol("S", 3)
    >>> text((n - f) // s + 1)
    'floor((N - F)/S) + 1'
    >>> text((n - f) // s + 1, numbers=True)
    'floor((7 - 3)/3) + 1'
    """
    return _text(value, numbers)[0]


def _text(value: int, numbers: bool) -> tuple[str, int]:
    """The text of a formula, and how tightly it binds (5 for an atom)."""
    if not isinstance(value, Expr) or value.op == "number":
        return f"{int(value)}", 5 if value >= 0 else 3
    if value.op == "symbol":
        return (f"{int(value)}", 5 if value >= 0 else 3) if numbers else (value.name, 5)
    if value.op == "neg":
        inner, binds = _text(value.args[0], numbers)
        return f"-{inner if binds >= 3 else f'({inner})'}", 3
    if value.op in ("max", "min"):
        return f"{value.op}({', '.join(_text(arg, numbers)[0] for arg in value.args)})", 5
    level = _BINARY[value.op]
    (left, left_binds), (right, right_binds) = (_text(arg, numbers) for arg in value.args)
    left = left if left_binds >= level else f"({left})"
    # a - (b + c), a/(b*c): the right side of these needs its brackets at the same level too
    tight = right_binds > level or (right_binds == level and value.op in ("+", "*"))
    right = right if tight else f"({right})"
    if value.op in ("//", "ceil"):
        return f"{'floor' if value.op == '//' else 'ceil'}({left}/{right})", 5
    space = " " if level == 1 else ""
    sign = "^" if value.op == "**" else value.op
    return f"{left}{space}{sign}{space}{right}", level
