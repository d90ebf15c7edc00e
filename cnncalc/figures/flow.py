"""How values flow through a block: its layers as a graph, taken apart into series and paths side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncalc.analysis.rows import LayerReport
from cnncalc.figures.subject import Subject

LONGEST_PERIOD = 12
"""The most parts of a sequence that are looked at as a unit that comes again."""
ENTRY, EXIT = -1, -2
"""The places before and behind all nodes."""


@dataclass
class Node:
    """A layer with its riders; without a layer, an input of the block. Numbers are those of the graph."""

    number: int
    row: LayerReport | None = None
    riders: list[LayerReport] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    """The nodes that it reads, by their numbers."""
    constants: list[str] = field(default_factory=list)
    """The names of the arrays that it reads: learned ones, which no layer makes."""

    @property
    def last(self) -> int:
        """The number of the layer whose output leaves the node."""
        ahead = self.riders[-1].index - self.row.index if self.row and self.riders else 0
        return self.number + ahead


@dataclass
class Paths:
    """Paths side by side, and the node in which they meet, if they do; an empty path is the identity."""

    branches: list["Series"]
    join: Node | None


@dataclass
class Repeated:
    """A sequence that comes again, so many times."""

    series: "Series"
    times: int


@dataclass
class Tangle:
    """Nodes whose paths can't be told apart, between a fork and the place where all meet, a node or none."""

    nodes: list[Node]
    fork: int
    meeting: int
    join: Node | None


@dataclass
class Series:
    """Parts one after another."""

    parts: list["Node | Paths | Repeated | Tangle"]


Part = Node | Paths | Repeated | Tangle


def nodes_of(subject: Subject, span: range) -> dict[int, Node]:
    """Number -> node: the layers of a span, and the inputs that they read from outside, in order."""
    graph, first = subject.report.graph, subject.first
    readers = graph.readers()
    found: dict[int, Node] = {}
    host: dict[int, int] = {}
    constants: dict[int, str] = {}
    for row in subject.report.layers[span.start : span.stop]:
        number = row.index + first
        reads: list[int] = []
        named = []
        for source in row.node.inputs:
            if source in constants:
                named.append(constants[source])
                continue
            if source not in host:
                host[source] = source
                found[source] = Node(source)
            reads.append(host[source])
        if row.node.layer.inputs == "none" and readers[number]:
            constants[number] = row.name.rpartition(".")[2]
            continue
        before = found[reads[0]] if len(reads) == 1 else None
        rides = before is not None and before.row is not None and len(readers[row.node.inputs[0]]) == 1
        if rides and before is not None and row.node.layer.rides and not is_join(before):
            before.riders.append(row)
            host[number] = before.number
            continue
        found[number] = Node(number, row, [], list(dict.fromkeys(reads)), named)
        host[number] = number
    inputs = [node for node in found.values() if node.row is None]
    layers = [node for node in found.values() if node.row is not None]
    return {node.number: node for node in (*inputs, *layers)}


def is_join(node: Node) -> bool:
    """Whether paths meet in a node."""
    return len(node.reads) > 1


