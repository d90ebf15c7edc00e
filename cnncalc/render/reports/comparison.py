"""Networks side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Totals
from cnncalc.languages import of_tables
from cnncalc.quantity import RECORDS
from cnncalc.render.tables.table import Column, Row, Table, cell

QUANTITIES = sorted((each for each in RECORDS if each.compared), key=lambda each: each.compared)


def comparison(names: Sequence[str], reports: Sequence[Report], format: str) -> Table:
    """A row for each quantity, a column for each network; ratios to the first, but none in CSV."""
    say = of_tables().say
    rows = [
        Row([say("compare.input"), *(_inputs(report) for report in reports)]),
        Row([say("compare.layers"), *(len(report) for report in reports)]),
    ]
    for quantity in QUANTITIES:
        values = [report.totals.value(quantity) for report in reports]
        beside = (
            values if format == "csv" else [cell(values[0]), *(_beside(v, values[0]) for v in values[1:])]
        )
        rows.append(Row([say(f"compare.{quantity.name}"), *beside]))
    columns = [Column(""), *(Column(name, True) for name in names)]
    return Table(columns, rows, data=lambda: _json(names, reports))


def _inputs(report: Report) -> str:
    return " + ".join("x".join(map(str, report.written(source.shape))) for source in report.graph.inputs)


def totals_table(totals: Totals) -> Table:
    """The sums of one network, a row for each."""
    say = of_tables().say
    rows = [Row([say(f"compare.{quantity.name}"), totals.value(quantity)]) for quantity in QUANTITIES]
    return Table([Column(""), Column("Total", True)], rows)


def _beside(value: int, first: int) -> str:
    return f"{cell(value)} ({ratio(value, first)})"


def ratio(value: int, first: int) -> str:
    """How many times the first a value is, to three digits.

    >>> ratio(25557032, 138357544)
    'x0.185'
    """
    return f"x{value / first:.3g}" if first else "-"


def _json(names: Sequence[str], reports: Sequence[Report]) -> Iterator[str]:
    networks = []
    for name, report in zip(names, reports, strict=True):
        ratios = {
            quantity.name: report.totals.value(quantity) / first
            if (first := reports[0].totals.value(quantity))
            else None
            for quantity in QUANTITIES
        }
        networks.append({"spec": name, **report.head(), "totals": report.totals.to_dict(), "ratios": ratios})
    yield json.dumps({"networks": networks}, ensure_ascii=False, indent=1) + "\n"
