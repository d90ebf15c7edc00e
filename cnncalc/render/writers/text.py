"""A document as plain text, its tables aligned: for pipes, and for tables so long that rich would be slow."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from cnncalc.languages import Language
from cnncalc.render import document as doc
from cnncalc.render import writer
from cnncalc.render.wrapping import chained, columns, width, wrapped

MEASURED = 5000
WIDEST = 60
"""Cells of the first column wider than this do not push the others aside."""

MOST_BESIDE = 0.4
"""The largest part of a line for the names of a list, beside which their texts stand."""


class Writer(writer.Writer):
    """Plain text. `wide` is where lines are broken: never, unless the document is an explanation."""

    SUFFIX = ".txt"
    APART = ""
    """What stands between two parts of a section."""

    def __init__(self, language: Language, wide: int | None = None) -> None:
        super().__init__(language)
        self.wide, self.indent = wide, ""

    def pieces(self, document: doc.Document) -> Iterator[str]:
        if document.explains:
            self.wide = columns()
        before: doc.Block | None = None
        under_table = False
        for block in document.blocks:
            if before is not None and self.needs_blank_line(before, block, under_table):
                yield "\n"
            yield from self.block(block)
            before, under_table = block, isinstance(block, doc.Table) or under_table

    def needs_blank_line(self, before: doc.Block, block: doc.Block, under_table: bool) -> bool:
        """Whether an empty line stands between two blocks; captions stand close to their table."""
        if isinstance(block, doc.Section) and block.level > 1:
            return False
        if isinstance(block, doc.Title | doc.Section | doc.Table) or isinstance(
            before, doc.Title | doc.Section
        ):
            return True
        if under_table or not isinstance(block, doc.Paragraph | doc.List):
            return False
        return isinstance(before, doc.Paragraph) or _has_head(before) or _has_head(block)

    def title(self, title: doc.Title) -> Iterator[str]:
        yield from self._lines(title.text)

    def paragraph(self, paragraph: doc.Paragraph) -> Iterator[str]:
        yield from self._lines(paragraph.text)

    def sentences(self, block: doc.Sentences) -> Iterator[str]:
        for sentence in block.sentences:
            yield from self._lines(sentence)

    def listed(self, block: doc.List) -> Iterator[str]:
        outside = self.indent
        if block.head:
            yield from self._lines(block.head)
            self.indent += "  "
        room = max(
            (width(self.line(item.name)) for item in block.items if isinstance(item, doc.Term)), default=0
        )
        for item in block.items:
            if isinstance(item, doc.Term):
                name = self.line(item.name)
                beside = f"{name}{' ' * (room - width(name))}  "
                told, hang = self.line(item.text), f"{self.indent}{' ' * width(beside)}"
                if self.wide is None:
                    yield f"{self.indent}{beside}{told}\n"
                elif width(beside) <= MOST_BESIDE * self.wide:
                    lines = wrapped(told, self.wide, hang, self.indent + beside)
                    yield from (f"{line}\n" for line in lines)
                else:
                    yield from self._lines(item.name)
                    deeper = f"{self.indent}    "
                    yield from (f"{line}\n" for line in wrapped(told, self.wide, deeper, deeper))
            else:
                yield from self._lines(item, "  ")
        self.indent = outside

    def symbols(self, symbols: doc.Symbols) -> Iterator[str]:
        yield from self._lines(self.listed_symbols(symbols, str, "{}"), "  ")

    def equations(self, equations: doc.Equations) -> Iterator[str]:
        from cnncalc.formula.styles import TEXT

        for equation in equations.equations:
            lines = chained(self.left(equation), self.sides(equation, TEXT), columns(), self.indent)
            yield from (f"{line}\n" for line in lines)

    def long_formula(self, formula: doc.LongFormula) -> Iterator[str]:
        yield from self._lines(formula.head)
        yield from (f"{line}\n" for line in chained("", [formula.formula], columns(), f"{self.indent} "))

    def verbatim(self, verbatim: doc.Verbatim) -> Iterator[str]:
        yield from (f"{self.indent}{self.escape(line)}".rstrip() + "\n" for line in verbatim.lines)

    def section(self, section: doc.Section) -> Iterator[str]:
        """What stands in a section is set in."""
        outside = self.indent
        self.indent = "  " * (section.level - 1)
        yield from self.section_head(section)
        self.indent += "  "
        for number, block in enumerate(section.blocks):
            if number and isinstance(block, doc.Section):
                yield self.APART
            yield from self.block(block)
        self.indent = outside

    def section_head(self, section: doc.Section) -> Iterator[str]:
        """The lines of the title, and of the value behind it."""
        yield from self._lines(self.heading(section), "  " if section.level == 1 else "")

    def table(self, table: doc.Table) -> Iterator[str]:
        """The first rows say how wide the columns are, so that a long table needs no room."""
        rows = iter(table.rows)
        shown = [self._texts(row) for row in islice(rows, MEASURED)]
        total = self._texts(table.total) if table.total else None
        headings = [self.line(column.heading) for column in table.columns]
        widths = [
            max(width(line[i]) for line in [headings, *shown, *([total] if total else [])])
            for i in range(len(table.columns))
        ]
        widths[0] = min(widths[0], WIDEST)
        yield from self.heads(table)
        rule = "  ".join("-" * size for size in widths) + "\n"
        yield _row(headings, widths, table)
        yield rule
        for line in chain(shown, map(self._texts, rows)):
            yield _row(line, widths, table)
        if total:
            yield rule
            yield _row(total, widths, table)

    def heads(self, table: doc.Table) -> Iterator[str]:
        """The title of a table, and under it the subtitle."""
        for text in filter(None, (table.title, table.subtitle)):
            yield from self._lines(text)

    def _texts(self, row: doc.Row) -> Sequence[str]:
        texts = [self.cell(value) for value in row.cells]
        texts[0] = row.branches() + texts[0]
        return texts

    def _lines(self, text: doc.Line, hang: str = "") -> Iterator[str]:
        """The lines of a text, set in; the second and those after by `hang` more."""
        told = self.line(text)
        if self.wide is None:
            yield f"{self.indent}{told}\n"
        else:
            yield from (f"{line}\n" for line in wrapped(told, self.wide, self.indent + hang, self.indent))


def _has_head(block: doc.Block) -> bool:
    return isinstance(block, doc.List) and bool(block.head)


def _row(texts: Sequence[str], widths: Sequence[int], table: doc.Table) -> str:
    padded = []
    for text, size, column in zip(texts, widths, table.columns, strict=True):
        space = " " * max(size - width(text), 0)
        padded.append(space + text if column.number else text + space)
    return "  ".join(padded).rstrip() + "\n"
