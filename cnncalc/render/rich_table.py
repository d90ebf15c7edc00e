"""A table on a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cnncalc.render.table import Row, Table, cell


def show(table: Table, rows: list[Row], console: Console) -> None:
    """Prints a table as wide as the terminal allows."""
    rich = RichTable(
        title=Text(table.title) if table.title else None,
        caption=Text(table.caption) if table.caption else None,
        box=SIMPLE_HEAD,
        title_justify="left",
        caption_justify="left",
        show_footer=False,
        pad_edge=False,
    )
    for i, column in enumerate(table.columns):
        rich.add_column(
            column.heading,
            justify="right" if column.number else "left",
            overflow="fold",
            no_wrap=i > 0 and column.number,
        )
    for row in rows:
        rich.add_row(*_texts(row), style="bold" if row.group else None)
    if table.total:
        rich.add_section()
        rich.add_row(*_texts(table.total), style="bold")
    console.print(rich)


def _texts(row: Row) -> list[Text]:
    texts = [Text(cell(value)) for value in row.cells]
    texts[0] = Text("  " * row.level).append(texts[0])
    return texts
