"""The drawing list: what a figure is made of, whatever writes it. Positions are px, x to the right, y down.

A paint is a name that a theme has a colour for, such as `ink` or `conv.front`; "" paints nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil, cos, floor, radians, sin
from typing import NamedTuple

from cnncalc.figures.measure import width_of

Point = tuple[float, float]
HALO = 3.0
"""The width of the line in the colour of the background round a text that has a halo."""


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float


class Polygon(NamedTuple):
    """A closed shape; `opacity` is that of the fill."""

    points: Sequence[Point]
    fill: str
    edge: str = ""
    width: float = 0.8
    opacity: float = 1.0


class Rectangle(NamedTuple):
    """A rectangle, its corners rounded by `radius`."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str = ""
    line: float = 0.8
    radius: float = 0.0
    opacity: float = 1.0


class Circle(NamedTuple):
    """A circle round (x, y)."""

    x: float
    y: float
    radius: float
    fill: str
    edge: str = ""
    line: float = 0.8


class Line(NamedTuple):
    """A line through points, its corners rounded by `radius`."""

    points: Sequence[Point]
    paint: str
    width: float = 1.0
    dashed: bool = False
    radius: float = 0.0


class Arc(NamedTuple):
    """A cubic Bezier curve: start, two control points, end."""

    points: Sequence[Point]
    paint: str
    width: float = 1.2
    dashed: bool = False


class Text(NamedTuple):
    """A line of words. `anchor` says which part of it is at x: start, middle or end; y is the baseline.

    `turn` is degrees clockwise round (x, y). A text with a halo stands out from what is behind it.
    """

    x: float
    y: float
    words: str
    size: float
    anchor: str = "middle"
    paint: str = "ink"
    bold: bool = False
    italic: bool = False
    turn: float = 0.0
    halo: bool = False


class Group(NamedTuple):
    """The parts that show a layer or a block; `layer` is its path, `title` says its numbers in words."""

    layer: str
    title: str
    parts: Sequence["Part"]


Part = Polygon | Rectangle | Circle | Line | Arc | Text | Group


class Scene(NamedTuple):
    """A figure: shapes in a box of their own, and a description in words."""

    view: str
    title: str
    description: str
    theme: str
    box: Box
    parts: Sequence[Part]

    def _repr_svg_(self) -> str:
        """The figure in a notebook."""
        from cnncalc.figures.writing import write

        return write(self)

    @property
    def width(self) -> float:
        return self.box.right - self.box.left

    @property
    def height(self) -> float:
        return self.box.bottom - self.box.top


def flat(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts without their groups, in the order in which they are painted."""
    for part in parts:
        if isinstance(part, Group):
            yield from flat(part.parts)
        else:
            yield part


def corners(part: Part) -> Sequence[Point]:
    """Points that a part lies between."""
    match part:
        case Rectangle(x, y, width, height):
            return [(x, y), (x + width, y + height)]
        case Circle(x, y, radius):
            return [(x - radius, y - radius), (x + radius, y + radius)]
        case Text():
            return text_corners(part)
        case Group():
            return [corner for each in part.parts for corner in corners(each)]
    return part.points


def text_corners(text: Text) -> Sequence[Point]:
    """The four corners of the box of a text, turned as the text is."""
    width = width_of(text.words, text.size, bold=text.bold)
    left = {"start": 0.0, "middle": -width / 2, "end": -width}[text.anchor]
    top, bottom = -0.75 * text.size, 0.22 * text.size
    along, across = cos(radians(text.turn)), sin(radians(text.turn))
    return [
        (text.x + dx * along - dy * across, text.y + dx * across + dy * along)
        for dx, dy in ((left, top), (left + width, top), (left + width, bottom), (left, bottom))
    ]


class Canvas:
    """Where a view draws; labels wait, and are painted over all the rest."""

    def __init__(self) -> None:
        self.labels: list[Part] = []
        self._groups: list[list[Part]] = [[]]

    def add(self, *parts: Part) -> None:
        self._groups[-1].extend(parts)

    @contextmanager
    def group(self, layer: str, title: str) -> Iterator[None]:
        """Shapes added within belong to a layer."""
        parts: list[Part] = []
        self._groups.append(parts)
        yield
        self._groups.pop()
        self.add(Group(layer, title, parts))

    def arrow(self, points: Sequence[Point], paint: str = "line", *, width: float = 1.5) -> None:
        """A line with an arrowhead at its end, which is drawn straight."""
        *_, (x0, y0), (x, y) = points
        length = ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5 or 1.0
        way = ((x - x0) / length, (y - y0) / length)
        size = min(8.0, length)
        self.add(Line([*points[:-1], (x - size * way[0], y - size * way[1])], paint, width, radius=9))
        self.head((x, y), way, size, paint)

    def head(self, tip: Point, way: Point, size: float = 8.0, paint: str = "line") -> None:
        """An arrowhead at a point; `way` is a step of 1 px in its direction."""
        x, y = tip[0] - size * way[0], tip[1] - size * way[1]
        side = 0.4 * size
        ends = [(x - side * way[1], y + side * way[0]), (x + side * way[1], y - side * way[0])]
        self.add(Polygon([tip, *ends], paint))

    def polygons(self) -> Iterator[Polygon]:
        """The polygons so far."""
        return (part for part in flat(self._groups[0]) if isinstance(part, Polygon))

    def scene(self, view: str, title: str, description: str, theme: str, margin: float = 14) -> Scene:
        """The figure, its box round all that was drawn."""
        parts = [*self._groups[0], *self.labels]
        points = [corner for part in parts for corner in corners(part)] or [(0.0, 0.0)]
        # whole px, so that no renderer shows half a pixel of what is behind the figure
        left, top = (floor(min(point[axis] for point in points) - margin) for axis in (0, 1))
        right, bottom = (ceil(max(point[axis] for point in points) + margin) for axis in (0, 1))
        return Scene(view, title, description, theme, Box(left, top, right, bottom), parts)
