"""How a network and its report show in a notebook: as tables of HTML."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError

_OF_NETWORK = ("shape", "size", "params")
_OF_REPORT = ("shape", "size", "params", "connections", "macs", "rf")


class NotebookReport(Report):
    """A report that shows as a table."""

    def _repr_html_(self) -> str:
        return _table(self, _OF_REPORT)


def network_html(analyze: Callable[[], Report]) -> str:
    """The activation table of a network; what is wrong with it, where it can't be."""
    try:
        return _table(analyze(), _OF_NETWORK)
    except CnncalcError as error:
        from html import escape

        return f"<pre>{escape(str(error))}</pre>"


def _table(report: Report, columns: tuple[str, ...]) -> str:
    from cnncalc.render.html_table import lines
    from cnncalc.render.report_tables import report_table

    return "".join(lines(report_table(report, columns, with_input=True)))
