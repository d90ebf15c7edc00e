"""A document on a terminal: tables with rich, as wide as the terminal allows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from cnncalc.languages import Joined, Language, Message
from cnncalc.render import document as doc
from cnncalc.render.wrapping import WIDEST, width, wrapped
from cnncalc.render.writers import text

LONG = 400
"""The rows from which a table is written without rich, which takes 0.3 ms for each."""
LEAST = 24
"""The columns that a text may be folded to."""
GAP = 2
"""The spaces between two columns."""
EDGES = 2
"""The spaces at the sides of a table."""
TONES = {"bad": "red", "doubtful": "yellow", "faint": "dim", "added": "green", "removed": "red"}
FAMILIES = {"conv": "blue", "pool": "yellow", "dense": "green", "merge": "magenta"}
RESULT = "bold cyan"
PIECES = {"detail": "dim", "path": "italic dim", "times": "bold cyan"}


class Writer(text.Writer):
    """Text whose tables are drawn by rich, without the columns that can best be spared.

    Numbers are never cut: where there is no room for them, each row is a list.
    """

    DRAWS = True
    APART = "\n"

    def __init__(self, language: Language, console: Console) -> None:
        super().__init__(language, min(console.width, WIDEST))
        self.console = console

    def needs_blank_line(self, before: doc.Block, block: doc.Block, under_table: bool) -> bool:
        """Under a table too, each paragraph stands by itself; a table ends with an empty line of its own."""
        if isinstance(before, doc.Table):
            return False
        return (
            isinstance(block, doc.Paragraph | doc.List)
            if under_table
            else super().needs_blank_line(before, block, False)
        )

    def table(self, table: doc.Table) -> Iterator[str]:
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
            yield from self._turned(unfolded, shown) if table.turns else self._stacked(unfolded, shown)
            return
        kept, left_out = _fitting(table, widths, self.console.width)
        yield from self.heads(table)
        if left_out:
            yield from self.paragraph(doc.Paragraph(_no_room(unfolded, left_out)))
        first = self.console.width - sum(widths[at] + GAP for at in kept[1:]) - EDGES
        yield from self._draw(table, shown, kept, max(first, LEAST))

    def title(self, title: doc.Title) -> Iterator[str]:
        for line in super().title(title):
            yield self._styled(Text(line.rstrip("\n"), "bold"))

    def section_head(self, section: doc.Section) -> Iterator[str]:
        """Bold, the result in the colour of results."""
        value = self.line(section.value)
        for line in super().section_head(section):
            head = Text(line.rstrip("\n"), "bold")
            if value and head.plain.endswith(value):
                head.stylize(RESULT, len(head.plain) - len(value))
            yield self._styled(head)

    def equations(self, equations: doc.Equations) -> Iterator[str]:
        """What stands behind the last sign of equality is the result."""
        for equation in equations.equations:
            *lines, last = super().equations(doc.Equations([equation]))
            before, sign, result = last.rstrip("\n").rpartition("= ")
            yield from lines
            yield self._styled(Text.assemble(before, sign, (result, RESULT)))

    def heads(self, table: doc.Table) -> Iterator[str]:
        """The title bold, and the line under it."""
        if table.title:
            yield self._styled(Text(self.line(table.title), "bold"))
        if table.subtitle:
            yield from self.paragraph(doc.Paragraph(table.subtitle))

    def _styled(self, drawn: Any) -> str:
        with self.console.capture() as capture:
            self.console.print(drawn)
        return capture.get()

    def _draw(
        self, table: doc.Table, rows: Iterable[doc.Row], kept: Sequence[int], first: int
    ) -> Iterator[str]:
        rich = RichTable(box=SIMPLE_HEAD, show_footer=False, pad_edge=False, collapse_padding=True)
        for at in kept:
            column = table.columns[at]
            rich.add_column(
                Text(column.heading),
                justify="right" if column.number else "left",
                overflow="fold",
                no_wrap=at > 0 and column.number,
            )
        for row in rows:
            rich.add_row(
                self._name(row, first),
                *self._drawn(table, row, kept),
                style="bold" if row.group else TONES.get(row.tone),
            )
        if table.total:
            rich.add_section()
            rich.add_row(
                self.cell(table.total.cells[0]), *self._drawn(table, table.total, kept), style="bold"
            )
        yield self._styled(rich)

    def _name(self, row: doc.Row, room: int) -> Text:
        """The first cell: the lines of the tree, the name in the colour of its kind, further lines set in."""
        value = row.cells[0]
        pieces = value.pieces if isinstance(value, doc.Label) else [(value, "name")]
        drawn = Text()
        for piece, style in pieces:
            told = self.cell(piece)
            drawn.append(told, FAMILIES.get(row.tone, "") if style == "name" else PIECES.get(style, ""))
        branches = row.branches()
        hang = f"{row.branches(first=False)}  "
        out, at = Text(), 0
        for line in wrapped(drawn.plain, max(room - width(hang), 8), first=""):
            begin = drawn.plain.index(line, at)
            out.append(f"\n{hang}" if at else branches, "dim")
            at = begin + len(line)
            out.append_text(drawn[begin:at])
        return out

    def _drawn(self, table: doc.Table, row: doc.Row, kept: Sequence[int]) -> Iterator[Text]:
        """The cells but the first; a number that is 0 in a tree of layers is a faint dot."""
        for at in kept[1:]:
            value = row.cells[at]
            if table.subtitle and type(value) is int and value == 0 and not row.group:
                yield Text("·", "dim")
            else:
                yield Text(self.cell(value), "cyan" if isinstance(value, doc.Share) else "")

    def _stacked(self, table: doc.Table, rows: Iterable[doc.Row]) -> Iterator[str]:
        """Each row as a list of what stands in its columns; a cell that is empty is left out."""
        yield from self.heads(table)
        room = max((width(column.heading) for column in table.columns[1:]), default=0)
        for row in [*rows, *([table.total] if table.total else [])]:
            indent = "  " * row.level
            yield f"{indent}{self.cell(row.cells[0])}\n"
            for column, value in zip(table.columns[1:], row.cells[1:], strict=True):
                if value is not None:
                    gap = " " * (room - width(column.heading))
                    yield f"{indent}  {column.heading}{gap}  {self.cell(value)}\n"

    def _turned(self, table: doc.Table, rows: Sequence[doc.Row]) -> Iterator[str]:
        """Columns as rows, and rows as columns: as many as there is room for, under them the others."""
        heads = [doc.Column("", True, called=self.cell(row.cells[0])) for row in rows]
        names = [column.heading for column in table.columns[1:]]
        cells = [[name, *(row.cells[at] for row in rows)] for at, name in enumerate(names, 1)]
        turned = doc.Table([doc.Column("", called=""), *heads], [doc.Row(line) for line in cells])
        turned = self._with_folded_headings(turned, list(turned.rows))
        first, *widths = self._widths(turned, list(turned.rows))
        if first + GAP + max(widths) + EDGES > self.console.width:
            yield from self._stacked(table, rows)
            return
        yield from self.heads(table)
        kept: list[int] = []
        for at, size in enumerate(widths, 1):
            if (
                kept
                and first + GAP + sum(widths[i - 1] + GAP for i in kept) + size + EDGES > self.console.width
            ):
                yield from self._draw(turned, turned.rows, [0, *kept], first)
                kept = []
            kept.append(at)
        yield from self._draw(turned, turned.rows, [0, *kept], first)

    def _widths(self, table: doc.Table, rows: Sequence[doc.Row]) -> Sequence[int]:
        lines = [self._texts(row) for row in ([*rows, table.total] if table.total else rows)]
        return [
            max(width(text) for text in (*column.heading.split("\n"), *(line[at] for line in lines)))
            for at, column in enumerate(table.columns)
        ]

    def _with_folded_headings(self, table: doc.Table, rows: Sequence[doc.Row]) -> doc.Table:
        """A word of a heading a line, where what stands under the heading is shorter."""
        bare = table._replace(columns=[doc.Column("", called="") for _ in table.columns])
        return table._replace(
            columns=[
                column._replace(called=column.heading.replace(" ", "\n"))
                if width(column.heading) > body
                else column
                for column, body in zip(table.columns, self._widths(bare, rows), strict=True)
            ]
        )


def _least(table: doc.Table, widths: Sequence[int]) -> int:
    """How much room the table needs without the columns that can be spared, texts folded."""
    needed = [column for column in zip(table.columns, widths, strict=True) if not column[0].spare]
    return sum((size if column.number else min(size, LEAST)) + GAP for column, size in needed) - GAP + EDGES


def _fitting(table: doc.Table, widths: Sequence[int], room: int) -> tuple[Sequence[int], Sequence[int]]:
    """The columns that there is room for, and those that are left out, the first spared first."""
    kept, left_out = list(range(len(widths))), []
    sizes = [min(widths[0], LEAST + GAP * 4), *widths[1:]]
    while sum(sizes[i] + GAP for i in kept) > room + GAP - EDGES and any(
        table.columns[i].spare for i in kept
    ):
        left_out.append(max(kept, key=lambda i: table.columns[i].spare))
        kept.remove(left_out[-1])
    return kept, left_out


def _no_room(table: doc.Table, left_out: Sequence[int]) -> Message:
    """Which columns there is no room for, and what shows them."""
    headings = Joined(table.columns[at].heading for at in left_out)
    if not table.command:
        return Message("table.no_room", columns=headings)
    command = table.command + ",".join(table.columns[at].id for at in left_out)
    return Message("table.no_room.command", columns=headings, command=command)
