"""A proof in a notebook."""

from __future__ import annotations

from cnncalc.execute.verify import Verification
from cnncalc.notebook import html
from cnncalc.render.reports.verification import mismatches, verification


class NotebookVerification(Verification):
    """A verification that shows as a table, and under it each number that is not so."""

    def _repr_html_(self) -> str:
        from html import escape

        wrong = "".join(f"<p>{escape(line)}</p>\n" for line in mismatches(self))
        return html(verification(self, "html")) + wrong
