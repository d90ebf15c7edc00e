"""A table as aligned text: for pipes, and for tables so long that rich would be slow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from cnncalc.render.tables.table import Row, Table, cell

MEASURED = 5000
WIDEST = 60
"""Cells of the first column wider than this do not push the others aside."""


def lines(table: Table) -> Iterator[str]:
    """The lines of a table. The first rows say how wide its columns are, so that a long one needs no room."""
    rows = iter(table.rows)
    shown = [_texts(row) for row in islice(rows, MEASURED)]
    total = _texts(table.total) if table.total else None
    headings = [column.heading for column in table.columns]
    widths = [
        max(width(line[i]) for line in [headings, *shown, *([total] if total else [])])
        for i in range(len(table.columns))
    ]
    widths[0] = min(widths[0], WIDEST)
    if table.title:
        yield f"{table.title}\n"
    rule = "  ".join("-" * size for size in widths) + "\n"
    yield _line(headings, widths, table)
    yield rule
    for line in chain(shown, map(_texts, rows)):
        yield _line(line, widths, table)
    if total:
        yield rule
        yield _line(total, widths, table)
    if table.caption:
        yield f"{table.caption}\n"


def _texts(row: Row) -> list[str]:
    texts = [cell(value) for value in row.cells]
    texts[0] = "  " * row.level + texts[0]
    return texts


def _line(texts: list[str], widths: list[int], table: Table) -> str:
    padded = []
    for text, size, column in zip(texts, widths, table.columns, strict=True):
        space = " " * max(size - width(text), 0)
        padded.append(space + text if column.number else text + space)
    return "  ".join(padded).rstrip() + "\n"


def width(text: str) -> int:
    """How many columns of a terminal a text takes: two for a Chinese character."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else unicodedata.category(c) not in ("Mn", "Me")
        for c in text
    )
