"""An explanation as it is shown: as text, Markdown, LaTeX or HTML; by the command or in a notebook."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from cnncalc.errors import unknown_choice
from cnncalc.explain import Solution
from cnncalc.languages import Language, language

FORMATS = ("text", "markdown", "latex", "html", "json")
MANY = 12
"""The layers from which a whole network is much to read."""
WIDEST = 100
"""Lines of text longer than this are hard to read, however wide the terminal."""


class Explanation:
    """A working to look at. `data` is the working itself, `to_dict()` the same as plain data."""

    def __init__(self, data: Solution, lang: str | Language | None = None) -> None:
        self.data = data
        self.language = lang if isinstance(lang, Language) else language(lang)

    def __repr__(self) -> str:
        names = ", ".join(layer.name for layer in self.data.layers[:3])
        more = ", ..." if len(self.data.layers) > 3 else ""
        return f"<Explanation of {names}{more}>"

    def __str__(self) -> str:
        return self.text()

    def to_dict(self) -> dict[str, Any]:
        """The working as plain data."""
        return self.data.to_dict()

    def pieces(self, format: str) -> Iterator[str]:
        """It in a format, in pieces; raises UsageError for a format that there isn't."""
        if format == "json":
            yield json.dumps(self.to_dict(), ensure_ascii=False) + "\n"
            return
        if format not in FORMATS:
            raise unknown_choice(format, "a format", FORMATS)
        yield from import_module(f"cnncalc.render.explained.{format}").pieces(self.data, self.language)

    def text(self) -> str:
        """It as plain text, as wide as the terminal."""
        return "".join(self.pieces("text"))

    def markdown(self) -> str:
        """It as Markdown, with the formulas in LaTeX between dollar signs."""
        return "".join(self.pieces("markdown"))

    def latex(self) -> str:
        """It as LaTeX to be pasted into a document; needs amsmath."""
        return "".join(self.pieces("latex"))

    def html(self) -> str:
        """It as a page of HTML, with the formulas in MathML."""
        return "".join(self.pieces("html"))

    def tell_how_to_narrow(self) -> None:
        """Says on standard error how there is less to read, where very much has gone by on a terminal."""
        if sys.stdout.isatty() and (count := len(self.data.layers)) > MANY:
            sys.stderr.write(self.language.say("explain.narrow", count=count) + "\n")

    _repr_markdown_ = markdown

    def _repr_html_(self) -> str:
        from cnncalc.render.explained.html import fragment

        return "".join(fragment(self.data, self.language))

    def _repr_latex_(self) -> str:
        from cnncalc.render.explained.latex import equations

        return "".join(equations(self.data, self.language))


def columns() -> int:
    """How wide text may be."""
    return max(min(shutil.get_terminal_size((80, 24)).columns, WIDEST), 40)
