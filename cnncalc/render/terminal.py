"""A document on a terminal: tables with rich, as wide as the terminal allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cnncalc.languages import Joined, Language, Message
from cnncalc.render.document import Column, Paragraph, Row, Share, Table
from cnncalc.render.wrapping import width
from cnncalc.render.writers import text

LONG = 400
"""The rows from which a table is written without rich, which takes 0.3 ms for each."""
LEAST = 12
"""What a text is folded to at most."""
GAP = 2
"""The spaces between two columns."""
TONES = {"bad": "red", "doubtful": "yellow", "faint": "dim"}


class Writer(text.Writer):
    """Text whose tables are drawn by rich, without the columns that can best be spared.

    Numbers are never cut: where there is no room for them, each row is a list.
    """

    def __init__(self, language: Language, console: Console) -> None:
        super().__init__(language, console.width)
        self.console = console

    def table(self, table: Table) -> Iterator[str]:
        rows = iter(table.rows)
        shown = list(islice(rows, LONG + 1))
        if len(shown) > LONG:
            yield from super().table(table._replace(rows=chain(shown, rows)))
            return
        told = [self.line(column.heading) for column in table.columns]
        unfolded = table._replace(
            columns=[
                column._replace(called=heading) for column, heading in zip(table.columns, told, strict=True)
            ]
        )
        table, widths = unfolded, self._widths(unfolded, shown)
        if sum(widths) + GAP * (len(widths) - 1) > self.console.width:
            table = self._with_folded_headings(table, shown)
            widths = self._widths(table, shown)
        if _least(table, widths) > self.console.width:
            yield from self._stacked(unfolded, shown)
            return
        kept, left_out = _fitting(table, widths, self.console.width)
        self._draw(table, shown, kept)
        if left_out:
            headings = Joined(unfolded.columns[at].heading for at in left_out)
            yield from self.paragraph(Paragraph(Message("table.no_room", columns=headings)))

    def _draw(self, table: Table, rows: Iterable[Row], kept: Sequence[int]) -> None:
        rich = RichTable(
            title=Text(self.line(table.title)) if table.title else None,
            box=SIMPLE_HEAD,
            title_justify="left",
            show_footer=False,
            pad_edge=False,
            collapse_padding=True,
        )
        for at in kept:
            column = table.columns[at]
            rich.add_column(
                Text(column.heading),
                justify="right" if column.number else "left",
                overflow="fold",
                no_wrap=at > 0 and column.number,
            )
        for row in rows:
            rich.add_row(*self._drawn(row, kept), style="bold" if row.group else TONES.get(row.tone))
        if table.total:
            rich.add_section()
            rich.add_row(*self._drawn(table.total, kept), style="bold")
        self.console.print(rich)

    def _drawn(self, row: Row, kept: Sequence[int]) -> Sequence[Text]:
        texts = [
            Text(self.cell(row.cells[i]), "cyan" if isinstance(row.cells[i], Share) else "") for i in kept
        ]
        texts[0] = Text("  " * row.level).append(texts[0])
        return texts

    def _stacked(self, table: Table, rows: Iterable[Row]) -> Iterator[str]:
        """Each row as a list of what stands in its columns; a cell that is empty is left out."""
        if table.title:
            yield f"{self.line(table.title)}\n"
        room = max((width(column.heading) for column in table.columns[1:]), default=0)
        for row in [*rows, *([table.total] if table.total else [])]:
            indent = "  " * row.level
            yield f"{indent}{self.cell(row.cells[0])}\n"
            for column, value in zip(table.columns[1:], row.cells[1:], strict=True):
                if value is not None:
                    gap = " " * (room - width(column.heading))
                    yield f"{indent}  {column.heading}{gap}  {self.cell(value)}\n"

    def _widths(self, table: Table, rows: Sequence[Row]) -> Sequence[int]:
        lines = [self._texts(row) for row in ([*rows, table.total] if table.total else rows)]
        return [
            max(width(text) for text in (*column.heading.split("\n"), *(line[at] for line in lines)))
            for at, column in enumerate(table.columns)
        ]

    def _with_folded_headings(self, table: Table, rows: Sequence[Row]) -> Table:
        """A word of a heading a line, where what stands under the heading is shorter."""
        bare = table._replace(columns=[Column("", called="") for _ in table.columns])
        return table._replace(
            columns=[
                column._replace(called=column.heading.replace(" ", "\n"))
                if width(column.heading) > body
                else column
                for column, body in zip(table.columns, self._widths(bare, rows), strict=True)
            ]
        )


def _least(table: Table, widths: Sequence[int]) -> int:
    """How much room the table needs without the columns that can be spared, texts folded."""
    needed = [column for column in zip(table.columns, widths, strict=True) if not column[0].spare]
    return sum((size if column.number else min(size, LEAST)) + GAP for column, size in needed) - GAP


def _fitting(table: Table, widths: Sequence[int], room: int) -> tuple[Sequence[int], Sequence[int]]:
    """The columns that there is room for, and those that are left out, the first spared first."""
    kept, left_out = list(range(len(widths))), []
    while sum(widths[i] + GAP for i in kept) > room + GAP and any(table.columns[i].spare for i in kept):
        left_out.append(max(kept, key=lambda i: table.columns[i].spare))
        kept.remove(left_out[-1])
    return kept, left_out
