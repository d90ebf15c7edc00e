"""A table too wide for the terminal: each row as a list of what stands in its columns."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.render.tables.plain_table import width
from cnncalc.render.tables.table import Row, Table, cell


def lines(table: Table) -> Iterator[str]:
    """The lines of a table; a cell that is empty is left out."""
    if table.title:
        yield f"{table.title}\n"
    room = max((width(column.heading) for column in table.columns[1:]), default=0)
    for row in [*table.rows, *([table.total] if table.total else [])]:
        yield from _row(table, row, room)
    if table.caption:
        yield f"{table.caption}\n"


def _row(table: Table, row: Row, room: int) -> Iterator[str]:
    indent = "  " * row.level
    yield f"{indent}{cell(row.cells[0])}\n"
    for column, value in zip(table.columns[1:], row.cells[1:], strict=True):
        if value is not None:
            yield f"{indent}  {column.heading}{' ' * (room - width(column.heading))}  {cell(value)}\n"
