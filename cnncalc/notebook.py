"""Networks, reports and results in a notebook: a network as its page, the others as tables of HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.analysis.rows import ReportRow
    from cnncalc.analysis.totals import Totals
    from cnncalc.execute.verify import Verification
    from cnncalc.render.document import Block

_OF_NETWORK = ("shape", "size", "params")
_OF_REPORT = ("shape", "size", "params", "connections", "macs", "rf")
PAGE_HEIGHT = "640px"
LONGEST = 400
"""The rows from which groups are folded into their sums."""


class Page(str):
    """The page of a network as text of HTML, which a notebook shows in a frame."""

    __slots__ = ("name", "table")

    table: str
    """The activation table, for a notebook that is not trusted and shows no frame."""
    name: str
    """The name of the network."""

    @classmethod
    def of(cls, report: Report, lang: str | None = None) -> Page:
        """The page of a report; `lang` is the environment's unless said."""
        from cnncalc.languages import language
        from cnncalc.page import report_page

        page = cls(report_page(report, language(lang)))
        page.table, page.name = _report(report, _OF_NETWORK), report.settings.network
        return page

    def _repr_html_(self) -> str:
        # between apostrophes, since the data of the page is full of quotation marks
        page = escape(self, quote=False).replace("'", "&#39;")
        return (
            f'<div style="position: relative; height: {PAGE_HEIGHT}; overflow: hidden; resize: vertical">'
            f'<div aria-hidden="true">{self.table}</div>'
            '<iframe style="position: absolute; inset: 0; width: 100%; height: 100%; border: 0; '
            f'background: Canvas" sandbox="allow-scripts" title="{escape(self.name)}" '
            f"srcdoc='{page}'></iframe></div>"
        )


def network_html(analyze: Callable[[], Report]) -> str:
    """The page of a network, and its activation table where a notebook that is not trusted shows no page.

    The faults of a network that has none; of a very long network the table alone.
    """
    from cnncalc.page.report import MOST_LAYERS

    try:
        report = analyze()
        # rows are worked out as they are asked for, and so are their faults
        return _report(report, _OF_NETWORK) if len(report) > MOST_LAYERS else Page.of(report)._repr_html_()
    except CnncalcError as error:
        return f"<pre>{escape(str(error))}</pre>"


def report_html(report: Report) -> str:
    """The table of a report, with its warnings."""
    from cnncalc.languages import Joined, Message
    from cnncalc.render.problems import by_message

    warnings = by_message((warning.layer, warning.message) for warning in report.warnings)
    return _report(report, _OF_REPORT, [Joined([Message("warning"), line], "colon") for line in warnings])


def row_html(row: ReportRow) -> str:
    """A row of a report."""
    from cnncalc.render.reports.report_tables import row_table

    return _fragment(row_table(row, ("kind", *_OF_REPORT)))


def totals_html(totals: Totals) -> str:
    """The sums of a network."""
    from cnncalc.render.reports.comparison import totals_table

    return _fragment(totals_table(totals))


def verification_html(found: Verification) -> str:
    """A proof, and under it each number that is not as worked out."""
    from cnncalc.render.document import Paragraph
    from cnncalc.render.reports.verification import mismatches, verification

    return _fragment(*verification(found).blocks, *map(Paragraph, mismatches(found)))


def _report(report: Report, columns: tuple[str, ...], warnings: Sequence[str] = ()) -> str:
    from cnncalc.render.document import Paragraph
    from cnncalc.render.reports.report_tables import View, report_document

    view = View(None if len(report.layers) <= LONGEST else 1)
    captions = list(map(Paragraph, warnings))
    return _fragment(*report_document(report, columns, view, with_input=True, captions=captions).blocks)


def _fragment(*blocks: Block) -> str:
    from cnncalc.languages import english
    from cnncalc.render.document import Document
    from cnncalc.render.writers.html import Writer

    return Writer(english()).fragment(Document(blocks))
