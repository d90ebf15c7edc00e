"""A document as a page of HTML that stands alone; formulas are MathML, which needs no script."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Any

from cnncalc.formula.styles import MATHML
from cnncalc.render import document as doc
from cnncalc.render import writer

if TYPE_CHECKING:
    from cnncalc.explain.data import Equation

_STYLE = """
:root { color-scheme: light dark; --line: #ccc; --bad: #a00; --good: #060; --doubtful: #850; --faint: #666; }
@media (prefers-color-scheme: dark) {
  :root { --line: #444; --bad: #f77; --good: #6c6; --doubtful: #db5; --faint: #999; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h3 { margin-bottom: .3rem; } dt { font-weight: 600; margin-top: .8rem; } dd { margin: 0 0 0 1.5rem; }
math { margin: .3rem 0; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { font-weight: 600; text-align: left; padding: .3rem .6rem; }
caption p { font-weight: 400; margin: 0; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; vertical-align: top; }
.bad, .removed { color: var(--bad); } .good, .added { color: var(--good); }
.doubtful { color: var(--doubtful); } .faint { color: var(--faint); }
"""
_CELL = '<mtd style="text-align: {side}; padding: .15em .25em;">{inner}</mtd>'


class Writer(writer.Writer):
    """HTML, which is XML too."""

    SUFFIX = ".html"

    def pieces(self, document: doc.Document) -> Iterator[str]:
        """The page."""
        blocks = iter(document.blocks)
        first = next(blocks, None)
        title = self.line(document.title or _title(first))
        yield f'<!DOCTYPE html>\n<html lang="{escape(self.language.code.replace("_", "-"))}">\n<head>\n'
        yield '<meta charset="utf-8"/>\n'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        for block in chain([] if first is None else [first], blocks):
            yield from self.block(block)
        yield "</body>\n</html>\n"

    def fragment(self, document: doc.Document) -> str:
        """The content of the page, as a notebook shows it."""
        return "".join(super().pieces(document))

    def escape(self, text: str) -> str:
        return escape(super().escape(text))

    def code(self, text: str) -> str:
        return f"<code>{self.escape(text)}</code>"

    def cell(self, value: Any) -> str:
        """A share is a bar."""
        if not isinstance(value, doc.Share):
            return super().cell(value)
        percent = value.percent.strip()
        return f'<meter value="{float(value):.3f}">{percent}</meter> {percent}'

    def title(self, title: doc.Title) -> Iterator[str]:
        yield f"<h2>{_arrows(self.line(title.text))}</h2>\n"

    def paragraph(self, paragraph: doc.Paragraph) -> Iterator[str]:
        yield f"<p>{self.line(paragraph.text)}</p>\n"

    def listed(self, block: doc.List) -> Iterator[str]:
        if block.head:
            yield f"<p>{self.line(block.head)}</p>\n"
        yield "<ul>\n"
        for item in block.items:
            text = " ".join(map(self.line, item)) if isinstance(item, doc.Term) else self.line(item)
            yield f"<li>{text}</li>\n"
        yield "</ul>\n"

    def symbols(self, symbols: doc.Symbols) -> Iterator[str]:
        items = (
            f"<math>{MATHML.symbol(letter)}</math> {self.line(meaning)}"
            if isinstance(meaning, str)
            else f"<math>{MATHML.symbol(letter)}<mo>=</mo>{MATHML.number(meaning)}</math>"
            for letter, meaning in symbols.meanings
        )
        yield f"<p>{self.sentence(symbols, items)}</p>\n"

    def equations(self, equations: doc.Equations) -> Iterator[str]:
        rows = "".join(row for equation in equations.equations for row in self._sides(equation))
        yield f'<math><mtable displaystyle="true">\n{rows}</mtable></math>\n'

    def _sides(self, equation: "Equation") -> Iterator[str]:
        left = self.left(equation)
        name = MATHML.symbol(left) if equation.letter else f"<mtext>{self.escape(left)}</mtext>"
        for side in self.sides(equation, MATHML):
            before = _CELL.format(side="right", inner=name)
            after = _CELL.format(side="left", inner=f"<mo>=</mo>{side}")
            yield f"<mtr>{before}{after}</mtr>\n"
            name = ""

    def matrix(self, matrix: doc.Matrix) -> Iterator[str]:
        columns = [doc.Column("", number=True, called="") for _ in matrix.rows[0]]
        yield (
            "<table>\n"
            + "".join(self._row(doc.Row(row), columns, "td") for row in matrix.rows)
            + "</table>\n"
        )

    def verbatim(self, verbatim: doc.Verbatim) -> Iterator[str]:
        yield "<pre>\n" + "".join(f"{self.escape(line)}\n" for line in verbatim.lines) + "</pre>\n"

    def section(self, section: doc.Section) -> Iterator[str]:
        heading = _arrows(self.heading(section))
        inner = chain.from_iterable(map(self.block, section.blocks))
        if section.level == 1:
            yield f"<h3>{heading}</h3>\n"
            yield from inner
        else:
            yield f"<dl>\n<dt>{heading}</dt>\n<dd>\n"
            yield from inner
            yield "</dd>\n</dl>\n"

    def table(self, table: doc.Table) -> Iterator[str]:
        yield "<table>\n"
        if table.title:
            subtitle = f"<p>{self.line(table.subtitle)}</p>" if table.subtitle else ""
            yield f"<caption>{self.line(table.title)}{subtitle}</caption>\n"
        headings = doc.Row([column.heading for column in table.columns])
        yield "<thead>\n" + self._row(headings, table.columns, "th") + "</thead>\n<tbody>\n"
        for row in table.rows:
            yield self._row(row, table.columns, "th" if row.group else "td")
        yield "</tbody>\n"
        if table.total:
            yield "<tfoot>\n" + self._row(table.total, table.columns, "th") + "</tfoot>\n"
        yield "</table>\n"

    def _row(self, row: doc.Row, columns: Sequence[doc.Column], tag: str) -> str:
        cells = []
        for number, (value, column) in enumerate(zip(row.cells, columns, strict=True)):
            indent = f"; padding-left: {1.5 * row.level + 0.5}em" if number == 0 and row.level else ""
            side = "right" if column.number else "left"
            said = self.cell(value)
            own = tag if said else "td"  # a heading that says nothing is none to a screen reader
            cells.append(f'<{own} style="text-align: {side}{indent}">{said}</{own}>')
        tone = f' class="{row.tone}"' if row.tone else ""
        return f"<tr{tone}>{''.join(cells)}</tr>\n"


def _title(block: doc.Block | None) -> str:
    """What a document is called that begins with a block."""
    if isinstance(block, doc.Title) and isinstance(block.text, str):
        return block.text
    return (block.title if isinstance(block, doc.Table) else "") or "cnncalc"


def _arrows(markup: str) -> str:
    return markup.replace("-&gt;", "→")
