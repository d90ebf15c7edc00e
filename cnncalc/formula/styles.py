"""How formulas are written: plain text, LaTeX, MathML."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

from cnncalc.expr import FUNCTIONS, Formula, Number, plain

_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "ceil": 2, "neg": 3, "**": 4}
"""How tightly an operation binds its operands."""
ATOM = 5
"""How tightly a number or a letter binds: no style puts it in brackets."""


class Style(Protocol):
    """How the parts of a formula are written. Operands are texts, in brackets where they need brackets."""

    def number(self, value: Number) -> str: ...
    def symbol(self, name: str) -> str: ...
    def infix(self, op: str, left: str, right: str) -> str: ...
    def power(self, base: str, exponent: str) -> str: ...
    def quotient(self, above: str, below: str) -> str: ...
    def rounded(self, op: str, inner: str) -> str: ...
    def function(self, name: str, args: list[str]) -> str: ...
    def negative(self, inner: str) -> str: ...
    def brackets(self, inner: str) -> str: ...

    stacked: bool
    """Whether a quotient is written with a line, so that its numerator and denominator need no brackets."""
    minus: str
    """The text with which a negative number begins."""


def write(tree: Number, style: Style, numbers: bool = False, words: Mapping[str, str] | None = None) -> str:
    """A formula in a style: in its symbols, or with `numbers` put in for them.

    `words` maps the names of some symbols to their names in another language.
    """
    return _write(tree, style, numbers, words or {})[0]


def _write(tree: Number, style: Style, numbers: bool, words: Mapping[str, str]) -> tuple[str, int]:  # noqa: PLR0911 - a case an operation
    """The text of a formula, and how tightly it binds."""
    if not isinstance(tree, Formula) or tree.op == "number" or (numbers and tree.op == "symbol"):
        value = plain(tree)
        binds = ATOM if value.denominator == 1 else _LEVEL["/"]
        return style.number(value), binds if value >= 0 else _LEVEL["neg"]
    if tree.op == "symbol":
        return style.symbol(words.get(tree.name, tree.name)), ATOM
    written = [_write(arg, style, numbers, words) for arg in tree.args]
    if tree.op in FUNCTIONS:
        return style.function(tree.op, [text for text, _ in written]), ATOM
    level = _LEVEL[tree.op]
    if tree.op == "neg":
        return style.negative(_closed(written[0], level, style)), level
    left, right = written
    if tree.op == "**":
        exponent = right[0] if style.stacked else _closed(right, ATOM, style)
        return style.power(_closed(left, ATOM, style), exponent), level
    # a - (b + c), a/(b*c): the right side of - and / needs brackets at the same level too
    tight = level if tree.op in ("+", "*") else level + 1
    if right[0].startswith(style.minus):  # a + (-b*c)
        tight = ATOM
    if tree.op in ("+", "-", "*"):
        return style.infix(tree.op, _closed(left, level, style), _closed(right, tight, style)), level
    if style.stacked:
        level, tight = 0, 0
    quotient = style.quotient(_closed(left, level, style), _closed(right, tight, style))
    return (quotient, _LEVEL["/"]) if tree.op == "/" else (style.rounded(tree.op, quotient), ATOM)


def _closed(written: tuple[str, int], level: int, style: Style) -> str:
    text, binds = written
    return text if binds >= level else style.brackets(text)


class Text:
    """Plain text: floor((N - F)/S) + 1."""

    stacked = False
    minus = "-"

    def number(self, value: Number) -> str:
        return str(value)

    def symbol(self, name: str) -> str:
        return name

    def infix(self, op: str, left: str, right: str) -> str:
        return f"{left}*{right}" if op == "*" else f"{left} {op} {right}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{exponent}"

    def quotient(self, above: str, below: str) -> str:
        return f"{above}/{below}"

    def rounded(self, op: str, inner: str) -> str:
        return f"{'floor' if op == '//' else 'ceil'}({inner})"

    def function(self, name: str, args: list[str]) -> str:
        return f"{name}({', '.join(args)})"

    def negative(self, inner: str) -> str:
        return f"-{inner}"

    def brackets(self, inner: str) -> str:
        return f"({inner})"


class Latex:
    r"""LaTeX's mathematics: \left\lfloor \frac{N - F}{S} \right\rfloor + 1."""

    stacked = True
    minus = "-"

    def number(self, value: Number) -> str:
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def symbol(self, name: str) -> str:
        letter, _, index = name.partition("_")
        letter = letter if len(letter) == 1 else f"\\text{{{letter}}}"
        if not index:
            return letter
        return f"{letter}_{{{index}}}" if len(index) == 1 else f"{letter}_{{\\mathrm{{{index}}}}}"

    def infix(self, op: str, left: str, right: str) -> str:
        return f"{left} \\cdot {right}" if op == "*" else f"{left} {op} {right}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def quotient(self, above: str, below: str) -> str:
        return f"\\frac{{{above}}}{{{below}}}"

    def rounded(self, op: str, inner: str) -> str:
        name = "floor" if op == "//" else "ceil"
        return f"\\left\\l{name} {inner} \\right\\r{name}"

    def function(self, name: str, args: list[str]) -> str:
        return f"\\{name}\\left({', '.join(args)}\\right)"

    def negative(self, inner: str) -> str:
        return f"-{inner}"

    def brackets(self, inner: str) -> str:
        return f"\\left({inner}\\right)"


