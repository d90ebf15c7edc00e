"""The results of a run: its outputs in a table, and the maps that are small enough to be read."""

from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.render.document import Column, Document, Row, Section, Table
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.matrices import number, small_map

MOST_VALUES = 1_000_000
"""The most values of an output that JSON holds."""
LARGEST = 5


def run_document(outputs: Mapping[str, Any], maps: Mapping[str, Any], layout: str) -> Document:
    """Maps that are small, then a row for each output: its shape, range, and where it is largest."""
    columns = [
        Column("output"),
        Column("output_shape"),
        Column("least", True),
        Column("largest", True),
        Column("mean", True),
        Column("largest_at"),
    ]
    rows = [
        Row([name, "x".join(map(str, y.shape)), *map(_short, (y.min(), y.max(), y.mean())), _places(y)])
        for name, y in outputs.items()
    ]
    table = Table(columns, rows)
    return Document([*_shown(maps, layout), table], data=lambda: _json(outputs), csv=table)


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
    yield json_text({"outputs": found}, ascii=True)


def _shown(maps: Mapping[str, Any], layout: str) -> Iterator[Section]:
    """Every map of a run that is small enough."""
    for name, array in maps.items():
        last = array.transpose(*range(1, array.ndim), 0) if layout == "chw" and array.ndim > 1 else array
        yield small_map(name, last)
