"""A figure as PDF, which Typst makes of the SVG: text stays text, and its fonts are in the file."""

from collections.abc import Iterator
from typing import Literal

from cnncalc.errors import UsageError
from cnncalc.figures.scene import Scene
from cnncalc.figures.typesetting import typeset as typeset_page
from cnncalc.figures.writers.svg import pieces

IS_TEXT = False
POINTS = 0.75
"""The points in a px."""
LONGEST = 14_400
"""The points of the longest side that PDF has."""
# what Typst is given are texts, which it never runs; without a date, two files are the same
PAGE = """\
#set document(title: sys.inputs.title, date: none)
#set page(width: {width}pt, height: {height}pt, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, alt: sys.inputs.words)
"""


def chunks(scene: Scene) -> Iterator[bytes]:
    """The file; raises UsageError where Typst is missing, or for a figure that no page holds."""
    yield typeset(scene, "pdf")


def typeset(scene: Scene, format: Literal["pdf", "png"], dots_per_inch: float | None = None) -> bytes:
    """A figure as a page of its size, in a format of Typst's."""
    width, height = scene.width * POINTS, scene.height * POINTS
    if max(width, height) > LONGEST:
        message = (
            f"a figure of {scene.width:,.0f} by {scene.height:,.0f} px is too large for {format.upper()}"
        )
        raise UsageError(message, "-o FILE.svg, or a view or a block that needs less")
    inputs = {"svg": "".join(pieces(scene)), "title": scene.title, "words": scene.description}
    page = PAGE.format(width=width, height=height).encode()
    needs = f"figures as {format.upper()} need typst"
    return typeset_page(page, format, inputs, needs, "-o FILE.svg", dots_per_inch)
