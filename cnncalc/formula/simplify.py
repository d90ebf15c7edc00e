"""Formulas of the input's size brought to their shortest form: floor((floor(H/2) - 6)/2) is floor(H/4) - 3.

A formula is a sum of terms. A term is a coefficient times factors; a factor is a letter, or a formula that
can't be simplified, such as floor(H/2). Letters are whole numbers above 0, so that two roundings can become
one.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from cnncalc.expr import Formula, Number, apply_op, compute, plain
from cnncalc.formula import text

Factors = tuple[str, ...]


class _Sum:
    """A sum: `terms` maps factors to their coefficient, () to the number without letters.

    `known` maps each factor, as a text, to its tree.
    """

    def __init__(self, terms: dict[Factors, Number], known: dict[str, Number]) -> None:
        self.terms = {factors: plain(times) for factors, times in terms.items() if times}
        self.known = known

    @property
    def constant(self) -> Number | None:
        """The value of a sum without letters; None with letters."""
        return self.terms.get((), 0) if set(self.terms) <= {()} else None

    def tree(self) -> Number:
        total: Number | None = None
        for factors in [*(f for f in self.terms if f), *([()] if () in self.terms else [])]:
            times = self.terms[factors]
            term = _product([self.known[factor] for factor in factors])
            size = -times if total is not None and times < 0 else times
            if not factors:
                term = size
            elif size != 1:
                term = apply_op("neg", term) if size == -1 else apply_op("*", size, term)
            total = term if total is None else apply_op("+" if times > 0 else "-", total, term)
        return 0 if total is None else total

    def plus(self, other: _Sum, sign: int = 1) -> _Sum:
        terms = dict(self.terms)
        for factors, times in other.terms.items():
            terms[factors] = terms.get(factors, 0) + sign * times
        return _Sum(terms, self.known | other.known)

    def scaled(self, by: Number) -> _Sum:
        return _Sum({factors: times * by for factors, times in self.terms.items()}, self.known)

    def factored(self) -> tuple[Number, Factors, dict[str, Number]]:
        """The sum as one term: 2*H + 4 is 2 times (H + 2), the common divisor times the rest."""
        if len(self.terms) == 1:
            ((factors, times),) = self.terms.items()
            return times, factors, self.known
        common = _common(list(self.terms.values()))
        rest = self.scaled(Fraction(1, common)).tree()
        return common, (text(rest),), {text(rest): rest}

    def times(self, other: _Sum) -> _Sum:
        if (constant := self.constant) is not None:
            return other.scaled(constant)
        if (constant := other.constant) is not None:
            return self.scaled(constant)
        (a, left, known), (b, right, more) = self.factored(), other.factored()
        return _Sum({(*left, *right): a * b}, known | more)

    def rounded_down(self, by: int) -> _Sum:
        """floor(self/by): multiples of `by` leave the floor, and floor(floor(H/2)/2) becomes floor(H/4)."""
        whole = _Sum({f: times // by for f, times in self.terms.items() if f and times % by == 0}, self.known)
        rest = _Sum({f: times for f, times in self.terms.items() if f and times % by}, self.known)
        units = self.terms.get((), 0)
        if not rest.terms:
            return whole.plus(_Sum({(): units // by}, {}))
        common = gcd(_common(list(rest.terms.values())), by)
        # floor((g*x + u)/(g*d)) = floor((x + floor(u/g))/d)
        rest, units, by = rest.scaled(Fraction(1, common)), units // common, by // common
        if by == 1:
            return whole.plus(rest).plus(_Sum({(): units}, {}))
        if len(rest.terms) == 1:
            ((factors, times),) = rest.terms.items()
            inner = rest.known[factors[0]] if len(factors) == 1 and times == 1 else None
            if isinstance(inner, Formula) and inner.op == "//" and not isinstance(inner.args[1], Formula):
                above, below = _simplified(inner.args[0]), int(inner.args[1])
                return whole.plus(above.plus(_Sum({(): below * units}, {})).rounded_down(below * by))
        whole = whole.plus(_Sum({(): units // by}, {}))
        part = apply_op("//", rest.plus(_Sum({(): units % by}, {})).tree(), by)
        return whole.plus(_Sum({(text(part),): 1}, {text(part): part}))


def _product(factors: list[Number]) -> Number:
    product = factors[0] if factors else 1
    for factor in factors[1:]:
        product = apply_op("*", product, factor)
    return product


def _common(numbers: list[Number]) -> int:
    found = 0
    for number in numbers:
        found = gcd(found, number.numerator) if number.denominator == 1 else 1
    return max(found, 1)


def simplify(tree: Number) -> Number:
    """The formula in its shortest form, with the formulas of letters such as P put in.

    >>> from cnncalc.expr import symbol
    >>> h = symbol("H", 32)
    >>> text(simplify((((h - 5) // 1 + 1 - 2) // 2 + 1 - 5) // 1 + 1))
    'floor(H/2) - 6'
    >>> text(simplify(75 * 6 * ((h - 4) * (h - 4))))
    '450*(H - 4)*(H - 4)'
    """
    return _simplified(tree).tree()


def _simplified(tree: Number) -> _Sum:  # noqa: PLR0911 - a case an operation
    if not isinstance(tree, Formula) or tree.op == "number":
        return _Sum({(): plain(tree)}, {})
    if tree.op == "symbol":
        return _simplified(tree.args[0]) if tree.args else _Sum({(tree.name,): 1}, {tree.name: tree})
    if tree.op in ("+", "-"):
        return _summed(tree)
    parts = [_simplified(arg) for arg in tree.args]
    constants = [part.constant for part in parts]
    if all(constant is not None for constant in constants):
        return _Sum({(): compute(tree.op, *(c for c in constants if c is not None))}, {})
    if tree.op == "neg":
        return parts[0].scaled(-1)
    if tree.op == "*":
        return parts[0].times(parts[1])
    return _divided(tree.op, parts[0], constants[-1]) or _as_it_is(tree.op, parts)


def _summed(tree: Number) -> _Sum:
    """A chain of sums and differences, ((a + b) - c) + d, which may have very many terms: in a loop."""
    terms = []
    while isinstance(tree, Formula) and tree.op in ("+", "-"):
        terms.append((tree.args[1], 1 if tree.op == "+" else -1))
        tree = tree.args[0]
    total = _simplified(tree)
    for term, sign in reversed(terms):
        total = total.plus(_simplified(term), sign)
    return total


def _divided(op: str, above: _Sum, below: Number | None) -> _Sum | None:
    if below is None or below <= 0 or op not in ("/", "//", "ceil"):
        return None
    if op == "/":
        return above.scaled(Fraction(1) / below)
    return (above if op == "//" else above.plus(_Sum({(): below - 1}, {}))).rounded_down(int(below))


def _as_it_is(op: str, parts: list[_Sum]) -> _Sum:
    part = apply_op(op, *(each.tree() for each in parts))
    return _Sum({(text(part),): 1}, {text(part): part})
