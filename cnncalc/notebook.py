"""How what Python gives shows in a notebook: as tables of HTML."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.analysis.rows import Row, Totals
    from cnncalc.execute.verify import Verification
    from cnncalc.render.tables.table import Table

_OF_NETWORK = ("shape", "size", "params")
_OF_REPORT = ("shape", "size", "params", "connections", "macs", "rf")
LONGEST = 400
"""The rows from which groups are folded into their sums."""


def network_html(analyze: Callable[[], Report]) -> str:
    """The activation table of a network; what is wrong with it, where it can't be."""
    try:
        return _report(analyze(), _OF_NETWORK)
    except CnncalcError as error:
        return f"<pre>{escape(str(error))}</pre>"


def report_html(report: Report) -> str:
    """The table of a report, with its warnings."""
    from cnncalc.render.problems import told_warnings, warning_head

    told = told_warnings((warning.layer, warning.message) for warning in report.warnings)
    return _report(report, _OF_REPORT, "\n".join(f"{warning_head()}{line}" for line in told))


def row_html(row: Row) -> str:
    """A row of a report."""
    from cnncalc.render.reports.report_tables import row_table

    return _table(row_table(row, ("kind", *_OF_REPORT)))


def totals_html(totals: Totals) -> str:
    """The sums of a network."""
    from cnncalc.render.reports.comparison import totals_table

    return _table(totals_table(totals))


def verification_html(found: Verification) -> str:
    """A proof, and under it each number that is not as worked out."""
    from cnncalc.render.reports.verification import mismatches, verification

    wrong = "".join(f"<p>{escape(line)}</p>\n" for line in mismatches(found))
    return _table(verification(found, "html")) + wrong


def _report(report: Report, columns: tuple[str, ...], caption: str = "") -> str:
    from cnncalc.render.reports.report_tables import report_table

    depth = None if len(report.layers) <= LONGEST else 1
    return _table(report_table(report, columns, with_input=True, depth=depth, caption=caption))


def _table(table: Table) -> str:
    from cnncalc.render.tables.headings import in_language
    from cnncalc.render.tables.html_table import lines

    return "".join(lines(in_language(table)))
