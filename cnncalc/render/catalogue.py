"""The table of the built-in architectures."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.network import builtin_names, load
from cnncalc.render.table import Column, Row, Table

COLUMNS = {
    "family": Column("Family"),
    "name": Column("Name"),
    "year": Column("Year"),
    "input": Column("Input"),
    "params": Column("# parameters", True),
    "macs": Column("MACs", True),
}


def catalogue(format: str) -> Table:
    """Every built-in architecture, family by family in the order of their years, the small ones first."""
    entries = [_entry(name) for name in builtin_names()]
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


def _entry(name: str) -> dict[str, Any]:
    network = load(name)
    report = network.analyze()
    inputs = " + ".join("x".join(map(str, report.written(source.shape))) for source in report.graph.inputs)
    return {
        "family": network.document.family,
        "name": name,
        "year": network.document.year or 0,
        "input": inputs,
        "params": report.totals.params,
        "macs": report.totals.macs,
    }
