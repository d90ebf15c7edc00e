"""The view `maps`: each layer as a stack of its feature maps, with kernel windows that lead to the next.

With a field, the values that one unit sees are marked in each stack, walked back window by window.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from cnncalc.analysis.receptive_field import Field
from cnncalc.errors import UsageError
from cnncalc.figures.measure import fitted, width_of
from cnncalc.figures.parts import LINE, NAME, NOTE, SIZE, WIDEST, WORDS, Scale, share_of_units
from cnncalc.figures.scene import Canvas, Circle, Line, Point, Polygon, Rectangle, Scene, Text
from cnncalc.figures.subject import Drawn, Subject
from cnncalc.layers.support.reach import Span

BIG, SMALL, LEAST_SIDE = 118.0, 17.0, 7.0
CARDS, APART = 8, 5.5
"""The most cards of a stack, and how far apart they lie."""
BAR, FEW, CIRCLE = 13.0, 16, 15.0
"""The width of a bar of units; up to FEW units are circles, a CIRCLE each."""
GAP = 40.0


class Stack(NamedTuple):
    """Where a drawn layer stands: the front card at (x, y), `back` the way to the card at the back."""

    drawn: Drawn
    x: float
    y: float
    width: float
    height: float
    cards: int = 1
    apart: float = 0.0

    @property
    def left(self) -> float:
        return self.x - self.apart * (self.cards - 1)

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def top(self) -> float:
        return self.y - self.apart * (self.cards - 1)

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    def spot(self, spans: Sequence[Span]) -> Rectangle:
        """The part of the front card that spans of rows and columns cover."""
        (top, bottom), (left, right) = spans
        rows, columns = self.drawn.map_size
        return Rectangle(
            self.x + left / columns * self.width,
            self.y + top / rows * self.height,
            max((right - left + 1) / columns * self.width, 3),
            max((bottom - top + 1) / rows * self.height, 3),
            "window",
            "window",
            1.1,
            opacity=0.22,
        )


def draw(subject: Subject, theme: str, field: str | None = None) -> Scene:
    """The figure; `field` is the name of the layer of which one unit's field is shown."""
    seen = fields_of(subject, field) if field is not None else {}
    canvas, words = Canvas(), [_words(subject, each) for each in subject.drawn]
    stacks = _placed(subject, words)
    for stack in stacks:
        with canvas.group(stack.drawn.path, subject.title(stack.drawn)):
            _stack(canvas, stack)
    for number, (before, after) in enumerate(pairwise(stacks)):
        if not after.drawn.has_map:
            _wedge(canvas, before, after)
        elif before.drawn.has_map and not seen:
            _window(canvas, before, after, high=number % 2 == 0)
    _field(canvas, stacks, seen)
    _heads(canvas, subject, stacks, seen)
    _band(canvas, subject, stacks, words)
    return canvas.scene("maps", subject.name, subject.words(subject.drawn), theme)


def _words(subject: Subject, drawn: Drawn) -> list[str]:
    """The operation that leads to a drawn layer, in lines."""
    if drawn.row is None:
        return []
    first, *others = subject.operation(drawn.row)
    made = drawn.row.node.layer.units_made if drawn.family == "conv" else None
    filters = [subject.say("filters", count=f"{int(made):,}")] if made else []
    return [fitted(line, WORDS, WIDEST) for line in (first, *filters, *others)]


def _params(drawn: Drawn) -> str:
    return f"{drawn.params:,}" if drawn.params else "–"


