"""A document as Markdown; formulas are LaTeX between dollar signs, which notebooks typeset."""

import re
from collections.abc import Iterable, Iterator

from cnncalc.formula.styles import LATEX
from cnncalc.render import document as doc
from cnncalc.render import writer
from cnncalc.render.writers.latex import aligned

# a bare address or a person's name is a link on some platforms
_MARKS = re.compile(r"[\\|*_`<$~@]|\](?=[(\[:])|&(?=#|\w+;)|:(?=//)|(?<=www)\.", re.IGNORECASE)
_AT_THE_START = re.compile(r"^(?=[#>+-]|=+$)")


class Writer(writer.Writer):
    """Markdown as GitHub reads it."""

    SUFFIX = ".md"

    def pieces(self, document: doc.Document) -> Iterator[str]:
        yield from self._blocks(document.blocks)

    def _blocks(self, blocks: Iterable[doc.Block]) -> Iterator[str]:
        for number, block in enumerate(blocks):
            if number:
                yield "\n"
            yield from self.block(block)

    def escape(self, text: str) -> str:
        return _MARKS.sub(r"\\\g<0>", super().escape(text))

    def code(self, text: str) -> str:
        """Between as many backquotes as the text doesn't hold."""
        text = super().escape(text)
        mark = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
        gap = " " if "`" in (text[:1], text[-1:]) else ""
        return f"{mark}{gap}{text}{gap}{mark}"

    def _start(self, line: doc.Line) -> str:
        """A text that begins a line, where more is a mark than elsewhere."""
        told = self.line(line)
        return _AT_THE_START.sub(r"\\", told)

    def title(self, title: doc.Title) -> Iterator[str]:
        yield f"# {self.line(title.text)}\n"

    def paragraph(self, paragraph: doc.Paragraph) -> Iterator[str]:
        yield f"{self._start(paragraph.text)}\n"

    def listed(self, block: doc.List) -> Iterator[str]:
        if block.head:
            yield f"{self._start(block.head)}\n\n"
        for item in block.items:
            text = " ".join(map(self.line, item)) if isinstance(item, doc.Term) else self._start(item)
            yield f"- {text}\n"

    def symbols(self, symbols: doc.Symbols) -> Iterator[str]:
        yield f"{self.listed_symbols(symbols, LATEX.symbol, '${}$')}\n"

    def equations(self, equations: doc.Equations) -> Iterator[str]:
        yield "$$\n\\begin{aligned}\n" + aligned(self, equations.equations) + "\n\\end{aligned}\n$$\n"

    def verbatim(self, verbatim: doc.Verbatim) -> Iterator[str]:
        text = "".join(f"{super(Writer, self).escape(line).rstrip()}\n" for line in verbatim.lines)
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        yield f"{fence}\n{text}{fence}\n"

    def section(self, section: doc.Section) -> Iterator[str]:
        if section.level == 1:
            yield f"## {self.heading(section)}\n"
        else:
            value = self.said("colon") + self.line(section.value) if section.value else ""
            yield f"**{self.line(section.title)}**{value}\n"
        for block in section.blocks:
            yield "\n"
            yield from self.block(block)

    def table(self, table: doc.Table) -> Iterator[str]:
        if table.title:
            yield f"**{self.line(table.title)}**\n\n"
        if table.subtitle:
            yield f"{self._start(table.subtitle)}\n\n"
        yield _row([self.line(column.heading) for column in table.columns])
        yield _row([("---:" if column.number else "---") for column in table.columns])
        yield from map(self._row, table.rows)
        if table.total:
            yield _row(
                [f"**{self.cell(value)}**" if value is not None else "" for value in table.total.cells]
            )

    def _row(self, row: doc.Row) -> str:
        texts = [self.cell(value) for value in row.cells]
        texts[0] = "&nbsp;&nbsp;" * row.level + texts[0]
        return _row(texts)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
