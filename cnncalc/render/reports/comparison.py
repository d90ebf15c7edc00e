"""Networks side by side."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.totals import Totals
from cnncalc.expr import Formula
from cnncalc.languages import Message
from cnncalc.quantity import IN_TOTALS, RECORDS, Quantity
from cnncalc.render.document import Column, Document, Row, Shown, Table, cell
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import formulas, inputs_text

COMPARED = sorted((each for each in RECORDS if each.compared), key=lambda each: each.compared)


def comparison(names: Sequence[str], reports: Sequence[Report]) -> Document:
    """A row for each quantity, a column for each network, or turned; people also see ratios to the first."""
    rows = [
        Row([Message("compare.input"), *(inputs_text(report) for report in reports)]),
        Row([Message("compare.layers"), *(len(report) for report in reports)]),
    ]
    # which values are alive at the peak follows from numbers
    compared = [each for each in COMPARED if each.letters or not any(report.letters for report in reports)]
    for quantity in compared:
        first, *others = (report.totals.value(quantity) for report in reports)
        beside = [_beside(value, first) for value in others]
        rows.append(Row([Message(f"compare.{quantity.name}"), first, *beside]))
    columns = [Column("quantity", called=""), *(Column(name, True, called=name) for name in names)]
    return Document([Table(columns, rows, turns=True)], data=lambda: _json(names, reports, compared))


def _beside(value: Any, first: Any) -> Any:
    """A number with its ratio to the first; formulas have none."""
    if isinstance(value, Formula) or isinstance(first, Formula):
        return value
    return Shown(f"{cell(value)} ({ratio(value, first)})", value)


def totals_table(totals: Totals) -> Table:
    """The sums of one network, a row for each."""
    rows = [Row([Message(f"compare.{quantity.name}"), totals.value(quantity)]) for quantity in COMPARED]
    return Table([Column("quantity", called=""), Column("total", True)], rows)


MOST_DIGITS = 9
"""The most digits of a ratio."""


def ratio(value: int, first: int) -> str:
    """A value as a multiple of the first, to three digits, or to more where three tell no difference.

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


def _json(names: Sequence[str], reports: Sequence[Report], compared: Sequence[Quantity]) -> Iterator[str]:
    networks = []
    for name, report in zip(names, reports, strict=True):
        ratios = {
            quantity.name: value / first
            if (first := reports[0].totals.value(quantity))
            and not isinstance(value := report.totals.value(quantity), Formula)
            and not isinstance(first, Formula)
            else None
            for quantity in compared
        }
        totals = report.totals.to_dict()
        if report.letters:
            totals = {key: totals[key] for key, quantity in IN_TOTALS.items() if quantity.letters}
        networks.append(formulas({"spec": name, **report.head(), "totals": totals, "ratios": ratios}))
    yield json_text({"networks": networks}, indent=1)
