"""The values of quantities: of a layer, summed over several layers, and as JSON has them."""

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import compress
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.quantity import QUANTITIES, RECORDS, Quantity

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.analysis.rows import LayerReport


class Reported(NamedTuple):
    """The count that the tool of the report's convention prints, and the tool's word for the count."""

    value: int
    unit: str


def _of_layer(quantity: Quantity) -> Callable[["LayerReport"], Any]:
    """The function that gives a layer's value of a quantity."""
    count, of, by = quantity.of_facts, quantity.of, quantity.by
    if count and quantity.owned:
        return lambda row: 0 if row.node.shared is not None else count(row.facts)
    if count:
        return lambda row: count(row.facts)
    if of:
        return of
    sources = [_of_layer(QUANTITIES[name]) for name in quantity.sources]
    if quantity.unit == "bytes":
        return lambda row: by(*(source(row) for source in sources)) * row.report.bytes_each
    return lambda row: by(*(source(row) for source in sources))


OF_LAYER = {quantity.name: _of_layer(quantity) for quantity in RECORDS}


class Sums:
    """The sums of quantities over some layers of a report."""

    def __init__(self, report: "Report", span: range, batch: int = 1) -> None:
        self.report, self.span, self.batch = report, span, batch
        self._found: dict[str, Any] = {}
        self._counted: dict[tuple[bool, bool], Counter[LayerCounts]] = {}

    def sum(self, quantity: Quantity) -> Any:
        """The value of a quantity that sums; None for another."""
        if not quantity.sums:
            return None
        if quantity.name not in self._found:
            self._found[quantity.name] = self._sum(quantity)
        return self._found[quantity.name]

    def _sum(self, quantity: Quantity) -> Any:
        if quantity.sources:
            whole = quantity.by(*(self.sum(QUANTITIES[name]) for name in quantity.sources))
            return whole * self.report.bytes_each if quantity.unit == "bytes" else whole
        if quantity.of_facts is not None and quantity.add is sum and not self.report.letters:
            # equal layers on equal shapes share their facts: each value is worked out and taken once
            alike = self._alike(quantity).items()
            whole = sum(count * quantity.of_facts(facts) for facts, count in alike)
        else:
            whole = quantity.add(self._values(quantity))
        return whole * self.batch if quantity.batch else whole

    def _alike(self, quantity: Quantity) -> Counter[LayerCounts]:
        """The facts that a quantity is summed over, each with the number of its layers."""
        key = quantity.owned, quantity.held
        if key not in self._counted:
            self._counted[key] = Counter(self._facts(quantity))
        return self._counted[key]

    def _values(self, quantity: Quantity) -> Iterator[Any]:
        if quantity.of_facts is None:
            rows = self.report.layers[self.span.start : self.span.stop]
            return map(OF_LAYER[quantity.name], rows)
        return map(quantity.of_facts, self._facts(quantity))

    def _facts(self, quantity: Quantity) -> Iterator[LayerCounts]:
        """The facts of the layers that a quantity is summed over."""
        part = slice(self.span.start, self.span.stop)
        facts: Iterator[LayerCounts] = iter(self.report.facts[part])
        if quantity.owned:
            facts = compress(facts, (node.shared is None for node in self.report.graph.nodes[part]))
        if quantity.held:
            facts = compress(facts, (not overwrites for overwrites in self.report.in_place[part]))
        return facts


def reported(report: "Report", span: range, batch: int = 1) -> Reported | None:
    """The count of some layers by the tool of a report's convention; None by the textbook's."""
    convention = report.convention
    if convention is None:
        return None
    counts = (
        convention.count(report.facts[index])
        for index in span
        if report.graph.nodes[index].shared is None or not convention.counts_parameters
    )
    return Reported(sum(counts) * (1 if convention.counts_parameters else batch), convention.unit)


def as_json(value: Any) -> Any:
    """A value of a quantity as JSON has it."""
    if type(value) is Fraction:
        return float(value)
    if type(value) is tuple:
        # the shapes of several inputs lie within one another
        return [list(part) if type(part) is tuple else part for part in value]
    return value
