"""A quiz as PDF, which Typst makes: the questions, and the key on a page of its own."""

from collections.abc import Iterable, Iterator
from typing import Any

from cnncalc.figures.typesetting import typeset
from cnncalc.languages import Language
from cnncalc.render import document as doc
from cnncalc.render import writer

SUFFIX = ".pdf"
_FONTS = {"zh": ("Noto Serif CJK SC", "SimSun", "Songti SC"), "zh_TW": ("Noto Serif CJK TC", "PMingLiU")}
"""The usual fonts of a script, where signs are drawn in another way in another country."""
_PAGE = """\
#set document(title: {title}, date: none)
#set page(paper: "a4", margin: 2cm, numbering: "1 / 1")
#set text(size: 10.5pt, lang: "{lang}", font: ({fonts}))
#set table(stroke: none, inset: (x: 5pt, y: 6pt))
#show table: set text(size: 9pt)
"""


def paper(document: doc.Document, language: Language) -> bytes:
    """The file; raises UsageError where Typst is missing, or no font has a letter of the quiz."""
    blocks = list(document.blocks)
    title = next((block.text for block in blocks if isinstance(block, doc.Title)), "")
    made = _Writer(language)
    body = "".join(made.pieces(document._replace(blocks=blocks)))
    fonts = ", ".join(map(_string, ("Libertinus Serif", *_FONTS.get(language.code, ()))))
    told = _string(language.tell(title) if isinstance(title, str) else "")
    page = _PAGE.format(title=told, lang=language.code[:2], fonts=fonts) + body
    return typeset(page.encode(), "pdf", {"letters": body}, "a quiz as PDF needs typst", "--format latex")


def _string(text: str) -> str:
    """A text of Typst's, in which nothing is run."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Writer(writer.Writer):
    """A page for Typst. Each text is a string of Typst's, and no markup."""

    SUFFIX = SUFFIX

    def escape(self, text: str) -> str:
        r"""A text with the sign that puts it into a page.

        >>> from cnncalc.languages import english
        >>> print(_Writer(english()).escape('#read("/etc/passwd")'))
        #"#read(\"/etc/passwd\")"
        """
        return f"#{_string(super().escape(text))}"

    def code(self, text: str) -> str:
        return f"#raw({_string(super().escape(text))})"

    def title(self, title: doc.Title) -> Iterator[str]:
        yield f"#heading(level: 1)[{self.line(title.text)}]\n"

    def paragraph(self, paragraph: doc.Paragraph) -> Iterator[str]:
        yield f"\n{self.line(paragraph.text)}\n"

    def listed(self, block: doc.List) -> Iterator[str]:
        if block.head:
            yield f"\n{self.line(block.head)}\n"
        items = (
            " ".join(map(self.line, item if isinstance(item, doc.Term) else (item,))) for item in block.items
        )
        yield f"#list(marker: [], {_cells(items)})\n"

    def section(self, section: doc.Section) -> Iterator[str]:
        if section.level == 1:
            yield "#pagebreak()\n"
        yield f"#heading(level: {section.level})[{self.heading(section)}]\n"
        for block in section.blocks:
            yield from self.block(block)

    def table(self, table: doc.Table) -> Iterator[str]:
        for text in filter(None, (table.title, table.subtitle)):
            yield f"\n#strong[{self.line(text)}]\n"
        sides = ", ".join("right" if column.number else "left" for column in table.columns)
        yield f"#table(columns: {len(table.columns)}, align: ({sides},), table.hline(),\n"
        headings = (f"#strong[{self.line(column.heading)}]" for column in table.columns)
        yield f"table.header({_cells(headings)}), table.hline(stroke: 0.5pt),\n"
        yield from (f"{_cells(map(self.cell, row.cells))},\n" for row in table.rows)
        if table.total:
            yield f"table.hline(stroke: 0.5pt), {_cells(map(self.cell, table.total.cells))},\n"
        yield "table.hline())\n"

    def verbatim(self, verbatim: doc.Verbatim) -> Iterator[str]:
        yield "".join(f"\n{self.code(line)}\\\n" for line in verbatim.lines)


def _cells(texts: Iterable[Any]) -> str:
    return ", ".join(f"[{text}]" for text in texts)
