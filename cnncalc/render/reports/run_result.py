"""What a run gave: its outputs in a table, and the maps that are small enough to be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.render.reports.matrices import number, small_map
from cnncalc.render.tables.table import Column, Row, Table

MOST_VALUES = 1_000_000
"""The most values of an output that JSON holds."""
LARGEST = 5


def outputs_table(outputs: Mapping[str, Any]) -> Table:
    """A row for each output: its shape, its range, and the places of its largest values."""
    columns = [
        Column("output"),
        Column("shape"),
        Column("least", True),
        Column("largest", True),
        Column("mean", True),
        Column("where it is largest"),
    ]
    rows = [
        Row([name, "x".join(map(str, y.shape)), *map(_short, (y.min(), y.max(), y.mean())), _places(y)])
        for name, y in outputs.items()
    ]
    return Table(columns, rows, data=lambda: _json(outputs))


def _short(value: Any) -> str:
    return f"{float(value):.4g}"


def _places(array: Any) -> str:
    """Where the largest values of a vector stand, from 0."""
    if array.ndim != 1:
        return ""
    order = array.argsort()[::-1][:LARGEST]
    return ", ".join(f"{at}: {number(float(array[at]))}" for at in order.tolist())


def _json(outputs: Mapping[str, Any]) -> Iterator[str]:
    found = {
        name: {"shape": list(y.shape), "dtype": str(y.dtype)}
        | ({"values": y.tolist()} if y.size <= MOST_VALUES else {})
        for name, y in outputs.items()
    }
    yield json.dumps({"outputs": found}) + "\n"


def shown(maps: Mapping[str, Any], layout: str) -> Iterator[str]:
    """Every map of a run that is small enough."""
    for name, array in maps.items():
        last = array.transpose(*range(1, array.ndim), 0) if layout == "chw" and array.ndim > 1 else array
        yield from small_map(name, last)
    yield "\n"
