"""Trees of formulas: walked, changed, evaluated, reduced step by step, and written as text, LaTeX or MathML.

A tree is a number that remembers (`cnncalc.expr`), or a plain number. Everything here takes a tree and
gives a new one or a text; nothing is changed in place.
"""

from collections.abc import Callable, Iterator, Mapping

from cnncalc.expr import Formula, Number, Unknown, apply_op, compute, plain, remembered
from cnncalc.formula.styles import latex, mathml, text

__all__ = [
    "evaluate",
    "factored",
    "is_open",
    "latex",
    "mathml",
    "put_in",
    "rewrite",
    "same",
    "steps",
    "symbols",
    "text",
    "tidy",
    "unnamed",
    "walk",
]


def walk(tree: Number) -> Iterator[Number]:
    """Every part of a tree, from the whole tree to the leaves; the formula of a symbol follows the symbol."""
    stack = [tree]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, Formula):
            stack.extend(reversed(part.args))


def symbols(tree: Number) -> dict[str, Number]:
    """The letters that a tree shows when written, with their values, in the order of reading.

    >>> from cnncalc.expr import symbol
    >>> list(symbols(symbol("F", 5) * symbol("C", 3)))
    ['F', 'C']
    """
    found: dict[str, Number] = {}
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, Formula):
            if part.op == "symbol":
                found.setdefault(part.name, part)
            else:
                stack.extend(reversed(part.args))
    return found


def is_open(tree: Number) -> bool:
    """Whether a formula has letters for which no number is given."""
    return any(isinstance(part, Unknown) for part in walk(tree))


def rewrite(tree: Number, change: Callable[[Number], Number | None]) -> Number:
    """The tree with each part given to `change`, from the leaves up; None leaves a part as it is.

    The values of all parts that hold a changed part are worked out anew, exactly: 7/2 is a fraction.

    >>> from cnncalc.expr import apply_op, symbol
    >>> n, s = symbol("N", 7), symbol("S", 2)
    >>> def up(part):
    ...     return apply_op("ceil", *part.args) if getattr(part, "op", "") == "//" else None
    >>> changed = rewrite(n // s + 1, up)
    >>> text(changed), int(changed)
    ('ceil(N/S) + 1', 5)
    """
    if isinstance(tree, Formula) and tree.args:
        args = tuple(rewrite(arg, change) for arg in tree.args)
        if any(new is not old for new, old in zip(args, tree.args, strict=True)):
            if tree.op == "symbol":
                tree = remembered(plain(args[0]), "symbol", args, tree.name)
            else:
                tree = apply_op(tree.op, *args)
    changed = change(tree)
    return tree if changed is None else changed


def evaluate(tree: Number, values: Mapping[str, Number] | None = None) -> Number:
    """The exact value of a tree, worked out from its leaves; `values` gives symbols other numbers by name.

    >>> from cnncalc.expr import symbol
    >>> evaluate(symbol("N", 7) // 2, {"N": 9})
    4
    """
    if not isinstance(tree, Formula) or tree.op == "number":
        return plain(tree)
    if tree.op == "symbol":
        if values and tree.name in values:
            return values[tree.name]
        return evaluate(tree.args[0], values) if tree.args else plain(tree)
    return compute(tree.op, *(evaluate(arg, values) for arg in tree.args))


def same(one: Number, other: Number) -> bool:
    """Whether two trees are the same formula of the same numbers."""
    if one is other:
        return True
    if not isinstance(one, Formula) or not isinstance(other, Formula):
        return not isinstance(one, Formula) and not isinstance(other, Formula) and one == other
    return (
        (one.op, one.name, len(one.args)) == (other.op, other.name, len(other.args))
        and plain(one) == plain(other)
        and all(same(a, b) for a, b in zip(one.args, other.args, strict=True))
    )


def put_in(tree: Number) -> Number:
    """The tree with the numbers put in for its symbols."""
    if not isinstance(tree, Formula) or not tree.args or tree.op == "symbol":
        return plain(tree)
    args = [put_in(arg) for arg in tree.args]
    # nobody writes -0
    return 0 if tree.op == "neg" and _is(args[0], 0) else apply_op(tree.op, *args)


def steps(tree: Number) -> list[Number]:
    """The lines of the working after the numbers are put in; the last line is the result.

    >>> from cnncalc.expr import symbol
    >>> [text(step) for step in steps((symbol("F", 5) * symbol("F", 5) + 1) * symbol("K", 6))]
    ['(5*5 + 1)*6', '(25 + 1)*6', '26*6', '156']
    """
    line = put_in(tree)
    lines = [line]
    while isinstance(line, Formula) and line.args:
        line = _step(line)
        lines.append(line)
    return lines