def _placed(subject: Subject, words: Sequence[Sequence[str]]) -> list[Stack]:
    """The stacks from left to right: words fit between two of them, and heads over them."""
    scale = Scale.of(
        (side for each in subject.drawn if each.has_map for side in each.map_size), BIG, SMALL, LEAST_SIDE
    )
    most = max((each.channels for each in subject.drawn if not each.has_map), default=1)
    stacks: list[Stack] = []
    for drawn, lines in zip(subject.drawn, words, strict=True):
        if drawn.has_map:
            height, width = map(scale.px, drawn.map_size)
            cards = min(drawn.channels, CARDS)
            apart = APART if cards > 1 else 0.0
        else:
            units, cards, apart, width = drawn.channels, 1, 0.0, BAR
            height = CIRCLE * units
            if units > FEW:
                height = max(BIG * 1.02 * share_of_units(units, most, 1.3), 22)
            elif height > BIG:
                height = BIG
        stack = Stack(drawn, 0, -height / 2 + apart * (cards - 1) / 2, width, height, cards, apart)
        if stacks:
            last = stacks[-1]
            needed = max(width_of(line, WORDS) for line in (*lines, _params(drawn)))
            x = last.right + max(GAP, needed + 10) + apart * (cards - 1)
            # heads stand over the middles, 12 px apart
            heads = (_head_width(last) + _head_width(stack)) / 2 + 12
            x = max(x, last.middle + heads - (stack.middle - stack.x))
            stack = stack._replace(x=x)
        stacks.append(stack)
    return stacks


def _head_width(stack: Stack) -> float:
    name = fitted(stack.drawn.name, NAME, WIDEST, bold=True)
    return max(width_of(name, NAME, bold=True), width_of(stack.drawn.size, SIZE), 62)


def _stack(canvas: Canvas, stack: Stack) -> None:
    family = stack.drawn.family
    front, edge = f"{family}.front", f"{family}.edge"
    if not stack.drawn.has_map and stack.drawn.channels <= FEW:
        step = stack.height / stack.drawn.channels
        for unit in range(stack.drawn.channels):
            y = stack.y + step * (unit + 0.5)
            canvas.add(Circle(stack.x + BAR / 2, y, min(5, step * 0.36), front, edge))
        return
    for card in reversed(range(stack.cards)):
        x, y = stack.x - stack.apart * card, stack.y - stack.apart * card
        canvas.add(Rectangle(x, y, stack.width, stack.height, front, edge))


def _wedge(canvas: Canvas, before: Stack, after: Stack) -> None:
    """All to all: from the whole of a stack to the whole of a bar."""
    points = [
        (before.right, before.y),
        (after.x, after.y),
        (after.x, after.bottom),
        (before.right, before.bottom),
    ]
    canvas.add(Polygon(points, "faint", "faint", opacity=0.28))


def _window(canvas: Canvas, before: Stack, after: Stack, *, high: bool) -> None:
    """The kernel's window on a map, to scale, and the two lines from it to one value of the next map."""
    row = after.drawn.row
    axes = row.node.layer.geometry(*row.facts.inputs) if row is not None else ()
    if row is None or not axes or len(axes) > 2 or not row.node.layer.label_shows_window:
        return
    rows, columns = before.drawn.map_size
    tall, wide = (int(axis.extent) for axis in axes) if len(axes) == 2 else (int(axes[0].extent), 1)
    width = min(max(wide / columns * before.width, 5), before.width)
    height = min(max(tall / rows * before.height, 5), before.height)
    along, down = (0.62, 0.3) if high else (0.42, 0.6)
    x, y = before.x + (before.width - width) * along, before.y + (before.height - height) * down
    side = max(after.width / after.drawn.map_size[1], 3.2)
    x1, y1 = after.x + (after.width - side) * along * 0.8, after.y + (after.height - side) * down
    canvas.add(
        Line([(x + width, y), (x1, y1)], "window", 0.9),
        Line([(x + width, y + height), (x1, y1 + side)], "window", 0.9),
        Rectangle(x, y, width, height, "window", "window", 1.1, opacity=0.18),
        Rectangle(x1, y1, side, side, "window", "window"),
    )


