"""The colours of figures, light and dark: every paint of a scene by its name.

The families of layers have the colours of Paul Tol's scheme "light": readers with any colour vision tell them
apart, and dark text is legible on them; joins have a purple of their own.
"""

from collections.abc import Mapping
from functools import cache

from cnncalc.errors import unknown_choice

THEMES: Mapping[str, Mapping[str, str]] = {
    "light": {
        "background": "#FFFFFF",
        "ink": "#222222",
        "soft": "#5F6368",
        "line": "#444444",
        "faint": "#B8BCC2",
        "window": "#994455",
        "input": "#EEDD88",
        "conv": "#77AADD",
        "pool": "#EE8866",
        "dense": "#BBCC33",
        "join": "#B07AA1",
        "other": "#DDDDDD",
    },
    "dark": {
        "background": "#16181D",
        "ink": "#ECEEF1",
        "soft": "#A7ADB5",
        "line": "#B4BAC2",
        "faint": "#555B63",
        "window": "#FF9FB2",
        "input": "#413B25",
        "conv": "#194960",
        "pool": "#AA6F4D",
        "dense": "#5E8408",
        "join": "#872CA9",
        "other": "#917B7E",
    },
}
STYLED = "styled"
"""The theme whose colours are variables of a style sheet, such as that of `variables`."""
FAMILIES = ("input", "conv", "pool", "dense", "join", "other")
"""What a drawn layer may be: each family has the paints of a shade, such as `conv.front`."""
_SHADES: Mapping[str, Mapping[str, tuple[str, float]]] = {
    "light": {"top": ("#FFFFFF", 0.38), "side": ("#000000", 0.10)},
    "dark": {"top": ("#FFFFFF", 0.16), "side": ("#000000", 0.25)},
}
"""The faces of a box that are no fronts: what their colour has of another, and how much."""
_MIXED = {
    "front": ("background", 0.2),
    "edge": ("ink", 0.5),
    "node_edge": ("ink", 0.35),
    "bar": ("background", 0.1),
    "part": ("background", 0.55),
}
"""Shade -> what a family's colour is mixed with, and how much of that."""


@cache
def color(theme: str, paint: str) -> str:
    """The colour of a paint, `#RRGGBB`; raises UsageError for a theme that there isn't.

    >>> color("light", "conv.front"), color("dark", "ink")
    ('#92BBE4', '#ECEEF1')
    """
    if theme == STYLED:
        return f"var(--{paint.replace('.', '-')})"
    check_theme(theme)
    colors = THEMES[theme]
    family, _, shade = paint.partition(".")
    if shade in _SHADES[theme]:
        return mixed(color(theme, f"{family}.front"), *_SHADES[theme][shade])
    if not shade:
        return colors[family]
    other, part = _MIXED[shade]
    return mixed(colors[family], colors[other], part)


def variables(theme: str) -> str:
    """The colours of a theme as the variables of a style sheet, which figures of the theme STYLED have."""
    shades = [f"{family}.{shade}" for family in FAMILIES for shade in (*_SHADES[theme], *_MIXED)]
    return "; ".join(
        f"--{paint.replace('.', '-')}: {color(theme, paint)}" for paint in (*THEMES[theme], *shades)
    )


def check_theme(theme: str) -> None:
    """Raises UsageError for a theme that there isn't."""
    if theme not in THEMES:
        raise unknown_choice(theme, "a theme", tuple(THEMES))


def mixed(first: str, second: str, part: float) -> str:
    """A colour with so much of a second one in it."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)