def _step(tree: Number) -> Number:
    """A step of the working: the innermost brackets, products before sums; a dividend in one step."""
    if not isinstance(tree, Formula) or not tree.args:
        return tree
    if all(_worked_out(arg, tree.op) for arg in tree.args):
        return plain(tree)
    if tree.op in _DIVISIONS and not any(_divides(part) for arg in tree.args for part in walk(arg)):
        return apply_op(tree.op, *map(plain, tree.args))
    return apply_op(tree.op, *map(_step, tree.args))


_DIVISIONS = frozenset({"/", "//", "ceil"})


def _divides(tree: Number) -> bool:
    return isinstance(tree, Formula) and tree.op in _DIVISIONS


def _worked_out(tree: Number, above: str) -> bool:
    """Whether an operand needs no line of its own: a number, or the 2*3 in 2*3*4, the 2 + 3 in 2 + 3 - 4."""
    if not isinstance(tree, Formula) or not tree.args:
        return True
    chain = ("+", "-") if above in ("+", "-") else ("*",)
    return above in ("+", "-", "*") and tree.op in chain and all(_worked_out(arg, above) for arg in tree.args)


def unnamed(tree: Number) -> Number:
    """The tree with each letter that stands for a formula replaced by the formula.

    >>> from cnncalc.expr import named, symbol
    >>> text(unnamed(named("M", symbol("N", 7) - symbol("F", 3)) * 2))
    '(N - F)*2'
    """
    return rewrite(
        tree, lambda part: part.args[0] if isinstance(part, Formula) and part.name and part.args else None
    )


def tidy(tree: Number) -> Number:
    """The tree without needless operations: x + 1 - 1, x + 0, 0*x, 0/x, x/x, x*(1/y), x + -y, -x + y.

    >>> from cnncalc.expr import symbol
    >>> a, p, j = symbol("a", 0), symbol("P", 1), symbol("j", 2)
    >>> text(tidy(a + 1 - 1 + -p * j))
    'a - P*j'
    """
    return rewrite(tree, _tidied)


def factored(tree: Number) -> Number:
    """A sum of two terms, one a multiple of the other, as a product: a*b*c + b*c is (a + 1)*(b*c).

    >>> from cnncalc.expr import symbol
    >>> f, c, k = symbol("F", 5), symbol("C", 3), symbol("K", 6)
    >>> text(factored(f * f * k * c + k))
    '(F*F*C + 1)*K'
    """
    if not isinstance(tree, Formula) or tree.op != "+":
        return tree
    factors, common = _factors(tree.args[0]), _factors(tree.args[1])
    for factor in common:
        found = next((i for i, other in enumerate(factors) if same(factor, other)), None)
        if found is None:
            return tree
        del factors[found]
    return apply_op("*", apply_op("+", _multiplied(factors), 1), _multiplied(common)) if factors else tree


def _factors(tree: Number) -> list[Number]:
    if isinstance(tree, Formula) and tree.op == "*":
        return [factor for arg in tree.args for factor in _factors(arg)]
    return [tree]


def _multiplied(factors: list[Number]) -> Number:
    product = factors[0]
    for factor in factors[1:]:
        product = apply_op("*", product, factor)
    return product


def _tidied(tree: Number) -> Number | None:
    if not isinstance(tree, Formula) or len(tree.args) != 2:
        return None
    left, right = tree.args
    return (
        _tidied_sum(tree.op, left, right) if tree.op in ("+", "-") else _tidied_product(tree.op, left, right)
    )


def _tidied_sum(op: str, left: Number, right: Number) -> Number | None:
    if _is(right, 0):
        return left
    if op == "-":
        if isinstance(left, Formula) and left.op == "+" and same(left.args[1], right):
            return left.args[0]
        return None
    if isinstance(right, Formula) and right.op == "neg":
        return apply_op("-", left, right.args[0])
    if isinstance(left, Formula) and left.op == "neg":
        return apply_op("-", right, left.args[0])
    return None


def _tidied_product(op: str, left: Number, right: Number) -> Number | None:
    nothing = _is(left, 0) and op in ("*", *_DIVISIONS)
    if nothing or (op == "*" and _is(right, 0)):
        return 0
    if op == "/":
        return 1 if same(left, right) else None
    if op == "*" and isinstance(left, Formula) and left.op == "neg":
        return apply_op("neg", apply_op("*", left.args[0], right))
    if op == "*" and isinstance(right, Formula) and right.op == "/" and _is(right.args[0], 1):
        return apply_op("/", left, right.args[1])
    return None


def _is(tree: Number, number: int) -> bool:
    return not isinstance(tree, Formula) and tree == number
