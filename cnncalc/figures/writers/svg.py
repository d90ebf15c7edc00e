"""A figure as SVG: text stays text, and each drawn layer is a group that says its path."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from cnncalc.figures.scene import HALO, Arc, Circle, Group, Line, Part, Point, Polygon, Rectangle, Scene, Text
from cnncalc.figures.themes import color

FONTS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
DASHES = "3 2.4"
IS_TEXT = True


def pieces(scene: Scene) -> Iterator[str]:
    """The figure, a part a line; the same figure gives the same text."""
    left, top, width, height = scene.box.left, scene.box.top, scene.width, scene.height
    box = " ".join(map(_number, (left, top, width, height)))
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{_number(width)}"'
        f' height="{_number(height)}" role="img" font-family="{FONTS}">\n'
    )
    yield f"<title>{escape(scene.title)}</title>\n<desc>{escape(scene.description)}</desc>\n"
    yield _rectangle(Rectangle(left, top, width, height, "background"), scene.theme) + "\n"
    yield from _parts(scene.parts, scene.theme)
    yield "</svg>\n"


def _parts(parts: Sequence[Part], theme: str) -> Iterator[str]:
    for part in parts:
        match part:
            case Group(layer, title):
                yield f"<g data-layer={quoteattr(layer)}><title>{escape(title)}</title>\n"
                yield from _parts(part.parts, theme)
                yield "</g>\n"
            case Rectangle():
                yield _rectangle(part, theme) + "\n"
            case Circle(x, y, radius, fill, edge, line):
                yield (
                    f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"'
                    f"{_filled(theme, fill)}{_drawn(theme, edge, line)}/>\n"
                )
            case Polygon(points, fill, edge, width, opacity):
                yield (
                    f'<path d="{_along(points)}Z"{_filled(theme, fill, opacity)}'
                    f'{_drawn(theme, edge, width)} stroke-linejoin="round"/>\n'
                )
            case Line(points, paint, width, dashed, radius):
                way = _rounded(points, radius) if radius else _along(points)
                yield f'<path d="{way}" fill="none"{_drawn(theme, paint, width, dashed)}/>\n'
            case Arc((start, first, second, end), paint, width, dashed):
                way = f"M{_at(start)}C{_at(first)} {_at(second)} {_at(end)}"
                yield f'<path d="{way}" fill="none"{_drawn(theme, paint, width, dashed)}/>\n'
            case Text():
                yield _text(part, theme) + "\n"


def _rectangle(part: Rectangle, theme: str) -> str:
    rounded = f' rx="{_number(part.radius)}"' if part.radius else ""
    return (
        f'<rect x="{_number(part.x)}" y="{_number(part.y)}" width="{_number(part.width)}"'
        f' height="{_number(part.height)}"{rounded}{_filled(theme, part.fill, part.opacity)}'
        f"{_drawn(theme, part.edge, part.line)}/>"
    )


def _text(part: Text, theme: str) -> str:
    said = f'<text x="{_number(part.x)}" y="{_number(part.y)}" font-size="{_number(part.size)}"'
    said += f' text-anchor="{part.anchor}"' if part.anchor != "start" else ""
    said += ' font-weight="bold"' if part.bold else ""
    said += ' font-style="italic"' if part.italic else ""
    if part.turn:
        said += f' transform="rotate({_number(part.turn)} {_at((part.x, part.y))})"'
    if part.halo:
        ground = color(theme, "background")
        said += (
            f' stroke="{ground}" stroke-width="{_number(HALO)}" stroke-linejoin="round" paint-order="stroke"'
        )
    return f'{said} fill="{color(theme, part.paint)}">{escape(part.words)}</text>'


def _filled(theme: str, paint: str, opacity: float = 1.0) -> str:
    if not paint:
        return ' fill="none"'
    seen = f' fill-opacity="{_number(opacity)}"' if opacity != 1 else ""
    return f' fill="{color(theme, paint)}"{seen}'


def _drawn(theme: str, paint: str, width: float, dashed: bool = False) -> str:
    if not paint:
        return ""
    dashes = f' stroke-dasharray="{DASHES}"' if dashed else ""
    return f' stroke="{color(theme, paint)}" stroke-width="{_number(width)}"{dashes}'


def _along(points: Sequence[Point]) -> str:
    return "M" + "L".join(map(_at, points))


def _rounded(points: Sequence[Point], radius: float) -> str:
    """A way through points whose corners are rounded."""
    way = f"M{_at(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(corner, before, radius), _towards(corner, after, radius)
        way += f"L{_at(near)}Q{_at(corner)} {_at(far)}"
    return f"{way}L{_at(points[-1])}"


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point at a distance from the start, or half the way where the end is nearer."""
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    part = min(distance / length, 0.5) if length else 0.0
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def _at(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """A number with two digits at most.

    >>> _number(2.0), _number(-0.001), _number(3.14159)
    ('2', '0', '3.14')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else "0"
