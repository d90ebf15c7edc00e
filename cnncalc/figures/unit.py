"""The view `unit`: a block, or a whole network, as a graph: paths as columns, sizes on the edges."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from cnncalc.errors import UsageError
from cnncalc.figures.flow import Flow, Node, Part, Paths, Repeated, Series, Tangle, all_nodes, nodes_of
from cnncalc.figures.measure import fitted, width_of
from cnncalc.figures.parts import NAME, NOTE, SIZE
from cnncalc.figures.scene import Canvas, Circle, Line, Point, Polygon, Rectangle, Scene, Text
from cnncalc.figures.subject import Drawn, Subject
from cnncalc.figures.tangle import ASIDE, Extent, edges_of, rows_of, tracks_of
from cnncalc.languages import english
from cnncalc.plain_text import shortened, visible

WIDE, HIGH, SMALL, PILL = 128.0, 54.0, 24.0, 26.0
"""The least width and height of a node, the height of one that is one word, and of an input."""
BELOW, FORK = 34.0, 9.0
"""Between nodes, and from a node to where paths fork."""
LANE = 40.0
"""The room of an identity beside a path."""
BESIDE = 10.0
"""The least room for an arrow from the side, and from a corner to an arrow from above."""
RADIUS, BAR, WEDGE = 15.0, 26.0, 16.0
"""The radius of an addition, the height of a concatenation, and of the wedges that lead into it."""
OUT = 24.0
GAP = 5.0
"""On both sides of a crossing: how much of the line that is crossed is left out."""
WIDEST = 240.0
MOST = 300
"""The most nodes of a graph that is drawn."""


class End(NamedTuple):
    """The end of a value's line: the way still to be drawn, and the number of the value's layer."""

    way: Sequence[Point]
    number: int
    told: bool = True
    """Whether the size of the value is still to be written."""


def draw(subject: Subject, theme: str, part: str | None = None) -> Scene:
    """The figure of a layer, a block or, without a `part`, a network; UsageError for too many layers."""
    report = subject.report
    title, span = subject.name, range(len(report))
    if part is not None:
        title = subject.say("unit", part=shortened(visible(part), 80), network=subject.name)
        span = range(*report.spans[part]) if part in report.spans else report[part].span
    nodes = nodes_of(subject, span)
    if len(nodes) > MOST:
        help = "name one of its blocks, or --view strip"
        raise UsageError(f"{len(nodes):,} layers are too many for a graph", help)
    whole = Flow(nodes).series()
    graph = _Graph(subject)
    for end in graph.place(whole, 0, 0, []):
        (x, y), size = end.way[-1], subject.size(end.number)
        graph.arrow([*end.way, (x, y + OUT)])
        graph.canvas.add(Text(x + 8, y + OUT - 6, size, SIZE, "start", bold=True))
    canvas = graph.canvas
    canvas.add(
        Text(-graph.extent(whole).left, -18, fitted(title, 12.5, 480, bold=True), 12.5, "start", bold=True)
    )
    words = subject.words([graph.drawn(node) for node in all_nodes(whole.parts)], title)
    return canvas.scene("unit", title, words, theme)


class _Graph:
    """Measures the parts of a graph, and draws them in their places."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.canvas = subject, Canvas()
        self._extents: dict[int, Extent] = {}
        self._ways: list[Sequence[Point]] = []

    # ---- what a node says

    def drawn(self, node: Node) -> Drawn:
        if node.row is not None:
            return self.subject.layer(node.row)._replace(riders=node.riders)
        if node.number < self.subject.first:
            return self.subject.input(node.number)
        row = self.subject.report.layers[node.number - self.subject.first]
        return self.subject.layer(row)._replace(family="input", row=None)

    def lines(self, node: Node) -> list[str]:
        """The words in a node: its operation, its riders, the arrays that it reads, its parameters."""
        if node.row is None:
            size = self.subject.size(node.number)
            return [fitted(self.subject.say("input", size=size), SIZE, WIDEST)]
        layer, subject = node.row.node.layer, self.subject
        axes = layer.geometry(*node.row.facts.inputs) if layer.label_shows_window else ()
        strides = list(dict.fromkeys(int(axis.stride) for axis in axes))
        words = [subject.operation(node.row)[0]]
        words += [f"{int(layer.units_made):,}"] if layer.units_made else []
        if strides not in ([], [1]):
            words.append(("×" if layer.transposed else "/") + "×".join(map(str, strides)))
        riders = [layer.activation] if layer.activation is not None else []
        riders += [rider.node.layer for rider in node.riders]
        params = self.drawn(node).params
        return [
            fitted(", ".join(words), NAME, WIDEST, bold=True),
            *([fitted(" · ".join(map(subject.kind, riders)), NOTE, WIDEST)] if riders else []),
            *(fitted(f"+ {visible(name)}", NOTE, WIDEST) for name in node.constants[:2]),
            *([subject.say("params", count=f"{params:,}")] if params else []),
        ]

    def sign(self, node: Node) -> str:
        """The sign of an addition or the like where paths meet; "" for others."""
        if node.row is None or len(node.reads) < 2 or node.constants:
            return ""
        key = f"sign.{node.row.kind}"
        return self.subject.say(key) if english().has(f"figure.{key}") else ""

    # ---- measures

    def extent(self, part: Part | Series) -> Extent:
        """The room that a part needs, measured once."""
        known = self._extents.get(id(part))
        if known is None:
            known = self._extents[id(part)] = self._measured(part)
        return known

    def _measured(self, part: Part | Series) -> Extent:
        match part:
            case Node():
                return self._of_node(part)
            case Series():
                inner = [self.extent(each) for each in part.parts]
                gaps = sum(isinstance(each, Node | Repeated) for each in part.parts[1:])
                height = sum(each.height for each in inner) + BELOW * gaps
                left = max((each.left for each in inner), default=LANE / 2)
                identity = width_of(self.subject.say("identity"), SIZE) + 7
                return Extent(left, max((each.right for each in inner), default=identity), height)
            case Repeated():
                left, right, height = self.extent(part.series)
                return Extent(left + 12, right + 44, height + 24)
            case Paths():
                return self._of_paths(part)
            case Tangle():
                return self._of_tangle(part)

    def _of_node(self, node: Node) -> Extent:
        said = width_of(self.subject.size(node.last), NOTE) + 8
        if self.sign(node):
            return Extent(RADIUS, max(RADIUS, said), 2 * RADIUS)
        width, height = self._size(node)
        return Extent(width / 2, max(width / 2, said), height)

    def _size(self, node: Node) -> tuple[float, float]:
        first, *others = self.lines(node)
        width = max(width_of(first, NAME, bold=True), *(width_of(line, NOTE) for line in others), 0)
        if node.row is None:
            return width + 24, PILL
        if not others and not node.row.facts.params and self.drawn(node).family == "other":
            return max(width + 20, 68), SMALL
        return max(WIDE, width + 16), max(HIGH, 14.0 * len(others) + 26)

    def _columns(self, part: Paths) -> list[tuple[Series, float]]:
        """The paths and how far to the right of the spine each stands: the longest on it, but of a bar."""
        branches = part.branches
        centred = part.join is None or self._is_bar(part.join)
        if not centred:
            branches = sorted(branches, key=lambda branch: -self.extent(branch).height)
        offsets = [0.0]
        for before, after in pairwise(map(self.extent, branches)):
            offsets.append(offsets[-1] + before.right + ASIDE + after.left)
        if centred:
            first, last = self.extent(branches[0]), self.extent(branches[-1])
            middle = (offsets[-1] + last.right - first.left) / 2
            offsets = [offset - middle for offset in offsets]
        return list(zip(branches, offsets, strict=True))

    def _is_bar(self, node: Node) -> bool:
        return node.row is not None and node.row.node.layer.joins and len(node.reads) > 1

    def _of_paths(self, part: Paths) -> Extent:
        columns = [(self.extent(branch), offset) for branch, offset in self._columns(part)]
        left = max(extent.left - offset for extent, offset in columns)
        right = max(extent.right + offset for extent, offset in columns)
        height = BELOW + max(extent.height for extent, _ in columns)
        return self._with_join(part.join, Extent(left, right, height))

    def _with_join(self, join: Node | None, paths: Extent) -> Extent:
        """The room of paths and of what they meet in."""
        if join is None:
            return paths
        if self._is_bar(join):
            told = width_of(self._concatenated(join), SIZE) + 10
            return Extent(paths.left, paths.right + told, paths.height + BELOW + WEDGE + BAR)
        own = self.extent(join)
        return Extent(
            max(paths.left, own.left), max(paths.right, own.right), paths.height + BELOW + own.height
        )

    def _concatenated(self, join: Node) -> str:
        return self.subject.say("concatenated", count=f"{self._channels(join.number):,}")

    def _channels(self, number: int) -> int:
        return self.subject.shape(number)[-1]

    # ---- drawing

    def place(self, part: Part | Series, x: float, y: float, sources: Sequence[End]) -> list[End]:
        """Draws a part, its spine at x and its top at y, and what leads there; where its values come to."""
        match part:
            case Node():
                return [self._node(part, x, y, sources)]
            case Series():
                ends = list(sources)
                for number, each in enumerate(part.parts):
                    y += BELOW if number and isinstance(each, Node | Repeated) else 0
                    ends = self.place(each, x, y, ends)
                    y += self.extent(each).height
                return ends
            case Repeated():
                return self._repeated(part, x, y, sources)
            case Paths():
                return self._paths(part, x, y, sources)
            case Tangle():
                return self._tangle(part, x, y, sources)

    def _node(self, node: Node, x: float, y: float, sources: Sequence[End]) -> End:
        for source in sources:
            self._lead(source, (x, y))
        drawn, height = self.drawn(node), self.extent(node).height
        with self.canvas.group(drawn.path, self.subject.title(drawn)):
            if sign := self.sign(node):
                self.canvas.add(
                    Circle(x, y + RADIUS, RADIUS, f"{drawn.family}.front", f"{drawn.family}.node_edge", 1.2),
                    Text(x, y + RADIUS + 6, sign, 18, bold=True),
                )
                return End([(x, y + height)], node.last)
            width, _ = self._size(node)
            radius = PILL / 2 if node.row is None else 5
            fill, edge = f"{drawn.family}.front", f"{drawn.family}.node_edge"
            self.canvas.add(Rectangle(x - width / 2, y, width, height, fill, edge, 1.2, radius))
            lines = self.lines(node)
            below = y + (height - 13.5 * len(lines)) / 2 + 10.5
            bold = node.row is not None and (len(lines) > 1 or height > SMALL)
            for number, line in enumerate(lines):
                size = NOTE if number else NAME if bold else SIZE
                self.canvas.add(Text(x, below + 13.5 * number, line, size, bold=bold and not number))
        return End([(x, y + height)], node.last, told=node.row is not None)

    def _lead(self, source: End, target: Point) -> None:
        """An arrow from a value to the top of a node, the size of the value beside it."""
        x, y = source.way[-1]
        way = [*source.way]
        if abs(x - target[0]) > 0.5:
            way += [(x, y + FORK), (target[0], y + FORK)]
        elif source.told:
            self._tell(source, (y + target[1]) / 2 + 4)
        self.arrow([*way, target])

    def arrow(self, way: Sequence[Point]) -> None:
        """An arrow; a line of another value has a gap under it, so that no crossing looks like a fork."""
        for other in self._ways:
            if other[0] != way[0]:
                gaps = (Line(gap, "background", 2 * GAP - 2) for gap in _crossings(way, other))
                self.canvas.add(*gaps)
        self._ways.append(way)
        self.canvas.arrow(way)

    def _tell(self, end: End, y: float) -> None:
        """The size of a value beside its line."""
        x = end.way[-1][0]
        self.canvas.add(Text(x + 6, y, self.subject.size(end.number), NOTE, "start", "soft"))

    def _repeated(self, part: Repeated, x: float, y: float, sources: Sequence[End]) -> list[End]:
        left, right, height = self.extent(part)
        frame = [(x - left, y), (x + right, y), (x + right, y + height), (x - left, y + height)]
        self.canvas.add(Line([*frame, frame[0]], "faint", 1.2, dashed=True))
        self.canvas.add(Text(x + right - 8, y + 18, f"× {part.times}", NAME, "end", bold=True))
        return self.place(part.series, x, y + 12, sources)

    def _paths(self, part: Paths, x: float, y: float, sources: Sequence[End]) -> list[End]:
        columns = self._columns(part)
        high = max(self.extent(branch).height for branch, _ in columns)
        ends: list[End] = []
        for branch, offset in columns:
            if branch.parts:
                top = y + BELOW + (high - self.extent(branch).height) / 2
                ends += self.place(branch, x + offset, top, sources)
            else:
                ends += [self._identity(source, x + offset, y + BELOW + high / 2) for source in sources]
        if part.join is None:
            return ends
        return [self._joined(part.join, x, y + BELOW + high, ends, self.extent(part))]

    def _identity(self, source: End, x: float, middle: float) -> End:
        """A value that goes beside a path as it is."""
        told = self.subject.say("identity")
        self.canvas.add(Text(x + 7, middle, told, SIZE, "start", "soft", italic=True))
        x0, y0 = source.way[-1]
        return End([*source.way, (x0, y0 + FORK), (x, y0 + FORK)], source.number, told=False)

    def _joined(self, join: Node, x: float, y: float, ends: Sequence[End], extent: Extent) -> End:
        """Leads paths that end at y into the node where they meet."""
        for end in ends:
            if end.told:
                self._tell(end, end.way[-1][1] + 14)
        ends = [end._replace(told=False) for end in ends]
        if self._is_bar(join):
            told = width_of(self._concatenated(join), SIZE) + 10
            return self._bar(join, x, (x - extent.left, x + extent.right - told), y + BELOW, ends)
        top, size = y + BELOW, self.extent(join)
        half = RADIUS if self.sign(join) else self._size(join)[0] / 2
        straight = [end for end in ends if abs(end.way[-1][0] - x) < 0.5]
        for end in ends:
            side, middle = end.way[-1][0], top + size.height / 2
            if end in straight:
                continue
            if abs(side - x) < half + BESIDE:
                # no room for an arrow from the side
                inside = 0 if self.sign(join) else half - BESIDE
                self._lead(end, (min(max(side, x - inside), x + inside), top))
            else:
                edge = x + half if side > x else x - half
                self.arrow([*end.way, (side, middle), (edge, middle)])
        return self._node(join, x, top, straight)

    def _bar(self, join: Node, x: float, sides: tuple[float, float], y: float, ends: Sequence[End]) -> End:
        """A concatenation: a bar whose parts are as wide as the channels that each path brings."""
        drawn, (left, right) = self.drawn(join), sides
        channels = [self._channels(end.number) for end in ends]
        if sum(channels) != self._channels(join.number):
            channels = [1] * len(ends)  # joined along another axis
        least = min(24.0, (right - left) / len(ends))
        free, whole = right - left - least * len(ends), sum(channels)
        with self.canvas.group(drawn.path, self.subject.title(drawn)):
            at = left
            for number, (end, count) in enumerate(zip(ends, channels, strict=True)):
                width = least + free * count / whole
                fill = "join.part" if number % 2 else "join.front"
                from_x = end.way[-1][0]
                wedge = [(from_x - 1, y), (from_x + 1, y), (at + width, y + WEDGE), (at, y + WEDGE)]
                self.canvas.add(Polygon(wedge, fill, opacity=0.6))
                self.canvas.add(Rectangle(at, y + WEDGE, width, BAR, fill, "join.node_edge", 1))
                if count > 1 and width_of(f"{count}", NOTE) < width - 2:
                    self.canvas.add(Text(at + width / 2, y + WEDGE + 17, f"{count}", NOTE))
                at += width
        for end in ends:
            self.arrow([*end.way, (end.way[-1][0], y)])
        told = self._concatenated(join)
        self.canvas.add(Text(right + 10, y + WEDGE + 17, told, SIZE, "start", "soft"))
        return End([(x, y + WEDGE + BAR)], join.last)

    # ---- what can't be told apart: nodes in rows, longest way first

    def _heights(self, part: Tangle, rows: Sequence[Sequence[tuple[int, int]]]) -> list[float]:
        nodes = {node.number: node for node in part.nodes}
        return [max((self.extent(nodes[n]).height for n, _ in row if n in nodes), default=0) for row in rows]

    def _of_tangle(self, part: Tangle) -> Extent:
        rows, xs = rows_of(part, self.extent)
        side = max(abs(x) for x in xs.values()) + WIDEST / 2
        height = sum(self._heights(part, rows))
        height += sum(BELOW + FORK * max(len(tracks) - 1, 0) for tracks in tracks_of(part, rows, xs))
        return self._with_join(part.join, Extent(side, side, height))

    def _down(self, end: End, y: float) -> End:
        """A value led on to a height below."""
        x, reached = end.way[-1]
        return end if y - reached < 0.5 else end._replace(way=[*end.way, (x, y)])

    def _tangle(self, part: Tangle, x: float, y: float, sources: Sequence[End]) -> list[End]:
        rows, xs = rows_of(part, self.extent)
        nodes = {node.number: node for node in part.nodes}
        at: dict[int, End] = {part.fork: sources[0]} if sources else {}
        gaps = zip(rows, self._heights(part, rows), tracks_of(part, rows, xs), strict=True)
        for row, high, tracks in gaps:
            passing: dict[int, End] = {}
            for track, number in enumerate(tracks):
                at[number] = self._down(at[number], y + FORK * track)
            top = y + BELOW + FORK * max(len(tracks) - 1, 0)
            for number, level in row:
                place = x + xs[number, level]
                if number in nodes and number not in at:
                    reads = [at[source] for source in nodes[number].reads if source in at]
                    passing[number] = self._down(self._node(nodes[number], place, top, reads), top + high)
                elif number in at:
                    x0, y0 = at[number].way[-1]
                    bend = [(x0, y0 + FORK), (place, y0 + FORK)] if abs(x0 - place) > 0.5 else []
                    way = [*at[number].way, *bend, (place, top + high)]
                    passing[number] = at[number]._replace(way=way, told=False)
            at |= passing
            y = top + high
        ends = [at[source] for source, reader in edges_of(part) if reader == part.meeting and source in at]
        if part.join is None:
            return ends
        return [self._joined(part.join, x, y, ends, self.extent(part))]


def _crossings(way: Sequence[Point], other: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """The pieces of a way that cross another at right angles, away from the corners and ends of both."""
    for step in pairwise(way):
        for crossed in pairwise(other):
            for x, y in ((0, 1), (1, 0)):
                (low, high), along = sorted(point[x] for point in step), step[0][y]
                (start, end), across = sorted(point[y] for point in crossed), crossed[0][x]
                is_cross = step[1][y] == along and crossed[1][x] == across
                if is_cross and low + GAP < across < high - GAP and start + GAP < along < end - GAP:
                    piece = [(across - GAP, along), (across + GAP, along)]
                    first, last = piece if x == 0 else [(b, a) for a, b in piece]
                    yield first, last
