"""An explanation as Python and notebooks have it: in any format, and as data."""

import sys
from collections.abc import Iterator
from typing import Any

from cnncalc.explain import Solution
from cnncalc.languages import Language, language
from cnncalc.render.explained.sections import solution_document
from cnncalc.render.writer import written

MANY = 12
"""The layers from which a whole network is much to read."""


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
        """The explanation in a format, in pieces; raises UsageError for a format that there isn't."""
        return written(solution_document(self.data), format, self.language)

    def text(self) -> str:
        """The explanation as plain text, as wide as the terminal."""
        return "".join(self.pieces("text"))

    def markdown(self) -> str:
        """The explanation as Markdown, with the formulas in LaTeX between dollar signs."""
        return "".join(self.pieces("markdown"))

    def latex(self) -> str:
        """The explanation as LaTeX to be pasted into a document; needs amsmath."""
        return "".join(self.pieces("latex"))

    def html(self) -> str:
        """The explanation as a page of HTML, with the formulas in MathML."""
        return "".join(self.pieces("html"))

    _repr_markdown_ = markdown

    def _repr_html_(self) -> str:
        from cnncalc.render.writers.html import Writer

        return Writer(self.language).fragment(solution_document(self.data))

    def _repr_latex_(self) -> str:
        from cnncalc.render.writers.latex import Writer

        workings = [working for layer in self.data.layers for working in layer.workings]
        every = [equation for working in (*workings, *self.data.totals) for equation in working.equations]
        return Writer(self.language).equations_alone(every)


def tell_how_much(solution: Solution, language: Language, *, narrowed: bool) -> None:
    """Says on standard error how a terminal shows more, or less where very much has gone by."""
    if sys.stdout.isatty():
        count = len(solution.layers)
        key = "explain.narrow" if count > MANY and not narrowed else "explain.long"
        sys.stderr.write(language.say(key, count=count) + "\n")
