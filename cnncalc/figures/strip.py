"""The view `strip`: a whole network as stages in a row, what each costs and sees below."""

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.rows import LayerReport
from cnncalc.figures import parts
from cnncalc.figures.measure import width_of
from cnncalc.figures.scene import Arc, Canvas, Line, Rectangle, Scene, Text
from cnncalc.figures.stages import Stage, Stages, Unit
from cnncalc.figures.subject import Drawn, Subject
from cnncalc.layers.support.base import Shape
from cnncalc.plain_text import shortened

BIG, SMALL, LEAST_SIDE = 120.0, 22.0, 10.0
RIGHT, UP = 0.34, 0.24
BAR = 8.0
MOST, FIRST, LAST = 8, 3, 2
"""The most units that are drawn one by one; of more, the first, dots, and the last."""
BETWEEN = 16.0
SIZES = (parts.SIZE, parts.WORDS, parts.WORDS, parts.WORDS, parts.WORDS, parts.WORDS, parts.WORDS)
ROW, HIGHEST = 70.0, 34.0
"""From a row of bars to the next, and the highest bar."""


class Column(NamedTuple):
    """A stage or an input in its place: from `left` to `right`, its units drawn as boxes."""

    lines: Sequence[str]
    left: float
    right: float
    boxes: Sequence[parts.Cuboid | None]
    stage: Stage | None
    source: Drawn | None
    shown: Sequence[Unit | None] = ()

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def top(self) -> float:
        return min(box.y - box.up for box in self.boxes if box is not None)


class Costs(NamedTuple):
    """The costs of a stage, and the receptive field of its outputs, in words."""

    macs: int
    params: int
    sees: str


def draw(subject: Subject, theme: str) -> Scene:
    """The figure."""
    canvas, stages = Canvas(), Stages(subject)
    found = stages.all()
    costs = [_costs(subject, stage) for stage in found]
    columns = _placed(subject, stages, found, costs)
    arcs = set()
    for column in columns:
        path, title = _said(subject, column, costs, found)
        with canvas.group(path, title):
            _boxes(canvas, subject, column)
            arcs |= _arcs(canvas, subject, column)
    _skips(canvas, subject, columns)
    foot = max(box.y + box.height for column in columns for box in column.boxes if box) + 24
    for column in columns:
        parts.caption(canvas, column.middle, foot, column.lines, SIZES)
    y = foot + parts.LINE * max(len(column.lines) for column in columns)
    layers = [column for column in columns if column.stage is not None]
    if layers:  # activations alone, say, belong to the input
        y = _bars(canvas, subject, layers, costs, y + 14)
        _legend(canvas, subject, layers[0].left, y + 26, arcs)
    words = subject.described(_said(subject, column, costs, found)[1] for column in columns)
    return canvas.scene("strip", subject.name, words, theme)


def _costs(subject: Subject, stage: Stage) -> Costs:
    rows = subject.report.layers[stage.span.start : stage.span.stop]
    # a value that is laid out anew sees what it saw on its map, and a weight that is added reads no input
    views = [row.view for row in rows if not (row.node.layer.reshapes or row.view.blind)]
    sees = "–"
    if views and (fields := views[-1].fields) is not None:
        size = "×".join(str(int(field.size)) for field in fields)
        sides = [side for source in subject.inputs[:1] for side in source.shape[:-1]]
        whole = len(sides) == len(fields) and all(
            int(field.size) >= side for field, side in zip(fields, sides, strict=True)
        )
        sees = f"{size} ({subject.say('all')})" if whole else size
    elif views or not stage.sides:
        sees = subject.say("all")
    # weights that layers share are counted once
    params = sum(int(row.params) for row in rows if row.shared_with is None)
    return Costs(sum(int(row.macs) for row in rows), params, sees)


