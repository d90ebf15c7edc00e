"""The common parts of the views: scales, cuboids, captions."""

from collections.abc import Iterable, Sequence
from math import log, log2
from typing import NamedTuple

from cnncalc.figures.measure import fitted, width_of
from cnncalc.figures.scene import Canvas, Point, Polygon, Text

NAME, SIZE, WORDS, NOTE, LEAST = 12.0, 11.5, 10.5, 10.0, 9.5
"""The sizes of letters, in px: a name, a shape, words, a remark; none is smaller than the last."""
LINE = 13.0
"""From a line of a caption to the next."""
WIDEST = 150.0
"""The width of a caption; what is longer is cut with a mark."""


class Scale(NamedTuple):
    """Sides of maps in px: the largest is `big`, the smallest at least about `small`; order is kept."""

    largest: int
    big: float
    power: float
    least: float

    @classmethod
    def of(cls, sides: Iterable[int], big: float, small: float, least: float) -> "Scale":
        """The scale of maps with such sides."""
        known = [side for side in sides if side > 1] or [1]
        ratio = max(known) / min(known)
        power = min(1.0, log(big / small) / log(ratio)) if ratio > 1 else 1.0
        return cls(max(known), big, power, least)

    def px(self, side: int) -> float:
        return float(max(self.big * (side / self.largest) ** self.power, self.least))


def share_of_units(units: int, most: int, power: float) -> float:
    """How long the bar of so many units is, the longest being 1: by the logarithm."""
    return float((log2(units + 1) / log2(most + 1)) ** power)


class Cuboid(NamedTuple):
    """Where a box is drawn: its front, and how far its depth goes to the right and up."""

    x: float
    y: float
    width: float
    height: float
    right: float
    up: float

    def on_side(self, along: float, down: float) -> Point:
        """A point of the right side, by shares of its depth and its height."""
        return self.x + self.width + self.right * along, self.y - self.up * along + self.height * down

    @property
    def end(self) -> float:
        return self.x + self.width + self.right

    @property
    def middle(self) -> float:
        """The middle of the front, along x."""
        return self.x + self.width / 2


def cuboid(canvas: Canvas, box: Cuboid, family: str) -> None:
    """Draws the three faces that are seen of a box."""
    x, y, end, foot, right, up = box.x, box.y, box.x + box.width, box.y + box.height, box.right, box.up
    edge = f"{family}.edge"
    canvas.add(
        Polygon([(x, y), (end, y), (end, foot), (x, foot)], f"{family}.front", edge),
        Polygon([(x, y), (x + right, y - up), (end + right, y - up), (end, y)], f"{family}.top", edge),
        Polygon(
            [(end, y), (end + right, y - up), (end + right, foot - up), (end, foot)], f"{family}.side", edge
        ),
    )


def cut(lines: Sequence[str], most: float = WIDEST) -> list[str]:
    """The lines of a caption, none too wide; the first is the name."""
    return [
        fitted(line, NAME if not number else SIZE, most, bold=not number) for number, line in enumerate(lines)
    ]


def caption_width(lines: Sequence[str], sizes: Sequence[float]) -> float:
    """The width of the widest line of a caption, whose first line is bold."""
    return max(
        width_of(line, size, bold=not number)
        for number, (line, size) in enumerate(zip(lines, sizes, strict=False))
    )


def caption(canvas: Canvas, x: float, y: float, lines: Sequence[str], sizes: Sequence[float]) -> None:
    """Lines one under another, centred at x: the name bold, the size, then the less important lines."""
    for number, (line, size) in enumerate(zip(lines, sizes, strict=False)):
        canvas.add(
            Text(x, y + LINE * number, line, size, bold=not number, paint="ink" if number < 2 else "soft")
        )


def human(count: int) -> str:
    """A count with three digits.

    >>> human(999), human(4089184256), human(25557032)
    ('999', '4.09 G', '25.6 M')
    """
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return (
                f"{float(f'{count / size:.3g}'):g} {unit}"
                if count < 999.5 * size or unit == "T"
                else human(size * 1000)
            )
    return str(count)
