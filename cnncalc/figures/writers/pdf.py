"""A figure as PDF, which Typst makes of the SVG: text stays text, and its fonts are in the file."""

import re
from collections.abc import Iterator
from typing import Literal

from cnncalc.errors import UsageError
from cnncalc.figures.scene import Scene
from cnncalc.figures.writers.svg import pieces

IS_TEXT = False
POINTS = 0.75
"""The points in a px."""
LONGEST = 14_400
"""The points of the longest side that PDF has."""
LATIN = "\u02ff"
"""The last letter that is sure to be in a font."""
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
    try:
        import typst
    except ImportError:
        message = f"figures as {format.upper()} need typst"
        raise UsageError(message, "pip install 'cnncalc[draw]', or -o FILE.svg", "missing_library") from None
    width, height = scene.width * POINTS, scene.height * POINTS
    if max(width, height) > LONGEST:
        message = (
            f"a figure of {scene.width:,.0f} by {scene.height:,.0f} px is too large for {format.upper()}"
        )
        raise UsageError(message, "-o FILE.svg, or a view or a block that needs less")
    inputs = {"svg": "".join(pieces(scene)), "title": scene.title, "words": scene.description}
    page = PAGE.format(width=width, height=height).encode()
    _demand_letters(page, inputs)
    made: bytes = typst.compile(page, format=format, ppi=dots_per_inch, sys_inputs=inputs)
    return made


def _demand_letters(page: bytes, inputs: dict[str, str]) -> None:
    """UsageError for a letter that no font of this machine has: Typst draws an empty box in its place."""
    import typst

    if not any(letter > LATIN and letter.isalpha() for letter in inputs["svg"]):
        return
    try:
        # of the kinds of PDF, the archival one alone forbids such boxes
        typst.compile(page, format="pdf", pdf_standards=["a-2b"], sys_inputs=inputs)
    except typst.TypstError as error:
        if missing := re.search(r'the text `"(.+?)"` could not be displayed', str(error)):
            message = f"no font on this machine has the letter {missing[1]}"
            raise UsageError(message, "install a font of that script, or -o FILE.svg") from None
