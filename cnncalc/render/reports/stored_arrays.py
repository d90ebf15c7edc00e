"""The arrays of a file of weights as a tree of their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.languages import Message, Words
from cnncalc.number_text import told_bytes
from cnncalc.render.document import Column, Document, Row, Table
from cnncalc.render.json_text import json_text

if TYPE_CHECKING:
    from cnncalc.execute.weight_files import ArrayEntry

SHORT = 40
"""The most rows of a table that is not folded further."""
DEEPEST = 8
"""The deepest groups that have a row of their own."""


def arrays_document(
    file: str, arrays: Sequence[ArrayEntry], depth: int | None = None, *, every: bool = False
) -> Document:
    """The arrays of a file: those of one prefix in a group, whose row sums them.

    `depth` folds deeper groups; without it a long table is folded until it is short, unless `every` array is
    to have a row.
    """
    depths = range(DEEPEST, 0, -1) if depth is None and not every else [depth or DEEPEST]
    for folded in depths:
        rows = list(_rows(arrays, folded))
        if len(rows) <= SHORT:
            break
    return Document(
        [_table(file, arrays, rows)],
        data=lambda: iter([json_text(_data(file, arrays))]),
        csv=_table(file, arrays, [_row(each, each.name, 0) for each in arrays]),
    )


def _data(file: str, arrays: Sequence[ArrayEntry]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "file": file,
        "arrays": [
            {
                "name": each.name,
                "shape": list(each.shape),
                "dtype": each.dtype,
                "count": each.size,
                "bytes": each.bytes,
            }
            for each in arrays
        ],
        "totals": {"arrays": len(arrays), **dict(zip(("count", "bytes"), _sums(arrays), strict=True))},
    }


def _table(file: str, arrays: Sequence[ArrayEntry], rows: Sequence[Row]) -> Table:
    values, bytes = _sums(arrays)
    told = Words(
        {
            "en": "arrays: {arrays} · values: {values} · {bytes}",
            "zh": "数组：{arrays} · 值：{values} · {bytes}",
        },
        arrays=f"{len(arrays):,}",
        values=f"{values:,}",
        bytes=told_bytes(bytes).partition(" (")[0],
    )
    columns = [
        Column("array", called=Words({"en": "Array", "zh": "数组"})),
        Column("shape", called=Words({"en": "Shape", "zh": "形状"})),
        Column("dtype", called=Words({"en": "Type", "zh": "类型"})),
        Column("count", number=True, called=Words({"en": "Values", "zh": "值"})),
        Column("bytes", number=True, called=Words({"en": "Bytes", "zh": "字节"})),
    ]
    total = Row([Message("heading.total"), None, None, values, bytes])
    return Table(columns, rows, file, total, subtitle=told)


def _sums(arrays: Sequence[ArrayEntry]) -> tuple[int, int]:
    return sum(each.size for each in arrays), sum(each.bytes for each in arrays)


def _rows(arrays: Sequence[ArrayEntry], depth: int, level: int = 0) -> Iterator[Row]:
    """The rows of arrays whose names have `level` parts in common: groups, and what is in them."""
    at = 0
    while at < len(arrays):
        parts = _parts(arrays[at].name)
        stop = at + 1
        if len(parts) > level + 1:
            while stop < len(arrays) and _parts(arrays[stop].name)[: level + 1] == parts[: level + 1]:
                stop += 1
            group = arrays[at:stop]
            values, bytes = _sums(group)
            types = dict.fromkeys(each.dtype for each in group)
            yield Row([parts[level], None, ", ".join(types), values, bytes], level, group=True)
            if level + 1 < depth:
                yield from _rows(group, depth, level + 1)
        else:
            yield _row(arrays[at], parts[-1], level)
        at = stop


def _row(each: ArrayEntry, name: str, level: int) -> Row:
    return Row([name, each.shape, each.dtype, each.size, each.bytes], level)


def _parts(name: str) -> list[str]:
    """The parts of a name, which dots or slashes part."""
    return re.split(r"[./]", name)
