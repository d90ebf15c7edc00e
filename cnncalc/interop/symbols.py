"""Shape that a model leaves open: the expressions of letters that an exported program records for them."""

import ast
from collections.abc import Mapping
from fractions import Fraction
from math import floor, prod
from typing import Any

LONGEST = 2_000
"""The most characters of an expression."""

_FUNCTIONS: Mapping[str, Any] = {
    "Integer": lambda value: value,
    "Float": lambda value, *_: Fraction(value),
    "Rational": Fraction,
    "Add": lambda *values: sum(values),
    "Mul": lambda *values: prod(values),
    "Max": max,
    "Min": min,
    "FloorDiv": lambda over, under: floor(Fraction(over) / Fraction(under)),
    "CleanDiv": lambda over, under: floor(Fraction(over) / Fraction(under)),
    "IntTrueDiv": lambda over, under: Fraction(over) / Fraction(under),
    "CeilDiv": lambda over, under: -floor(-Fraction(over) / Fraction(under)),
    "Mod": lambda value, by: value % by,
    "PythonMod": lambda value, by: value % by,
    "TruncToInt": int,
    "CeilToInt": lambda value: -floor(-value),
    "FloorToInt": floor,
    "ToFloat": lambda value: value,
    "Pow": lambda base, exponent: Fraction(base) ** exponent if abs(exponent) <= 8 else None,
}


class OpenSizeError(Exception):
    """An expression that can't be read, or whose letters are not known."""


def value_of(expression: str, letters: Mapping[str, int]) -> int:
    """The value of an expression as SymPy writes it: Mul(Integer(32), Symbol('s0', positive=True)).

    >>> value_of("Mul(Integer(32), Symbol('s0', positive=True))", {"s0": 7})
    224
    """
    try:
        found = Fraction(_value(_parsed(expression), letters))
    except (ArithmeticError, TypeError, ValueError, RecursionError, KeyError) as error:
        raise OpenSizeError(str(error)) from None
    if found.denominator != 1 or not 0 <= found < 10**12:
        raise OpenSizeError(f"{expression} is {found}")
    return int(found)


def letters_of(expression: str) -> list[str]:
    """The letters of an expression.

    >>> letters_of("Mul(Integer(32), Symbol('s0', positive=True))")
    ['s0']
    """
    try:
        tree = _parsed(expression)
    except (ValueError, RecursionError) as error:
        raise OpenSizeError(str(error)) from None
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node) == "Symbol")
    return [str(node.args[0].value) for node in calls if node.args and isinstance(node.args[0], ast.Constant)]


def solved(expression: str, size: int) -> int | None:
    """The value of an expression's one letter that makes it this size; None where none does.

    >>> solved("Mul(Integer(32), Symbol('s0', positive=True))", 448)
    14
    """
    try:
        letters = letters_of(expression)
        if len(letters) != 1:
            return None
        (letter,) = letters
        zero, one = value_of(expression, {letter: 1}), value_of(expression, {letter: 2})
        step = one - zero
        guess = (size - zero) // step + 1 if step > 0 else 0
        return guess if guess > 0 and value_of(expression, {letter: guess}) == size else None
    except OpenSizeError:
        return None


def _parsed(expression: Any) -> ast.expr:
    if not isinstance(expression, str) or len(expression) > LONGEST:
        raise ValueError("an expression that is none, or too long")
    try:
        return ast.parse(expression, mode="eval").body
    except (SyntaxError, MemoryError) as error:
        raise ValueError(str(error)) from None


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _value(node: ast.expr, letters: Mapping[str, int]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, letters)
    if isinstance(node, ast.Call):
        if _name(node) == "Symbol":
            return letters[str(_value(node.args[0], letters))]
        return _FUNCTIONS[_name(node)](*(_value(arg, letters) for arg in node.args))
    raise ValueError("an expression of another kind")
