"""The layers with most parameters, operations and memory, and the usual change that would cut each most.

Each change is made to the whole network, which is analysed again: no rule of thumb says what would be left.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.analysis.counts import Known, LayerCounts, walk
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import ReportRow
from cnncalc.errors import LayerError
from cnncalc.graph import Graph, Node
from cnncalc.layers.support.base import Layer
from cnncalc.quantity import QUANTITIES

LEFT = Fraction(95, 100)
"""A change that leaves more than this part of a quantity is none that cuts."""
MOST_LAYERS = 5_000
"""The most layers of a network that is changed and analysed again."""
ADVISED = ("params", "macs", "memory.running")
SMALLER_INPUT = "smaller_input"
"""The change that halves the sides of the inputs; the layers say the others (`Layer.alternatives`)."""


class Change(NamedTuple):
    """A change to a network, the value of a quantity after the change, and the number of layers replaced."""

    name: str
    left: int
    layers: int


class Advice(NamedTuple):
    """The layer or group with the most of a quantity, and the change that would cut most of the quantity.

    Of memory, `where` is the layer that runs as the most values are alive, or "" where the weights are more
    than those; `part` is its values or weights, in bytes. `change` is None where no usual change cuts.
    """

    quantity: str
    total: int
    where: str
    part: int
    change: Change | None

    def to_dict(self) -> dict[str, Any]:
        """The advice as JSON."""
        change = self.change and self.change._asdict()
        return {**self._asdict(), "where": self.where or "weights", "change": change}


def advise(report: Report) -> list[Advice]:
    """The advice for parameters, multiply-accumulates and the memory to run.

    [] for a network in letters, one that is not known whole, and one of more than MOST_LAYERS layers.
    """
    if report.letters or not report.is_complete or len(report) > MOST_LAYERS:
        return []
    totals = {name: report.totals.value(QUANTITIES[name]) for name in ADVISED}
    changed = dict(changes(report))
    rows = report.rows(1)
    found = []
    for name, total in totals.items():
        where, part = _where(report, name, rows)
        left = [
            Change(change, value, layers)
            for change, (other, layers) in changed.items()
            if (value := other.totals.value(QUANTITIES[name])) <= LEFT * total
        ]
        found.append(Advice(name, total, where, part, min(left, key=lambda each: each.left, default=None)))
    return found


def _where(report: Report, name: str, rows: Sequence[ReportRow]) -> tuple[str, int]:
    """The layer or group with the most of a quantity, and how much."""
    if name == "memory.running":
        memory = report.totals.memory
        if memory.weights >= memory.peak or report.peak.at < 0:
            return "", memory.weights
        return report.graph.nodes[report.peak.at].name, memory.peak
    values = [
        (row.value(QUANTITIES[name]) * (row.samples if name == "macs" else 1), row.name) for row in rows
    ]
    part, where = max(values, key=lambda each: each[0])
    return where, part


def changes(report: Report) -> Iterator[tuple[str, tuple[Report, int]]]:
    """Each change that can be made -> the report of the changed network, and how many layers are replaced."""
    replaced: dict[str, dict[int, Sequence[Layer]]] = {}
    graph = report.graph
    lent = {node.shared for node in graph.nodes if node.shared is not None}
    # equal layers on equal shapes have the same facts, and in their place the same layers
    of_facts: dict[LayerCounts, Mapping[str, Sequence[Layer]]] = {}
    for number, (node, facts) in enumerate(zip(graph.nodes, report.facts, strict=True), len(graph.inputs)):
        if node.shared is None and number not in lent:
            if facts not in of_facts:
                of_facts[facts] = facts.layer.alternatives(*facts.inputs)
            for name, layers in of_facts[facts].items():
                replaced.setdefault(name, {})[number] = layers
    known: Known = {}
    for name, places in replaced.items():
        if found := _analysed(report, _with(graph, places), known):
            yield name, (found, len(places))
    halved = [
        source._replace(shape=(*(-(-size // 2) for size in source.shape[:-1]), source.shape[-1]))
        for source in graph.inputs
    ]
    if halved != list(graph.inputs) and (
        found := _analysed(report, graph._replace(inputs=tuple(halved)), known)
    ):
        yield SMALLER_INPUT, (found, 0)


def _analysed(report: Report, graph: Graph, known: Known) -> Report | None:
    """The report of a changed graph with the same settings; None where the layers don't fit together."""

    def locate(error: LayerError, _: Node) -> Any:
        return error.fault

    facts, faults = walk(graph, locate, known)
    if faults:
        return None
    return Report(graph, [each for each in facts if isinstance(each, LayerCounts)], report.settings)


def _with(graph: Graph, replaced: Mapping[int, Sequence[Layer]]) -> Graph:
    """The graph with layers in place of some, one after another; the last has the old layer's name."""
    first = len(graph.inputs)
    moved, nodes = list(range(first)), list[Node]()
    for number, node in enumerate(graph.nodes, first):
        if number not in replaced and len(nodes) + first == number:
            # no layer before this one has become several
            moved.append(number)
            nodes.append(node)
            continue
        inputs = tuple([moved[source] for source in node.inputs])
        shared = None if node.shared is None else moved[node.shared]
        *before, last = replaced.get(number, (node.layer,))
        for at, layer in enumerate(before):
            nodes.append(Node(f"{node.name}.{at + 1}", layer, inputs, node.trainable))
            inputs = (first + len(nodes) - 1,)
        nodes.append(Node(node.name, last, inputs, node.trainable, shared, node.location))
        moved.append(first + len(nodes) - 1)
    outputs = tuple(moved[number] for number in graph.outputs)
    return Graph(graph.inputs, tuple(nodes), outputs)