class MathML:
    """MathML Core, which browsers typeset without a script."""

    stacked = True
    minus = "<mrow><mo>&#8722;</mo>"

    def number(self, value: Number) -> str:
        if value < 0:
            return f"<mrow><mo>&#8722;</mo>{self.number(-value)}</mrow>"
        if isinstance(value, Fraction) and value.denominator != 1:
            return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"
        return f"<mn>{value}</mn>"

    def symbol(self, name: str) -> str:
        letter, _, index = name.partition("_")
        if not index:
            return f"<mi>{name}</mi>"
        return f"<msub><mi>{letter}</mi><mi>{index}</mi></msub>"

    def infix(self, op: str, left: str, right: str) -> str:
        sign = {"*": "&#8901;", "-": "&#8722;"}.get(op, op)
        return f"{left}<mo>{sign}</mo>{right}"

    def power(self, base: str, exponent: str) -> str:
        return f"<msup><mrow>{base}</mrow><mrow>{exponent}</mrow></msup>"

    def quotient(self, above: str, below: str) -> str:
        return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"

    def rounded(self, op: str, inner: str) -> str:
        opening, closing = ("&#8970;", "&#8971;") if op == "//" else ("&#8968;", "&#8969;")
        return f"<mrow><mo>{opening}</mo>{inner}<mo>{closing}</mo></mrow>"

    def function(self, name: str, args: list[str]) -> str:
        inner = "<mo>,</mo>".join(args)
        return f"<mrow><mi>{name}</mi><mo>(</mo>{inner}<mo>)</mo></mrow>"

    def negative(self, inner: str) -> str:
        return f"<mrow><mo>&#8722;</mo>{inner}</mrow>"

    def brackets(self, inner: str) -> str:
        return f"<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>"


TEXT, LATEX, MATHML = Text(), Latex(), MathML()


def text(tree: Number, numbers: bool = False) -> str:
    """The formula of a tree in plain text: in its symbols, or with `numbers` put in for them.

    >>> from cnncalc.expr import symbol
    >>> n, f, s = symbol("N", 7), symbol("F", 3), symbol("S", 3)
    >>> text((n - f) // s + 1)
    'floor((N - F)/S) + 1'
    >>> text((n - f) // s + 1, numbers=True)
    'floor((7 - 3)/3) + 1'
    """
    return write(tree, TEXT, numbers)


def latex(tree: Number, numbers: bool = False) -> str:
    """The formula of a tree in LaTeX's mathematics."""
    return write(tree, LATEX, numbers)


def mathml(tree: Number, numbers: bool = False) -> str:
    """The formula of a tree in MathML, without the <math> element around it."""
    return write(tree, MATHML, numbers)
