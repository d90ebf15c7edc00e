"""A network as boxes in groups, with arrows: what is drawn, whatever language the drawing is written in.

Boxes are the rows that a table of the network has, and layers and repeats are folded as there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.tree import TreeLine, tree
from cnncalc.languages import english
from cnncalc.plain_text import shortened, visible
from cnncalc.render.reports.report_tables import row_label, tone

LONGEST_LINE = 100
"""The signs of a line in a box."""
COLORS = {
    "input": ("#ffffff", "#6c757d"),
    "conv": ("#dbe9ff", "#2f5fa8"),
    "pool": ("#ffe3d6", "#b3532a"),
    "merge": ("#e6defa", "#6244a8"),
    "dense": ("#d9f2df", "#2c7a43"),
    "other": ("#f1f3f5", "#6c757d"),
}
"""What a box shows -> the colours of its ground and its border."""


class Box(NamedTuple):
    """A layer, several that are folded into one row, or an input; `shows` is a key of COLORS."""

    number: int
    lines: Sequence[str]
    shows: str


@dataclass(eq=False)
class Group:
    """Boxes and groups that a border is drawn around."""

    number: int
    label: str
    parts: "list[Box | Group]" = field(default_factory=list)


class Drawing:
    """The parts of a drawing, from the top down, and the arrows between boxes by their numbers."""

    def __init__(self, report: Report, depth: int | None = None, *, every: bool = False) -> None:
        self.report = report
        self.parts: list[Box | Group] = []
        self.shown: set[str] = set()
        """The keys of COLORS that boxes show."""
        self._box_of: dict[int, int] = {}
        """An input or a layer by its number -> the number of its box."""
        self._count = 0
        for number, source in enumerate(report.graph.inputs):
            shape = "x".join(map(str, report.shape(number)))
            self.parts.append(self._box([number], [source.name, shape], "input"))
        self._rounds: list[tuple[range, int]] = []
        """The layers of each repeat that is drawn once, and how many layers a round has."""
        self._add_all(tree(report, depth, every=every))

    def _add_all(self, lines: Iterator[TreeLine]) -> None:
        opened: list[list[Box | Group]] = [self.parts]
        first = len(self.report.graph.inputs)
        for line in lines:
            del opened[line.level + 1 :]
            label, span = english().tell(row_label(line).text), line.row.span
            if line.heading:
                group = Group(self._next(), shortened(visible(label), LONGEST_LINE))
                opened[-1].append(group)
                opened.append(group.parts)
                if line.times > 1:
                    self._rounds.append((span, len(span) // line.times))
                continue
            shape = "x".join(map(str, line.row.output_shape))
            params = f"{int(line.row.params):,} parameters" if line.row.params else ""
            # the layers that are folded into the row stand on a line of their own
            drawn = [*label.split(" · "), shape, *filter(None, [params])]
            shows = tone(self.report.graph.nodes[span.start].layer) or "other"
            opened[-1].append(self._box([number + first for number in span], drawn, shows))

    def _box(self, numbers: Sequence[int], lines: Sequence[str], shows: str) -> Box:
        box = Box(self._next(), [shortened(visible(line), LONGEST_LINE) for line in lines], shows)
        self.shown.add(shows)
        self._box_of.update(dict.fromkeys(numbers, box.number))
        return box

    def _next(self) -> int:
        self._count += 1
        return self._count

    def box(self, number: int) -> int:
        """The number of the box of an input or a layer, by its number as the graph counts."""
        first = len(self.report.graph.inputs)
        return self._box_of[number if number < first else self._drawn(number - first)[1] + first]

    def arrows(self) -> Iterator[tuple[int, int]]:
        """The boxes that an arrow leaves and reaches, each pair once."""
        graph = self.report.graph
        first, seen = len(graph.inputs), set[tuple[int, int]]()
        for reader, node in enumerate(graph.nodes):
            rounds, reads = self._drawn(reader)
            for source in node.inputs:
                others, read = self._drawn(source - first)
                # a unit of a repeat reads the one before: the repeat is drawn once
                if any(rounds[start] != others.get(start, rounds[start]) for start in rounds):
                    continue
                arrow = self._box_of[read + first], self._box_of[reads + first]
                if arrow[0] != arrow[1] and arrow not in seen:
                    seen.add(arrow)
                    yield arrow

    def _drawn(self, layer: int) -> tuple[dict[int, int], int]:
        """The round in which a layer stands of each repeat around the layer, and the layer that is drawn."""
        rounds: dict[int, int] = {}
        for place, (span, size) in enumerate(self._rounds):
            if layer in span:
                rounds[place], within = divmod(layer - span.start, size)
                layer = span.start + within
        return rounds, layer
