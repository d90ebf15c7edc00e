"""How wide a text is, without a font at hand: by the widths of Helvetica, Arial and Liberation Sans."""

import json
from functools import cache
from pathlib import Path
from unicodedata import combining, east_asian_width

CUT = "…"
OTHERS = 700
"""The thousandths of an em for a letter that the table has not; a wide one of East Asia takes 1000."""


@cache
def _widths(weight: str) -> dict[str, int]:
    """Sign -> thousandths of an em."""
    table = json.loads(Path(__file__).with_name("widths.json").read_text("utf-8"))[weight]
    return {sign: int(width) for width, signs in table.items() for sign in signs}


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in px, `size` px high.

    >>> width_of("conv", 10), width_of("卷积", 10)
    (21.12, 20.0)
    """
    known = _widths("bold" if bold else "regular")
    return round(sum(known.get(sign) or _other(sign) for sign in text) * size / 1000, 2)


def _other(sign: str) -> int:
    if combining(sign):
        return 0
    return 1000 if east_asian_width(sign) in "WF" else OTHERS


def fitted(text: str, size: float, most: float, *, bold: bool = False) -> str:
    """A text that is at most so wide, cut with a mark where it is longer.

    >>> fitted("a_layer_of_a_long_name", 10, 60)
    'a_layer_of…'
    """
    # no sign but a combining one is narrower than a fifth of its size
    text = text[: int(most / size * 10) + 1]
    if width_of(text, size, bold=bold) <= most:
        return text
    while text and width_of(text + CUT, size, bold=bold) > most:
        text = text[:-1]
    return text + CUT
