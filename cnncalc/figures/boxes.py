"""The view `boxes`: each layer as a box to scale, as deep as its map is wide, as thick as its channels."""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import atan2, degrees
from typing import NamedTuple

from cnncalc.figures import parts
from cnncalc.figures.measure import width_of
from cnncalc.figures.scene import Canvas, Line, Polygon, Rectangle, Scene, Text
from cnncalc.figures.subject import Drawn, Subject, together

BIG, SMALL, LEAST_SIDE = 170.0, 20.0, 9.0
RIGHT, UP = 0.42, 0.30
"""How far a pixel of depth leads to the right and up."""
NEIGHBOURS = 2.5
"""Between equal layers, which are captioned once."""
OVERLAP = 0.62
"""A box begins at this share of the depth of the box before."""
UNITS = (9.0, 5.0, 4.0)
"""The width of a bar of units, and how far its depth leads to the right and up."""
SIZES = (parts.WORDS,) * 6


class Column(NamedTuple):
    """Equal layers side by side, captioned once; a pooling is not captioned, its size is seen."""

    members: Sequence[Drawn]
    lines: Sequence[str]
    boxes: Sequence[parts.Cuboid] = ()

    @property
    def first(self) -> Drawn:
        return self.members[0]

    @property
    def middle(self) -> float:
        return (self.boxes[0].x + self.boxes[-1].x + self.boxes[-1].width) / 2


def draw(subject: Subject, theme: str) -> Scene:
    """The figure."""
    canvas = Canvas()
    columns = _placed(subject, [*_columns(subject)])
    for column in columns:
        for drawn, box in zip(column.members, column.boxes, strict=True):
            with canvas.group(drawn.path, subject.title(drawn)):
                parts.cuboid(canvas, box, drawn.family)
    for before, after in pairwise(columns):
        _window(canvas, before, after)
    foot = max(box.y + box.height for column in columns for box in column.boxes) + 30
    for column in columns:
        parts.caption(canvas, column.middle, foot, column.lines, SIZES)
        _sizes(canvas, column)
    _legend(canvas, subject, columns, foot + parts.LINE * (max(len(column.lines) for column in columns) + 1))
    return canvas.scene("boxes", subject.name, subject.words(subject.drawn), theme)


def _columns(subject: Subject) -> Sequence[Column]:
    found = []
    for _, group in groupby(subject.drawn, key=lambda drawn: _likeness(subject, drawn)):
        members = list(group)
        found.append(Column(members, parts.cut(_caption(subject, members), parts.WIDEST)))
    return found


def _likeness(subject: Subject, drawn: Drawn) -> tuple[object, ...]:
    """Equal for neighbours that share a column: convolutions of one kernel, puts out in one size."""
    if drawn.family != "conv" or drawn.row is None:
        return (drawn.path,)
    return (drawn.shape, *subject.operation(drawn.row))


def _caption(subject: Subject, members: Sequence[Drawn]) -> list[str]:
    first = members[0]
    if first.family == "pool":
        return []
    lines = [together([each.name for each in members]), *subject.caption(first)]
    if not first.has_map:
        del lines[1]  # the units stand over the bar
    if len(members) > 1:
        lines[2] = f"{lines[2]} ×{len(members)}"
    return lines


def _placed(subject: Subject, columns: Sequence[Column]) -> list[Column]:
    """The columns from left to right; one is as wide as its caption and 10 px."""
    scale = parts.Scale.of(
        (side for each in subject.drawn if each.has_map for side in each.map_size), BIG, SMALL, LEAST_SIDE
    )
    most = max((each.channels for each in subject.drawn if not each.has_map), default=1)
    placed: list[Column] = []
    captioned: Column | None = None
    for column in columns:
        x = 0.0
        shapes = [_box(drawn, scale, most) for drawn in column.members]
        whole = sum(box.width for box in shapes) + NEIGHBOURS * (len(shapes) - 1)
        if placed:
            last = placed[-1].boxes[-1]
            apart = 20 if column.lines else 12
            x = last.x + last.width + max(last.right * OVERLAP, 10) + apart
            if not column.first.has_map:
                x = max(x, last.end + apart)
        if column.lines and captioned is not None:
            room = (
                parts.caption_width(captioned.lines, SIZES) + parts.caption_width(column.lines, SIZES)
            ) / 2 + 10
            x = max(x, captioned.middle + room - whole / 2)
        boxes = []
        for box in shapes:
            boxes.append(box._replace(x=x))
            x += box.width + NEIGHBOURS
        placed.append(column._replace(boxes=boxes))
        if column.lines:
            captioned = placed[-1]
    return placed


