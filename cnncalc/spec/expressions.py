"""`$name` and `$( arithmetic )`: exact numbers, no code.

Numbers are fractions of whole numbers, so that 0.1 * 30 is 3 and nothing is lost on the way.
"""

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from cnncalc.errors import FOLLOWS, brief, did_you_mean
from cnncalc.layers.support.options import LARGEST
from cnncalc.spec.parse import plain

DEEPEST_EXPRESSION = 50
"""How deeply the parentheses and operators of an expression may nest."""
LONGEST = 10_000
_IDENTIFIER = r"[^\W\d]\w*"
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][-+]?\d{1,3})?|\.\d+(?:[eE][-+]?\d{1,3})?"
_PART = rf"\s*(?:(?P<number>{_NUMBER})|(?P<name>{_IDENTIFIER})|(?P<op>\*\*|//|[<>=!]=|[-+*/%()<>,]))"

Value = Any
Lookup = Mapping[str, Value]
FAILED_VALUE = object()
"""The value of a variable whose fault is told: an expression that uses the variable fails in silence."""


class ExpressionError(Exception):
    """A fault of an expression, and the number (from 0) of its character in the text."""

    def __init__(self, code: str, message: str, help: str, offset: int) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.offset = code, message, help, offset


def is_reference(text: str) -> bool:
    """Whether a text is one `$name` and nothing else."""
    return text.startswith("$") and re.fullmatch(_IDENTIFIER, text[1:]) is not None


def substitute(text: str, names: Lookup) -> Value:
    """The value of a scalar that holds `$`: of any kind if it is one reference, else a text.

    >>> substitute("$(4 * width)", {"width": 64}), substitute("conv3-$width s$(1+1)", {"width": 64})
    (256, 'conv3-64 s2')
    """
    if len(text) > LONGEST:
        raise _too_long(len(text))
    pieces: list[str] = []
    position, length = 0, len(text)
    while (start := text.find("$", position)) >= 0:
        value, end = _reference(text, start, names)
        if start == 0 and end == len(text):
            return value
        if not isinstance(value, str | int | float):
            what = "a list of layers" if value is not None else "nothing"
            raise ExpressionError(
                "bad_reference", f"{text[start:end]} is {what}, which can't stand within a text", "", start
            )
        pieces += [text[position:start], _written(value)]
        length += len(pieces[-1]) - (end - start)
        if length > LONGEST:
            raise _too_long(length)
        position = end
    return "".join(pieces) + text[position:]


def _too_long(length: int) -> ExpressionError:
    return ExpressionError("too_large", f"an expression of {length} characters", f"at most {LONGEST}", 0)


def _written(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reference(text: str, start: int, names: Lookup) -> tuple[Value, int]:
    """The value of the reference at `start`, and where it ends."""
    if text.startswith("$(", start):
        depth = 0
        for end in range(start + 1, len(text)):
            depth += (text[end] == "(") - (text[end] == ")")
            if depth == 0:
                return evaluate(text[start + 2 : end], names, start + 2), end + 1
        raise ExpressionError(
            "unclosed",
            f"{brief(text[start:])}: the $( is not closed",
            "within { } and [ ], quote a $( ) that holds a comma",
            start,
        )
    name = re.compile(_IDENTIFIER).match(text, start + 1)
    if name is None:
        raise ExpressionError(
            "bad_reference", "$ begins a name or $( )", "such as $width or $(2 * width)", start
        )
    return _look_up(name[0], names, start), name.end()


def _look_up(name: str, names: Lookup, offset: int) -> Value:
    if name not in names:
        raise ExpressionError(
            "unknown_variable",
            f"${name} has no value",
            did_you_mean(name, names, "known") or "variables: gives it one",
            offset,
        )
    if names[name] is FAILED_VALUE:
        raise ExpressionError(FOLLOWS, "", "", offset)
    return names[name]


def evaluate(text: str, names: Lookup, offset: int = 0) -> int | float:
    """The value of an expression; an int if the value is whole.

    >>> evaluate("max(8, floor((0.75*32 + 4) / 8) * 8)", {})
    24
    """
    result = exact(text, names, offset)
    return int(result) if result.denominator == 1 else float(result)


def exact(text: str, names: Lookup, offset: int = 0) -> Fraction:
    """The number that an expression comes to, with nothing rounded."""
    return _Parser(text, names, offset).parse()


def _limited(value: Fraction, offset: int) -> Fraction:
    if abs(value.numerator) > LARGEST**2 or value.denominator > LARGEST**2:
        raise ExpressionError(
            "too_large", "the expression's value is too large or too fine", f"at most {LARGEST:,}", offset
        )
    return value


def _power(base: Fraction, exponent: Fraction, offset: int) -> Fraction:
    if exponent.denominator != 1:
        raise ExpressionError("bad_expression", "the exponent of ** must be whole", "", offset)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent) * max(bits - 1, 0) > 100 or abs(exponent) > LARGEST:
        raise ExpressionError(
            "too_large", "the expression's value is too large or too fine", f"at most {LARGEST:,}", offset
        )
    if base == 0 and exponent < 0:
        raise ExpressionError("bad_expression", "division by zero", "", offset)
    return Fraction(base**exponent) if bits > 1 or base < 0 or exponent == 0 else base


def _divisor(value: Fraction, offset: int) -> Fraction:
    if value == 0:
        raise ExpressionError("bad_expression", "division by zero", "", offset)
    return value


