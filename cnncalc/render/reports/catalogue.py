"""The table of the built-in architectures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.render.tables.table import Column, Row, Table
from cnncalc.spec.document import Document

COLUMNS = {
    "family": Column("Family"),
    "name": Column("Name"),
    "year": Column("Year", spare=1),
    "input": Column("Input"),
    "params": Column("# parameters", True),
    "macs": Column("MACs", True),
}


def catalogue(networks: Iterable[tuple[str, Document, Report]], format: str) -> Table:
    """Every built-in architecture, family by family in the order of their years, the small ones first."""
    entries = [_entry(*network) for network in networks]
    first_year: dict[str, int] = {}
    for entry in entries:
        first_year[entry["family"]] = min(entry["year"], first_year.get(entry["family"], 9999))
    entries.sort(
        key=lambda entry: (first_year[entry["family"]], entry["family"], entry["year"], entry["params"])
    )
    rows, shown = [], None
    for entry in entries:
        # the year is text, so that it is not written 2,015
        cells = {**entry, "year": str(entry["year"])}
        if format in ("table", "markdown") and entry["family"] == shown:
            cells["family"] = ""
        rows.append(Row(list(cells.values())))
        shown = entry["family"]
    told = json.dumps({"architectures": entries}, ensure_ascii=False, indent=1)
    return Table(list(COLUMNS.values()), rows, data=lambda: iter([told, "\n"]))


def _entry(name: str, document: Document, report: Report) -> dict[str, Any]:
    inputs = " + ".join("x".join(map(str, report.written(source.shape))) for source in report.graph.inputs)
    return {
        "family": document.family,
        "name": name,
        "year": document.year or 0,
        "input": inputs,
        "params": report.totals.params,
        "macs": report.totals.macs,
    }