def _said(
    subject: Subject, column: Column, costs: Sequence[Costs], stages: Sequence[Stage]
) -> tuple[str, str]:
    """The path of a column, and its numbers in words."""
    if column.stage is None:
        assert column.source is not None
        return column.source.path, subject.title(column.source)
    cost = costs[stages.index(column.stage)]
    told = [*column.lines[1:], *subject.costs(cost.params, cost.macs)]
    return column.stage.path, shortened(f"{column.lines[0]}: {'; '.join(told)}", 300)


def _lines(subject: Subject, stages: Stages, stage: Stage) -> list[str]:
    """The caption of a stage: its name, its size, its units or what its layer does."""
    if stage.omitted:
        return [subject.say("more", count=f"{stage.omitted:,}")]
    size = subject.size(_end(subject, stage) + subject.first)
    drawn = stages.drawn(Unit(stage.path, stage.span))
    count = len(stage.units)
    if not stage.is_block:
        first, *others = subject.operation(drawn[0].row) if drawn[0].row else [""]
        return parts.cut([stage.name, size, f"{first} ×{count}" if count > 1 else first, *others])
    deep = [each.row for each in drawn if each.row and each.row.node.layer.counts_in_depth]
    if count == 1 and len(deep) == 1 and not any(each.family == "join" for each in drawn):
        return parts.cut([stage.name, size, *subject.operation(deep[0])])
    unit = _kind(subject, stage)
    return parts.cut([stage.name, size, subject.say("units", count=count, unit=unit) if count > 1 else unit])


def _end(subject: Subject, stage: Stage) -> int:
    """The layer that puts out what a stage does: an array of weights behind that layer is added later."""
    views = subject.report.views
    return next((number for number in reversed(stage.span) if not views[number].blind), stage.span.stop - 1)


def _kind(subject: Subject, stage: Stage) -> str:
    """The name of a stage's units: that of their block, or the kind of their layer."""
    first = stage.units[0]
    row = subject.report[first.path]
    if not isinstance(row, LayerReport) or (first.is_group and not first.is_merge):
        return subject.block(first.path)
    return subject.kind(row.node.layer)


def _placed(subject: Subject, stages: Stages, found: Sequence[Stage], costs: Sequence[Costs]) -> list[Column]:
    shapes = [*(source.shape for source in subject.inputs), *(stage.shape for stage in found)]
    scale = parts.Scale.of((side for shape in shapes for side in _sides(shape)), BIG, SMALL, LEAST_SIDE)
    most = max((shape[-1] for shape in shapes if len(shape) == 1), default=1)
    columns: list[Column] = []
    x = 0.0
    for source in subject.inputs:
        column = _column([source.name, source.size], x, [_box(source.shape, "input", scale, most)], 0)
        columns.append(column._replace(source=source))
        x = column.right + BETWEEN
    label = max(width_of(line, parts.WORDS) for line in _label(subject, "macs"))
    x = max(x, label + BETWEEN)
    for stage, cost in zip(found, costs, strict=True):
        shown: list[Unit | None] = [*stage.units]
        if len(shown) > MOST:
            shown = [*shown[:FIRST], None, *shown[-LAST:]]
        boxes = [
            unit and _box(stages.shape(unit), _family(stages, stage, unit), scale, most) for unit in shown
        ]
        lines = _lines(subject, stages, stage)
        least = max(width_of(cost.sees, parts.NOTE), width_of(parts.human(cost.macs), parts.NOTE), 44)
        column = _column(lines, x, boxes or [None], least)
        columns.append(column._replace(stage=stage, shown=shown))
        x = column.right + BETWEEN
    return columns


def _family(stages: Stages, stage: Stage, unit: Unit) -> str:
    drawn = stages.drawn(unit)
    return max(drawn, key=lambda each: each.macs).family if drawn else stage.family


def _sides(shape: Shape) -> Sequence[int]:
    return () if len(shape) == 1 else Drawn("", "", "", shape, "").map_size