_BINARY: dict[str, tuple[int, Callable[[Fraction, Fraction, int], Fraction]]] = {
    "<": (1, lambda a, b, _: Fraction(a < b)),
    ">": (1, lambda a, b, _: Fraction(a > b)),
    "<=": (1, lambda a, b, _: Fraction(a <= b)),
    ">=": (1, lambda a, b, _: Fraction(a >= b)),
    "==": (1, lambda a, b, _: Fraction(a == b)),
    "!=": (1, lambda a, b, _: Fraction(a != b)),
    "+": (2, lambda a, b, _: a + b),
    "-": (2, lambda a, b, _: a - b),
    "*": (3, lambda a, b, _: a * b),
    "/": (3, lambda a, b, at: a / _divisor(b, at)),
    "//": (3, lambda a, b, at: Fraction(a // _divisor(b, at))),
    "%": (3, lambda a, b, at: a % _divisor(b, at)),
    "**": (5, _power),
}
_UNARY = 4
_FUNCTIONS: dict[str, tuple[range, Callable[..., Fraction]]] = {
    "min": (range(1, 100), lambda *each: min(each)),
    "max": (range(1, 100), lambda *each: max(each)),
    "round": (range(1, 2), lambda a: Fraction(math.floor(a + Fraction(1, 2)))),
    "floor": (range(1, 2), lambda a: Fraction(math.floor(a))),
    "ceil": (range(1, 2), lambda a: Fraction(math.ceil(a))),
}


@lru_cache(1000)
def _tokens(text: str, offset: int) -> list[tuple[str, str, int]]:
    """The parts of an expression: kind, text, and at which character each stands."""
    tokens: list[tuple[str, str, int]] = []
    position = 0
    part = re.compile(_PART)
    while position < len(text):
        match = part.match(text, position)
        if match is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise ExpressionError(
                "bad_expression",
                f"{brief(text[at : at + 1])} is not arithmetic",
                "numbers, names, + - * / // % ** ( )",
                offset + at,
            )
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind], offset + match.start(kind)))
        position = match.end()
    tokens.append(("end", "", offset + len(text)))
    return tokens


class _Parser:
    """Precedence climbing over the tokens of one expression."""

    def __init__(self, text: str, names: Lookup, offset: int) -> None:
        self.names, self.offset, self.depth = names, offset, 0
        self.tokens = _tokens(text.rstrip(), offset)
        self.at = 0

    def parse(self) -> Fraction:
        value = self.expression(0)
        if self.tokens[self.at][0] != "end":
            raise self.unexpected()
        return value

    def unexpected(self) -> ExpressionError:
        kind, text, offset = self.tokens[self.at]
        found = "the expression ends early" if kind == "end" else f"{brief(text)} does not belong here"
        return ExpressionError("bad_expression", found, "", offset)

    def take(self, text: str) -> bool:
        if self.tokens[self.at][:2] == ("op", text):
            self.at += 1
            return True
        return False

    def expression(self, lowest: int) -> Fraction:
        self.depth += 1
        if self.depth > DEEPEST_EXPRESSION:
            raise ExpressionError(
                "too_deep", f"nests more than {DEEPEST_EXPRESSION} deep", "", self.tokens[self.at][2]
            )
        value = self.operand()
        while True:
            kind, text, offset = self.tokens[self.at]
            level, apply = _BINARY.get(text, (0, None)) if kind == "op" else (0, None)
            if apply is None or level <= lowest:
                self.depth -= 1
                return value
            self.at += 1
            # ** binds to the right: 2**3**2 is 2**9
            right = self.expression(level - 1 if text == "**" else level)
            value = _limited(apply(value, right, offset), offset)

    def operand(self) -> Fraction:
        kind, text, offset = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            if len(text) > 40:
                raise ExpressionError(
                    "too_large", "a number of very many digits", f"at most {LARGEST:,}", offset
                )
            return _limited(Fraction(text), offset)
        if kind == "op" and text in ("-", "+"):
            self.at += 1
            value = self.expression(_UNARY - 1)
            return -value if text == "-" else value
        if self.take("("):
            value = self.expression(0)
            if not self.take(")"):
                raise self.unexpected()
            return value
        if kind == "name":
            self.at += 1
            return self.call(text, offset) if self.take("(") else self.variable(text, offset)
        raise self.unexpected()

    def call(self, name: str, offset: int) -> Fraction:
        if name not in _FUNCTIONS:
            help = did_you_mean(name, _FUNCTIONS, "functions")
            raise ExpressionError("unknown_function", f"{name} is not a function", help, offset)
        arguments = [self.expression(0)]
        while self.take(","):
            arguments.append(self.expression(0))
        if not self.take(")"):
            raise self.unexpected()
        arity, function = _FUNCTIONS[name]
        if len(arguments) not in arity:
            raise ExpressionError(
                "bad_expression",
                f"{name} takes {'one number' if arity.stop == 2 else f'at most {arity.stop - 1} numbers'}",
                "",
                offset,
            )
        return function(*arguments)

    def variable(self, name: str, offset: int) -> Fraction:
        value: Any = _look_up(name, self.names, offset)
        if isinstance(value, str):
            value = plain(value)
        if not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
            raise ExpressionError("bad_expression", f"{name} is {brief(value)}, not a number", "", offset)
        return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