class Flow:
    """The graph of a block's nodes, with the places before and behind all of them."""

    def __init__(self, nodes: dict[int, Node]) -> None:
        self.nodes = nodes
        self.after: dict[int, list[int]] = {ENTRY: [], **{number: [] for number in nodes}, EXIT: []}
        for node in nodes.values():
            for source in node.reads or [ENTRY]:
                self.after[source].append(node.number)
        for number in nodes:
            if not self.after[number]:
                self.after[number].append(EXIT)
        self.rank = {number: rank for rank, number in enumerate((ENTRY, *nodes, EXIT))}
        self.meets = self._meeting_places()

    def series(self) -> Series:
        """The whole as a sequence of nodes and paths."""
        return self._series(ENTRY, EXIT)

    def _meeting_places(self) -> dict[int, int]:
        """Place -> the first place through which all ways from there lead: its immediate post-dominator."""
        found = {EXIT: EXIT}
        for place in reversed([ENTRY, *self.nodes]):
            ways = {*self.after[place]}
            while len(ways) > 1:  # the way that is least far leads on to where it meets others
                nearest = min(ways, key=self.rank.__getitem__)
                ways = ways - {nearest} | {found[nearest]}
            (found[place],) = ways
        return found

    def _reached(self, start: int, end: int) -> set[int]:
        found, waiting = set[int](), [start]
        while waiting:
            place = waiting.pop()
            if place != end and place not in found:
                found.add(place)
                waiting += self.after[place]
        return found

    def _series(self, place: int, end: int, first: int | None = None) -> Series:
        """The parts behind a place and before an end; `first` is the path to take at a fork."""
        parts: list[Part] = []
        while True:
            ways = [first] if first is not None else self.after[place]
            first = None
            if len(ways) == 1:
                (place,) = ways
                if place == end:
                    return Series(folded(parts))
                parts.append(self.nodes[place])
                continue
            meeting = self.meets[place]
            reached = [self._reached(way, meeting) for way in ways]
            join = None if meeting in (EXIT, end) else self.nodes[meeting]
            if sum(map(len, reached)) > len(set[int]().union(*reached)):
                inside = set[int]().union(*reached)
                nodes = [node for number, node in self.nodes.items() if number in inside]
                parts.append(Tangle(nodes, place, meeting, join))
            else:
                branches = [
                    Series([]) if way == meeting else self._series(place, meeting, way) for way in ways
                ]
                if join is not None:
                    # as the join reads them
                    ends = [max(seen, key=self.rank.__getitem__, default=place) for seen in reached]
                    order = {number: at for at, number in enumerate(join.reads)}
                    pairs = zip(ends, branches, strict=True)
                    branches = [branch for _, branch in sorted(pairs, key=lambda pair: order.get(pair[0], 0))]
                parts.append(Paths(branches, join))
            if meeting in (EXIT, end):
                return Series(folded(parts))
            place = meeting


def signature(part: Any) -> Any:
    """Equal for parts that do the same to the same shapes."""
    match part:
        case Node(row=None):
            return part.number
        case Node():
            return tuple(row.facts for row in (part.row, *part.riders) if row is not None)
        case Paths():
            return (*map(signature, part.branches), part.join and signature(part.join))
        case Repeated():
            return (part.times, signature(part.series))
        case Series():
            return tuple(map(signature, part.parts))
    return id(part)


def folded(parts: Sequence[Part]) -> list[Part]:
    """The parts of a sequence, those that come again, three times or more, as one with a count."""
    told = [signature(part) for part in parts]
    found: list[Part] = []
    at = 0
    while at < len(parts):
        period, times = _period(told, at)
        # an activation that ends a unit begins no other
        begun = at and _period(told, at + 1) == (period, times) and _rides(parts[at])
        if times > 2 and not begun:
            found.append(Repeated(Series(list(parts[at : at + period])), times))
            at += period * times
        else:
            found.append(parts[at])
            at += 1
    return found


def _rides(part: Part) -> bool:
    return isinstance(part, Node) and part.row is not None and part.row.node.layer.rides


def _period(told: Sequence[Any], at: int) -> tuple[int, int]:
    """The shortest run from a place that comes again right after itself three times, and how often."""
    for period in range(1, min(LONGEST_PERIOD, (len(told) - at) // 3) + 1):
        times = 1
        run = told[at : at + period]
        while told[at + times * period : at + (times + 1) * period] == run:
            times += 1
        if times > 2:
            return period, times
    return 1, 1


def all_nodes(parts: Iterable[Part]) -> list[Node]:
    """The nodes of parts, each once."""
    found: list[Node] = []
    for part in parts:
        match part:
            case Node():
                found.append(part)
            case Paths():
                found += [node for branch in part.branches for node in all_nodes(branch.parts)]
                found += [part.join] if part.join else []
            case Repeated():
                found += all_nodes(part.series.parts)
            case Tangle():
                found += part.nodes + ([part.join] if part.join else [])
    return found
