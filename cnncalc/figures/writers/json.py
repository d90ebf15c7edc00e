"""A figure as JSON: the drawing list, each colour as it is painted, for programs that draw by themselves."""

import json
from collections.abc import Iterator
from typing import Any

from cnncalc.figures.scene import Group, Part, Scene
from cnncalc.figures.themes import color

IS_TEXT = True
SCHEMA_VERSION = 1
_PAINTS = ("fill", "edge", "paint")


def pieces(scene: Scene) -> Iterator[str]:
    """One object: the words of the figure, its box [left, top, right, bottom], its parts in order."""
    head = {
        "schema_version": SCHEMA_VERSION,
        "view": scene.view,
        "theme": scene.theme,
        "title": scene.title,
        "description": scene.description,
        "background": color(scene.theme, "background"),
        "box": _plain(scene.box),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "parts": ['
    comma = "\n "
    for part in scene.parts:
        yield comma + json.dumps(_part(part, scene.theme), ensure_ascii=False)
        comma = ",\n "
    yield "\n]}\n"


def _part(part: Part, theme: str) -> dict[str, Any]:
    told: dict[str, Any] = {"part": type(part).__name__.lower()}
    if isinstance(part, Group):
        inner = [_part(each, theme) for each in part.parts]
        return told | {"layer": part.layer, "title": part.title, "parts": inner}
    for name, value in part._asdict().items():
        told[name] = color(theme, value) if name in _PAINTS and value else _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value == int(value) else round(value, 2)
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
