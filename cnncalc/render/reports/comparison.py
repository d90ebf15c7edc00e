"""Networks side by side."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from cnncalc.analysis.report import Report
from cnncalc.analysis.totals import Totals
from cnncalc.languages import Message
from cnncalc.quantity import RECORDS
from cnncalc.render.document import Column, Document, Row, Shown, Table, cell
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import inputs_text

COMPARED = sorted((each for each in RECORDS if each.compared), key=lambda each: each.compared)


def comparison(names: Sequence[str], reports: Sequence[Report]) -> Document:
    """A row for each quantity, a column for each network, or turned; people also see ratios to the first."""
    rows = [
        Row([Message("compare.input"), *(inputs_text(report) for report in reports)]),
        Row([Message("compare.layers"), *(len(report) for report in reports)]),
    ]
    for quantity in COMPARED:
        first, *others = (report.totals.value(quantity) for report in reports)
        beside = [Shown(f"{cell(value)} ({ratio(value, first)})", value) for value in others]
        rows.append(Row([Message(f"compare.{quantity.name}"), first, *beside]))
    columns = [Column("quantity", called=""), *(Column(name, True, called=name) for name in names)]
    return Document([Table(columns, rows, turns=True)], data=lambda: _json(names, reports))


def totals_table(totals: Totals) -> Table:
    """The sums of one network, a row for each."""
    rows = [Row([Message(f"compare.{quantity.name}"), totals.value(quantity)]) for quantity in COMPARED]
    return Table([Column("quantity", called=""), Column("total", True)], rows)


MOST_DIGITS = 9
"""The most digits of a ratio."""


def ratio(value: int, first: int) -> str:
    """How many times the first a value is, to three digits, or to more where three tell no difference.

    >>> ratio(25557032, 138357544)
    'x0.185'
    >>> ratio(15200000, 10000), ratio(123, 10**7)
    ('x1,520', 'x0.0000123')
    >>> ratio(133047848, 132863336), ratio(7, 7)
    ('x1.001', 'x1')
    """
    if not first:
        return "-"
    told = Decimal(value) / Decimal(first)
    if not told:
        return "x0"
    digits = 3
    while True:
        # in full: 1,520 and 0.0000123
        short = told.quantize(Decimal(1).scaleb(told.adjusted() + 1 - digits))
        if short != 1 or told == 1 or digits == MOST_DIGITS:
            return f"x{short.normalize():,f}"
        digits += 1


def _json(names: Sequence[str], reports: Sequence[Report]) -> Iterator[str]:
    networks = []
    for name, report in zip(names, reports, strict=True):
        ratios = {
            quantity.name: report.totals.value(quantity) / first
            if (first := reports[0].totals.value(quantity))
            else None
            for quantity in COMPARED
        }
        networks.append({"spec": name, **report.head(), "totals": report.totals.to_dict(), "ratios": ratios})
    yield json_text({"networks": networks}, indent=1)