def _box(shape: Shape, family: str, scale: parts.Scale, most: int) -> parts.Cuboid:
    """The box of a shape, its middle at height 0, not yet in its place along x."""
    if len(shape) == 1:
        height = max(BIG * 0.8 * parts.share_of_units(shape[0], most, 1.3), 20)
        return parts.Cuboid(0, -height / 2, BAR, height, 0, 0)
    height, depth = map(scale.px, _sides(shape))
    width = 3 + 0.62 * shape[-1] ** 0.5
    if family == "pool":
        width = max(4, width * 0.55)
    return parts.Cuboid(0, (depth * UP - height) / 2, width, height, depth * RIGHT, depth * UP)


def _column(lines: Sequence[str], x: float, boxes: Sequence[parts.Cuboid | None], least: float) -> Column:
    """The boxes in a row from x, in the middle of a column that is as wide as they and the caption need."""
    at = 0.0
    placed: list[parts.Cuboid | None] = []
    for box in boxes:
        if box is None:
            placed.append(None)
            at += 30
            continue
        placed.append(box._replace(x=at))
        at += box.width + max(box.right * 0.55, 7)
    ends = [box.end for box in placed if box]
    span = max(ends, default=20.0)
    width = max(span, parts.caption_width(lines, SIZES), least)
    ahead = x + (width - span) / 2
    moved = [box and box._replace(x=box.x + ahead) for box in placed]
    return Column(lines, x, x + width, moved, None, None)


def _boxes(canvas: Canvas, subject: Subject, column: Column) -> None:
    units = column.shown or (None,) * len(column.boxes)
    last: parts.Cuboid | None = None
    for box, unit in zip(column.boxes, units, strict=False):
        if box is None:
            x = last.end + 12 if last is not None else column.middle
            canvas.labels.append(Text(x, 4, "…", 16, paint="soft", halo=True))
        elif unit is None or len(units) == 1:
            _one(canvas, box, _shown_family(subject, column, unit))
        else:
            with canvas.group(unit.path, shortened(unit.path, 300)):
                _one(canvas, box, _shown_family(subject, column, unit))
        last = box


def _shown_family(subject: Subject, column: Column, unit: Unit | None) -> str:
    if column.stage is None or unit is None:
        return "input" if column.stage is None else column.stage.family
    drawn = subject.layers_of(unit.span)
    return max(drawn, key=lambda each: each.macs).family if drawn else column.stage.family


def _one(canvas: Canvas, box: parts.Cuboid, family: str) -> None:
    if box.right:
        parts.cuboid(canvas, box, family)
    else:
        canvas.add(Rectangle(box.x, box.y, box.width, box.height, f"{family}.front", f"{family}.edge"))


def shortcut(subject: Subject, unit: Unit) -> str:
    """The shortcut around a unit: identity, or projection with layers on the way; "" for none."""
    graph = subject.report.graph
    read = {number - subject.first for index in unit.span for number in graph.nodes[index].inputs}
    if len(read - {*unit.span}) != 1:
        return ""  # lines over the stages show where else its values come from
    found = ""
    for index in unit.span:
        node, fact = graph.nodes[index], subject.report.facts[index]
        if node.layer.inputs != "many" or node.layer.joins or len(node.inputs) != 2:
            continue
        if any(number - subject.first not in unit.span for number in node.inputs):
            found = "identity"
        elif not found and all(shape == fact.output for shape in fact.inputs):
            found = "projection"
    return found


def _arcs(canvas: Canvas, subject: Subject, column: Column) -> set[str]:
    """Arcs over the units that a shortcut leads around."""
    found = set()
    for box, unit in zip(column.boxes, column.shown, strict=False):
        if box is None or unit is None or not unit.is_group or not (way := shortcut(subject, unit)):
            continue
        found.add(way)
        y, middle = box.y - box.up - 2, box.middle + box.right
        half = max(box.width / 2, (box.width + max(box.right * 0.55, 7)) * 0.36)
        points = [
            (middle - half, y),
            (middle - half, y - 17),
            (middle + half, y - 17),
            (middle + half, y - 5),
        ]
        canvas.add(Arc(points, "line", dashed=way == "projection"))
        canvas.head((middle + half, y), (0, 1), 6)
    return found