def _box(drawn: Drawn, scale: parts.Scale, most: int) -> parts.Cuboid:
    """The box of a layer, its middle at height 0, not yet in its place along x."""
    if not drawn.has_map:
        width, right, up = UNITS
        height = max(BIG * 0.95 * parts.share_of_units(drawn.channels, most, 1.6), 24)
        return parts.Cuboid(0, -height / 2, width, height, right, up)
    height, depth = map(scale.px, drawn.map_size)
    width = thickness(drawn.channels)
    if drawn.family == "pool":
        width = max(4, width * 0.55)
    elif drawn.family == "input":
        width = max(3, min(width, drawn.channels * 1.5))
    return parts.Cuboid(0, (depth * UP - height) / 2, width, height, depth * RIGHT, depth * UP)


def thickness(channels: int) -> float:
    """The thickness of so many channels in px: a little under the square root."""
    return float(3 + 2.1 * channels**0.47)


def _window(canvas: Canvas, before: Column, after: Column) -> None:
    """The kernel's window on the side of a box, and its lines to the box that it makes."""
    row, source, last = after.first.row, before.first, before.boxes[-1]
    if row is None or after.first.family != "conv" or not (source.has_map and after.first.has_map):
        return
    axes = row.node.layer.geometry(*row.facts.inputs)
    if len(axes) not in (1, 2) or not row.node.layer.label_shows_window or last.height <= 26:
        return
    rows, columns = source.map_size
    extents = [int(axis.extent) for axis in axes]
    down, along = (min(max(part, 0.09), 1) for part in (extents[0] / rows, extents[-1] / columns))
    left, top = (1 - along) / 2, (1 - down) / 2
    corners = [
        last.on_side(x, y)
        for x, y in ((left, top), (left + along, top), (left + along, top + down), (left, top + down))
    ]
    canvas.add(Polygon(corners, "window", "window", 1, opacity=0.25))
    target = after.boxes[0]
    end = (target.x, target.y + target.height / 2)
    canvas.add(*(Line([corner, end], "window") for corner in corners[1:3]))


def _sizes(canvas: Canvas, column: Column) -> None:
    """The channels under the boxes, the width along the edge of depth, the height where it is another."""
    first, last, drawn = column.boxes[0], column.boxes[-1], column.first
    if not drawn.has_map:
        middle = first.middle + first.right / 2
        canvas.labels.append(Text(middle, first.y - first.up - 5, f"{drawn.channels}", parts.NOTE, halo=True))
        return
    if not column.lines:
        return
    foot = first.y + first.height
    canvas.labels.append(
        Text(column.middle, foot + 12, f"{drawn.channels}", parts.WORDS, bold=True, halo=True)
    )
    height, width = drawn.map_size
    if last.right > 1.6 * width_of(f"{width}", parts.LEAST):
        x, y = last.on_side(0.5, 1)
        turn = -degrees(atan2(last.up, last.right))
        canvas.labels.append(
            Text(x + 5.5, y + 7.5, f"{width}", parts.LEAST, paint="soft", turn=turn, halo=True)
        )
    if height != width and first.height > 1.6 * width_of(f"{height}", parts.LEAST):
        x, y = first.x - 4, first.y + first.height / 2
        canvas.labels.append(Text(x, y, f"{height}", parts.LEAST, paint="soft", turn=-90, halo=True))


def _legend(canvas: Canvas, subject: Subject, columns: Sequence[Column], y: float) -> None:
    """The meaning of the colours, and the costs of the whole network."""
    x = columns[0].boxes[0].x
    shown = {drawn.family for column in columns for drawn in column.members}
    for family in ("conv", "pool", "dense", "join", "other"):
        if family not in shown:
            continue
        word = subject.say(f"family.{family}")
        canvas.add(Rectangle(x, y - 9, 11, 11, f"{family}.front", f"{family}.edge", radius=2))
        canvas.add(Text(x + 16, y, word, parts.WORDS, "start", "soft"))
        x += 32 + width_of(word, parts.WORDS)
    if any(part.fill == "window" for part in canvas.polygons()):
        word = subject.say("window")
        canvas.add(Rectangle(x, y - 8, 9, 9, "window", "window", 1, opacity=0.25))
        canvas.add(Text(x + 15, y, word, parts.WORDS, "start", "soft"))
        x += 41 + width_of(word, parts.WORDS)
    totals = subject.report.totals
    told = " · ".join(subject.costs(int(totals.params), int(totals.macs)))
    canvas.add(Text(x, y, told, parts.WORDS, "start", "soft"))
