"""A plot of points by two numbers, each on a scale of powers of ten, and the best of them."""

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from cnncalc.figures.scene import Box, Circle, Group, Line, Part, Scene, Text

WIDTH, HEIGHT = 620.0, 400.0
"""The size of the plot within its axes."""
MOST_LABELS = 24
"""The most best points that are labelled."""
MOST_POINTS = 20_000
"""The most points that are drawn; of more, the best and as many others."""
SMALL = 10.0
_PREFIXES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (1000, "k"))
_PARTS = ((1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


class Plotted(NamedTuple):
    """A point of a plot: its numbers from 0 on, its label, and whether the point is among the best."""

    x: float
    y: float
    label: str
    best: bool


class Scale(NamedTuple):
    """An axis from one number to another, each above 0, and the px of both ends."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def of(cls, numbers: Sequence[float], start: float, end: float) -> "Scale":
        """The axis of some numbers, with room on both sides."""
        # counts begin at 1, times may be far below
        least = min([1, *(number for number in numbers if number > 0)])
        low, high = max(min(numbers), least), max(*numbers, least)
        room = max((high / low) ** 0.06, 1.02)
        return cls(low / room, high * room, start, end)

    def at(self, number: float) -> float:
        """The px of a number; those below the scale stand at its start."""
        part = log10(max(number, self.low) / self.low) / log10(self.high / self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round numbers on the axis: powers of ten, with more between them where those are few."""
        for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            found = [digit * 10.0**power for power in powers for digit in digits]
            inside = [number for number in found if self.low <= number <= self.high]
            if len(inside) >= 4:
                break
        return inside


def scatter(
    points: Sequence[Plotted], names: tuple[str, str], title: str, description: str, theme: str = "light"
) -> Scene:
    """A plot of points; `names` are those of the axes. The best points are joined and labelled."""
    x = Scale.of([point.x for point in points], 0, WIDTH)
    y = Scale.of([point.y for point in points], HEIGHT, 0)
    best = sorted(point for point in points if point.best)
    others = [point for point in points if not point.best][: max(MOST_POINTS - len(best), 0)]
    parts: list[Part] = [*axes(x, y, names)]
    parts += [_dot(point, x, y) for point in others]
    if len(best) > 1:
        parts.append(Line([(x.at(point.x), y.at(point.y)) for point in best], "window", 1.2))
    parts += [_dot(point, x, y) for point in best[:MOST_POINTS]]
    if len(best) <= MOST_LABELS:
        parts += [
            Text(x.at(point.x) + 7, y.at(point.y) + 3.5, point.label, SMALL, "start", halo=True)
            for point in best
        ]
    parts.append(Text(0, -18, title, 13, "start", bold=True))
    return Scene("scatter", title, description, theme, Box(-70, -44, WIDTH + 110, HEIGHT + 52), parts)


def axes(x: Scale, y: Scale, names: tuple[str, str]) -> Iterator[Part]:
    """The two axes of a plot with their round numbers and names."""
    for number in x.ticks():
        yield Line([(x.at(number), 0), (x.at(number), HEIGHT)], "faint", 0.5)
        yield Text(x.at(number), HEIGHT + 16, _short(number), SMALL, paint="soft")
    for number in y.ticks():
        yield Line([(0, y.at(number)), (WIDTH, y.at(number))], "faint", 0.5)
        yield Text(-6, y.at(number) + 3.5, _short(number), SMALL, "end", paint="soft")
    yield Line([(0, 0), (0, HEIGHT), (WIDTH, HEIGHT)], "line", 1)
    yield Text(WIDTH / 2, HEIGHT + 38, names[0], 11)
    yield Text(-52, HEIGHT / 2, names[1], 11, turn=-90)


def _dot(point: Plotted, x: Scale, y: Scale) -> Group:
    told = f"{point.label}: {point.x:,.10g}, {point.y:,.10g}"
    paint, edge = ("window", "ink") if point.best else ("conv", "conv.edge")
    return Group("", told, [Circle(x.at(point.x), y.at(point.y), 4 if point.best else 3, paint, edge, 0.6)])


def _short(number: float) -> str:
    """A number of an axis with its prefix.

    >>> _short(15_000_000), _short(200), _short(0.05), _short(0.0002)
    ('15M', '200', '0.05', '200µ')
    """
    for power, prefix in _PARTS if number < _PARTS[0][0] * 10 else ():
        if number >= power * 0.999:
            return f"{number / power:g}{prefix}"
    for power, prefix in _PREFIXES:
        if number >= power:
            return f"{number / power:g}{prefix}"
    return f"{number:g}"
