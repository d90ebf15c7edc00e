"""A table on a terminal."""

from __future__ import annotations

from dataclasses import replace

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cnncalc.languages import of_tables
from cnncalc.render.tables import stacked_table
from cnncalc.render.tables.plain_table import width
from cnncalc.render.tables.table import Column, Row, Share, Table, cell


def show(table: Table, rows: list[Row], console: Console) -> None:
    """Prints a table as wide as the terminal allows, without the columns that it can best spare.

    Numbers are never cut: where there is no room for them, each row is a list.
    """
    widths = _widths(table, rows)
    unfolded = table
    if sum(widths) + GAP * (len(widths) - 1) > console.width:
        table = _with_folded_headings(table, rows)
        widths = _widths(table, rows)
    if _least(table, widths) > console.width:
        console.file.writelines(stacked_table.lines(replace(unfolded, rows=rows)))
        return
    table, rows = _narrowed(table, rows, widths, console.width)
    rich = RichTable(
        title=Text(table.title) if table.title else None,
        caption=Text(table.caption) if table.caption else None,
        box=SIMPLE_HEAD,
        title_justify="left",
        caption_justify="left",
        show_footer=False,
        pad_edge=False,
        collapse_padding=True,
    )
    for i, column in enumerate(table.columns):
        rich.add_column(
            column.heading,
            justify="right" if column.number else "left",
            overflow="fold",
            no_wrap=i > 0 and column.number,
        )
    for row in rows:
        rich.add_row(*_texts(row), style="bold" if row.group else TONES.get(row.tone))
    if table.total:
        rich.add_section()
        rich.add_row(*_texts(table.total), style="bold")
    console.print(rich)


def _widths(table: Table, rows: list[Row]) -> list[int]:
    lines = [*rows, table.total] if table.total else rows
    return [
        max(width(text) for text in (*column.heading.split("\n"), *(_plain(line, i) for line in lines)))
        for i, column in enumerate(table.columns)
    ]


def _least(table: Table, widths: list[int]) -> int:
    """How much room the table needs without the columns that can be spared, texts folded."""
    needed = [column for column in zip(table.columns, widths, strict=True) if not column[0].spare]
    return sum((size if column.number else min(size, LEAST)) + GAP for column, size in needed) - GAP


LEAST = 12
"""What a text is folded to at most."""
GAP = 2
"""The spaces between two columns."""
TONES = {"bad": "red", "doubtful": "yellow", "faint": "dim"}


def _with_folded_headings(table: Table, rows: list[Row]) -> Table:
    """A word of a heading a line, where what stands under it is shorter."""
    heads = [Column("") for _ in table.columns]
    bodies = _widths(replace(table, columns=heads), rows)
    return replace(
        table,
        columns=[
            replace(column, heading=column.heading.replace(" ", "\n"))
            if width(column.heading) > body
            else column
            for column, body in zip(table.columns, bodies, strict=True)
        ],
    )


def _narrowed(table: Table, rows: list[Row], widths: list[int], room: int) -> tuple[Table, list[Row]]:
    kept, left_out = list(range(len(widths))), []
    while sum(widths[i] + GAP for i in kept) > room + GAP and any(table.columns[i].spare for i in kept):
        left_out.append(max(kept, key=lambda i: table.columns[i].spare))
        kept.remove(left_out[-1])
    if not left_out:
        return table, rows

    def some(row: Row) -> Row:
        return replace(row, cells=[row.cells[i] for i in kept])

    names = [table.columns[i].heading.replace("\n", " ") for i in left_out]
    told = of_tables().say("table.no_room", columns=of_tables().say("list.comma").join(names))
    narrow = Table(
        [table.columns[i] for i in kept],
        (),
        table.title,
        table.total and some(table.total),
        "\n".join(line for line in (told, table.caption) if line),
    )
    return narrow, [some(row) for row in rows]


def _plain(row: Row, column: int) -> str:
    return ("" if column else "  " * row.level) + cell(row.cells[column])


def _texts(row: Row) -> list[Text]:
    texts = [Text(cell(value), "cyan" if isinstance(value, Share) else "") for value in row.cells]
    texts[0] = Text("  " * row.level).append(texts[0])
    return texts
