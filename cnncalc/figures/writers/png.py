"""A figure as PNG, twice as large as on a page so that print and dense screens show sharp letters."""

from collections.abc import Iterator

from cnncalc.errors import UsageError
from cnncalc.figures.scene import Scene
from cnncalc.figures.writers.pdf import POINTS, typeset

IS_TEXT = False
SCALE, LARGEST = 2, 60_000_000
"""Pixels for a px along a side, and the most pixels of a picture."""


def chunks(scene: Scene) -> Iterator[bytes]:
    """The file; raises UsageError where Typst is missing, or for a figure of too many pixels."""
    pixels = scene.width * scene.height * SCALE**2
    if pixels > LARGEST:
        message = f"a PNG would have {pixels:,.0f} pixels, more than {LARGEST:,}"
        raise UsageError(message, "-o FILE.svg, or a view or a block that needs less")
    # a page is measured in points, 72 to an inch
    yield typeset(scene, "png", 72 / POINTS * SCALE)
