"""Typst, which makes PDF and PNG of a page: text stays text, and its fonts are in the file."""

import re
from collections.abc import Mapping
from typing import Literal

from cnncalc.errors import UsageError

LATIN = "\u02ff"
"""The last letter that is sure to be in a font."""


def typeset(
    page: bytes,
    format: Literal["pdf", "png"],
    inputs: Mapping[str, str],
    needs: str,
    instead: str,
    dots_per_inch: float | None = None,
) -> bytes:
    """A page in a format of Typst's; `inputs` are its texts, which are never run.

    Raises UsageError where Typst is missing, with the sentence `needs`, or no font has a letter; `instead` is
    how to do without.
    """
    try:
        import typst
    except ImportError:
        raise UsageError(needs, f"pip install 'cnncalc[draw]', or {instead}", "missing_library") from None
    if any(letter > LATIN and letter.isalpha() for letter in "".join(inputs.values())):
        try:
            # of the kinds of PDF, the archival one alone forbids the empty box that stands for a letter
            typst.compile(page, format="pdf", pdf_standards=["a-2b"], sys_inputs=dict(inputs))
        except typst.TypstError as error:
            if missing := re.search(r'the text `"([^"`]++)"` could not be displayed', str(error)):
                message = f"no font on this machine has the letter {missing[1]}"
                raise UsageError(message, f"install a font of that script, or {instead}") from None
    made: bytes = typst.compile(page, format=format, ppi=dots_per_inch, sys_inputs=dict(inputs))
    return made
