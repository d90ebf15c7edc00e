"""A table as HTML: a fragment, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from cnncalc.render.tables.table import Column, Row, Table, cell


def lines(table: Table) -> Iterator[str]:
    """The lines of a table."""
    yield "<table>\n"
    if table.title:
        yield f"<caption>{escape(table.title)}</caption>\n"
    yield (
        "<thead>\n"
        + _row(Row([c.heading for c in table.columns]), table.columns, "th")
        + "</thead>\n<tbody>\n"
    )
    for row in table.rows:
        yield _row(row, table.columns, "th" if row.group else "td")
    yield "</tbody>\n"
    if table.total:
        yield "<tfoot>\n" + _row(table.total, table.columns, "th") + "</tfoot>\n"
    yield "</table>\n"
    for line in table.caption.splitlines():
        yield f"<p>{escape(line)}</p>\n"


def _row(row: Row, columns: Sequence[Column], tag: str) -> str:
    cells = []
    for number, (value, column) in enumerate(zip(row.cells, columns, strict=True)):
        indent = f"; padding-left: {1.5 * row.level + 0.5}em" if number == 0 and row.level else ""
        side = "right" if column.number else "left"
        cells.append(f'<{tag} style="text-align: {side}{indent}">{escape(cell(value))}</{tag}>')
    return f"<tr>{''.join(cells)}</tr>\n"
