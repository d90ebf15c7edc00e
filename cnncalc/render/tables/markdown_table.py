"""A table as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnncalc.render.tables.table import Row, Table, cell


def lines(table: Table) -> Iterator[str]:
    """The lines of a table."""
    if table.title:
        yield f"**{escaped(table.title)}**\n\n"
    yield line([column.heading for column in table.columns])
    yield line([("---:" if column.number else "---") for column in table.columns])
    for row in table.rows:
        yield _row(row)
    if table.total:
        yield line(
            [f"**{escaped(cell(value))}**" if value is not None else "" for value in table.total.cells]
        )
    listed = False
    for told in table.caption.splitlines():
        before, listed = listed, told.startswith("  ")
        gap, mark = "" if before and listed else "\n", "- " if listed else ""
        yield f"{gap}{mark}{escaped(' '.join(told.split()))}\n"


def _row(row: Row) -> str:
    texts = [escaped(cell(value)) for value in row.cells]
    texts[0] = "&nbsp;&nbsp;" * row.level + texts[0]
    return line(texts)


def escaped(text: str) -> str:
    """Text in which nothing is a mark of Markdown."""
    for mark in "\\|*_`<":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")


def line(cells: Iterable[str]) -> str:
    """A line of cells, which are Markdown already."""
    return f"| {' | '.join(cells)} |\n"