def _skips(canvas: Canvas, subject: Subject, columns: Sequence[Column]) -> None:
    """Lines over the stages, from one to another that is not the next but reads it."""
    graph = subject.report.graph
    place: dict[int, int] = {}
    for number, column in enumerate(columns):
        if column.stage is None:
            place[number] = number
        else:
            place.update(dict.fromkeys((index + subject.first for index in column.stage.span), number))
    edges = {
        (place[source], place[reader])
        for reader, node in enumerate(graph.nodes, subject.first)
        for source in node.inputs
        if source in place and reader in place
    }
    level_of: dict[int, list[tuple[int, int]]] = {}
    for start, end in sorted(
        (edge for edge in edges if edge[1] - edge[0] > 1), key=lambda e: (e[1] - e[0], e)
    ):
        level = 0
        while any(start < b and a < end for a, b in level_of.get(level, ())):
            level += 1
        level_of.setdefault(level, []).append((start, end))
        between = columns[start : end + 1]
        y = min(column.top for column in between if any(column.boxes)) - 30 - 12 * level
        x0, x1 = columns[start].middle + 4, columns[end].middle - 4
        canvas.arrow([(x0, _roof(columns[start])), (x0, y), (x1, y), (x1, _roof(columns[end]))], width=1.2)


def _roof(column: Column) -> float:
    return column.top - 4 if any(column.boxes) else -10.0


def _label(subject: Subject, row: str) -> list[str]:
    """The label of a row: a long word is broken behind its hyphen."""
    first, hyphen, rest = subject.say(f"row.{row}").partition("-")
    return [first + hyphen, rest] if rest else [first]


def _bars(
    canvas: Canvas, subject: Subject, columns: Sequence[Column], costs: Sequence[Costs], y: float
) -> float:
    """Rows of bars: what each stage costs, and its share of the whole; then what its outputs see."""
    totals = subject.report.totals
    left, right = columns[0].left - 6, columns[-1].right
    for row, family, whole in (
        ("macs", "conv", int(totals.macs)),
        ("params", "dense", int(totals.params)),
    ):
        values = [getattr(cost, row) for cost in costs]
        most = max(*values, 1)
        y += HIGHEST + 14
        canvas.add(Line([(left, y), (right, y)], "faint", 0.8))
        lines = _label(subject, row)
        for number, line in enumerate(lines):
            canvas.add(
                Text(left - 8, y - 4 - 12 * (len(lines) - 1 - number), line, parts.WORDS, "end", "soft")
            )
        for column, value in zip(columns, values, strict=True):
            high = HIGHEST * value / most
            if high > 0.4:
                canvas.add(Rectangle(column.middle - 13, y - high, 26, high, f"{family}.bar"))
            paint = "ink" if value else "soft"
            canvas.add(Text(column.middle, y - high - 4, parts.human(value), parts.NOTE, paint=paint))
            if value:
                share = f"{100 * value / whole:.1f} %" if value >= whole * 0.0005 else "<0.1 %"
                canvas.add(Text(column.middle, y + 11, share, parts.LEAST, paint="soft"))
        canvas.add(Text(right + 10, y - 4, parts.human(whole), parts.SIZE, "start", bold=True))
        y += 22
    y += 14
    canvas.add(Text(left - 8, y, subject.say("row.sees"), parts.WORDS, "end", "soft"))
    for column, cost in zip(columns, costs, strict=True):
        canvas.add(Text(column.middle, y, cost.sees, parts.NOTE, paint="soft"))
    return y


def _legend(canvas: Canvas, subject: Subject, x: float, y: float, arcs: set[str]) -> None:
    """The meaning of the arcs."""
    for way, word in (("identity", "shortcut"), ("projection", "projection")):
        if way in arcs:
            told = subject.say(word)
            canvas.add(Line([(x, y - 4), (x + 20, y - 4)], "line", 1.2, dashed=way == "projection"))
            canvas.head((x + 26, y - 4), (1, 0), 6)
            canvas.add(Text(x + 32, y, told, parts.WORDS, "start", "soft"))
            x += 50 + width_of(told, parts.WORDS)