def fields_of(subject: Subject, layer: str) -> dict[str, tuple[Span, Span]]:
    """Path -> the rows and columns that the unit in the middle of a layer sees, of each map before it.

    Raises UsageError for a layer that has no map, or that is not drawn.
    """
    places = {each.path: number for number, each in enumerate(subject.drawn)}
    row = subject.report[layer]
    at = next((number for path, number in places.items() if path == row.name), None)
    if at is None or not subject.drawn[at].has_map:
        maps = [each.name for each in subject.drawn if each.has_map and each.row is not None]
        raise UsageError(f"{layer} has no map whose field could be drawn", ", ".join(maps[:8]))
    size = subject.drawn[at].map_size
    spans = tuple((side // 2, side // 2) for side in size)
    seen = {subject.drawn[at].path: (spans[0], spans[1])}
    index = row.span.start
    while index >= 0:
        fact, shape = subject.report.facts[index], subject.report.facts[index].inputs[0]
        reach = fact.reach
        if not isinstance(reach, tuple) or len(shape) - 1 != len(reach):
            spans = tuple((0, int(side) - 1) for side in Drawn("", "", "", shape, "").map_size)
        else:
            axes = reach[-2:] if len(reach) > 1 else reach
            sides = shape[-3:-1] if len(reach) > 1 else shape[:1]
            spans = tuple(
                _read(Field(1, 1, 0).through(step), span, int(side))
                for step, span, side in zip(axes, spans, sides, strict=False)
            )
            spans = spans if len(spans) == 2 else (*spans, (0, 0))
        index = subject.report.graph.nodes[index].inputs[0] - subject.first
        path = subject.report.graph.name(index + subject.first)
        if path in places and subject.drawn[places[path]].has_map:
            seen[path] = (spans[0], spans[1])
    return seen


def _read(step: Field, span: Span, size: int) -> Span:
    """The values along an axis that the outputs of a span read, the border left out."""
    ends = [found for output in span if (found := step.seen(output))]
    if not ends:
        return 0, 0
    first, last = min(a for a, _ in ends), max(b for _, b in ends)
    return min(max(int(first), 0), size - 1), max(min(int(last), size - 1), 0)


def _field(canvas: Canvas, stacks: Sequence[Stack], seen: dict[str, tuple[Span, Span]]) -> None:
    spots = [stack.spot(seen[stack.drawn.path]) for stack in stacks if stack.drawn.path in seen]
    canvas.add(*spots)
    for before, after in pairwise(spots):
        for down in (0, 1):
            start: Point = (before.x + before.width, before.y + before.height * down)
            canvas.add(Line([start, (after.x, after.y + after.height * down)], "window", 0.9, dashed=True))


def _heads(
    canvas: Canvas, subject: Subject, stacks: Sequence[Stack], seen: dict[str, tuple[Span, Span]]
) -> None:
    """The names and sizes over the stacks, and how many pixels of the input a unit sees."""
    y = min(stack.top for stack in stacks) - (44 if seen else 30)
    for stack in stacks:
        name = fitted(stack.drawn.name, NAME, WIDEST, bold=True)
        canvas.add(Text(stack.middle, y, name, NAME, bold=True))
        canvas.add(Text(stack.middle, y + 14, fitted(stack.drawn.size, SIZE, WIDEST), SIZE, paint="soft"))
        row = stack.drawn.row
        if row is not None and stack.drawn.path in seen and (fields := row.view.fields):
            size = "×".join(str(int(field.size)) for field in fields)
            canvas.add(Text(stack.middle, y + 28, subject.say("sees", size=size), NOTE, paint="window"))


def _band(canvas: Canvas, subject: Subject, stacks: Sequence[Stack], words: Sequence[Sequence[str]]) -> None:
    """Under the stacks: what leads from one to the next, and its parameters."""
    y = max(stack.bottom for stack in stacks) + 22
    foot = y + LINE * max(map(len, words)) + 4
    for before, after, lines in zip(stacks, stacks[1:], words[1:], strict=False):
        middle = (before.right + after.left) / 2
        for number, line in enumerate(lines):
            canvas.add(Text(middle, y + LINE * number, line, WORDS, paint="soft" if number else "ink"))
        canvas.add(Text(middle, foot, _params(after.drawn), WORDS, paint="soft"))
    first, last = stacks[0], stacks[-1]
    canvas.add(Text(first.middle, foot, subject.say("row.params"), WORDS, paint="soft", italic=True))
    total = f"= {int(subject.report.totals.params):,}"
    canvas.add(Text(last.right + 16, foot, total, WORDS, "start", bold=True))
