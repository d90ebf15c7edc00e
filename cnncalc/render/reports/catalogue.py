"""The table of the built-in architectures."""

from collections.abc import Iterable
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.render.document import Column, Document, Row, Shown, Table
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import inputs_text
from cnncalc.spec.document import SpecDocument

COLUMNS = (
    Column("family"),
    Column("name"),
    Column("year", spare=1),
    Column("input"),
    Column("params", True),
    Column("macs", True),
)


def catalogue(networks: Iterable[tuple[str, SpecDocument, Report]]) -> Document:
    """Every built-in architecture, family by family in the order of their years, the small ones first."""
    entries = [_entry(*network) for network in networks]
    first_year: dict[str, int] = {}
    for entry in entries:
        first_year[entry["family"]] = min(entry["year"], first_year.get(entry["family"], 9999))
    entries.sort(
        key=lambda entry: (first_year[entry["family"]], entry["family"], entry["year"], entry["params"])
    )
    rows, before = [], None
    for entry in entries:
        family = Shown("" if entry["family"] == before else entry["family"], entry["family"])
        # the year is text, so that it is not written 2,015
        rows.append(Row(list({**entry, "family": family, "year": str(entry["year"])}.values())))
        before = entry["family"]
    told = json_text({"architectures": entries}, indent=1)
    return Document([Table(COLUMNS, rows)], data=lambda: iter([told]))


def _entry(name: str, document: SpecDocument, report: Report) -> dict[str, Any]:
    return {
        "family": document.family,
        "name": name,
        "year": document.year or 0,
        "input": inputs_text(report),
        "params": report.totals.params,
        "macs": report.totals.macs,
    }
