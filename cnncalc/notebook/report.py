"""A network and its numbers in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from cnncalc.analysis.report import Report, Totals
from cnncalc.analysis.rows import GroupReport, LayerReport
from cnncalc.errors import CnncalcError
from cnncalc.notebook import html

_OF_NETWORK = ("shape", "size", "params")
_OF_REPORT = ("shape", "size", "params", "connections", "macs", "rf")
LONGEST = 400
"""The rows from which groups are folded into their sums."""


class NotebookTotals(Totals):
    """Sums that show as a table."""

    def _repr_html_(self) -> str:
        from cnncalc.render.reports.comparison import totals_table

        return html(totals_table(self))


class NotebookReport(Report):
    """A report that shows as a table, and so do its rows and its sums."""

    @cached_property
    def totals(self) -> Totals:
        """The sums."""
        return NotebookTotals(**vars(super().totals))

    def html_of(self, row: LayerReport | GroupReport) -> str:
        """A row of it as a table."""
        from cnncalc.render.reports.report_tables import row_table

        return html(row_table(row, ("kind", *_OF_REPORT)))

    def _repr_html_(self) -> str:
        from cnncalc.render.problems import told_warnings, warning_head

        told = told_warnings((warning.layer, warning.message) for warning in self.warnings)
        return _table(self, _OF_REPORT, "\n".join(f"{warning_head()}{line}" for line in told))


def network_html(analyze: Callable[[], Report]) -> str:
    """The activation table of a network; what is wrong with it, where it can't be."""
    try:
        return _table(analyze(), _OF_NETWORK)
    except CnncalcError as error:
        from html import escape

        return f"<pre>{escape(str(error))}</pre>"


def _table(report: Report, columns: tuple[str, ...], caption: str = "") -> str:
    from cnncalc.render.reports.report_tables import report_table

    depth = None if len(report.layers) <= LONGEST else 1
    return html(report_table(report, columns, with_input=True, depth=depth, caption=caption))
