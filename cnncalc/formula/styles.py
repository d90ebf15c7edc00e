"""How formulas are written: plain text, LaTeX, MathML."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

from cnncalc.expr import FUNCTIONS, Formula, Number, plain

_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "ceil": 2, "neg": 3, "**": 4}
"""How tightly an operation binds its operands."""
ATOM = 5
"""How tightly a number or a letter binds: no style puts it in brackets."""


class Style(NamedTuple):
    """How the parts of a formula are written. Operands are texts, in brackets where they need brackets."""

    number: Callable[[Number], str]
    symbol: Callable[[str], str]
    patterns: Mapping[str, str]
    """Operation -> the text, with {} for each operand; of "//" and ceil, the text around a quotient."""
    function: str
    """The name and the operands of a function."""
    comma: str
    minus: str
    """The text with which a negative number begins."""
    stacked: bool = True
    """Whether a quotient is written with a line, so that its numerator and denominator need no brackets."""


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
        return style.function.format(tree.op, style.comma.join(text for text, _ in written)), ATOM
    level, patterns = _LEVEL[tree.op], style.patterns
    if tree.op == "neg":
        return patterns["neg"].format(_closed(written[0], level, style)), level
    left, right = written
    if tree.op == "**":
        exponent = right[0] if style.stacked else _closed(right, ATOM, style)
        return patterns["**"].format(_closed(left, ATOM, style), exponent), level
    # a - (b + c), a/(b*c): the right side of - and / needs brackets at the same level too
    tight = level if tree.op in ("+", "*") else level + 1
    if right[0].startswith(style.minus):  # a + (-b*c)
        tight = ATOM
    if tree.op in ("+", "-", "*"):
        return patterns[tree.op].format(_closed(left, level, style), _closed(right, tight, style)), level
    if style.stacked:
        level, tight = 0, 0
    quotient = patterns["/"].format(_closed(left, level, style), _closed(right, tight, style))
    return (quotient, _LEVEL["/"]) if tree.op == "/" else (patterns[tree.op].format(quotient), ATOM)


def _closed(written: tuple[str, int], level: int, style: Style) -> str:
    text, binds = written
    return text if binds >= level else style.patterns["()"].format(text)


def _latex_number(value: Number) -> str:
    if value.denominator == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _latex_symbol(name: str) -> str:
    letter, _, index = name.partition("_")
    letter = letter if len(letter) == 1 else f"\\text{{{letter}}}"
    if not index:
        return letter
    return f"{letter}_{{{index}}}" if len(index) == 1 else f"{letter}_{{\\mathrm{{{index}}}}}"


_MATHML_MINUS = "<mrow><mo>&#8722;</mo>"


def _mathml_number(value: Number) -> str:
    if value < 0:
        return f"{_MATHML_MINUS}{_mathml_number(-value)}</mrow>"
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"
    return f"<mn>{value}</mn>"


def _mathml_symbol(name: str) -> str:
    letter, _, index = name.partition("_")
    return f"<msub><mi>{letter}</mi><mi>{index}</mi></msub>" if index else f"<mi>{name}</mi>"


TEXT = Style(
    str,
    str,
    {
        "+": "{} + {}", "-": "{} - {}", "*": "{}*{}", "/": "{}/{}", "**": "{}^{}", "neg": "-{}",
        "//": "floor({})", "ceil": "ceil({})", "()": "({})",
    },
    function="{}({})", comma=", ", minus="-", stacked=False,
)  # fmt: skip
"""Plain text: floor((N - F)/S) + 1."""
LATEX = Style(
    _latex_number,
    _latex_symbol,
    {
        "+": "{} + {}", "-": "{} - {}", "*": r"{} \cdot {}", "/": r"\frac{{{}}}{{{}}}", "**": "{}^{{{}}}",
        "neg": "-{}", "//": r"\left\lfloor {} \right\rfloor", "ceil": r"\left\lceil {} \right\rceil",
        "()": r"\left({}\right)",
    },
    function=r"\{}\left({}\right)", comma=", ", minus="-",
)  # fmt: skip
r"""LaTeX's mathematics: \left\lfloor \frac{N - F}{S} \right\rfloor + 1."""
MATHML = Style(
    _mathml_number,
    _mathml_symbol,
    {
        "+": "{}<mo>+</mo>{}",
        "-": "{}<mo>&#8722;</mo>{}",
        "*": "{}<mo>&#8901;</mo>{}",
        "/": "<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>",
        "**": "<msup><mrow>{}</mrow><mrow>{}</mrow></msup>",
        "neg": _MATHML_MINUS + "{}</mrow>",
        "//": "<mrow><mo>&#8970;</mo>{}<mo>&#8971;</mo></mrow>",
        "ceil": "<mrow><mo>&#8968;</mo>{}<mo>&#8969;</mo></mrow>",
        "()": "<mrow><mo>(</mo>{}<mo>)</mo></mrow>",
    },
    function="<mrow><mi>{}</mi><mo>(</mo>{}<mo>)</mo></mrow>",
    comma="<mo>,</mo>",
    minus=_MATHML_MINUS,
)
"""MathML Core, which browsers typeset without a script."""


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
