"""A document as LaTeX that compiles alone; an explanation is a part, to be pasted into notes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.formula.styles import LATEX
from cnncalc.plain_text import UNSEEN
from cnncalc.render import document as doc
from cnncalc.render import writer

if TYPE_CHECKING:
    from cnncalc.explain.data import Equation

_LONG = 64
"""The signs from which a sum does not fit a line."""
_WIDE = 36
"""The signs from which the texts of a column are broken into lines."""
_MANY = 6
"""The columns from which a table needs a page laid on its side."""
_PAGE = 45
"""The rows from which a table may need more than one page."""
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}", "%": r"\%", "#": r"\#", "&": r"\&", "$": r"\$", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}", "[": "{[}", "]": "{]}", "*": "{*}",
    "->": r"$\to$", "→": r"$\to$", "--": "-{}-", "−": "$-$", "×": r"$\times$", "·": r"$\cdot$",
    "≥": r"$\geq$", "≤": r"$\leq$", "…": r"\ldots{}", UNSEEN: "?",
}  # fmt: skip
_ESCAPED = re.compile("|".join(map(re.escape, sorted(_ESCAPES, key=len, reverse=True))))


class Writer(writer.Writer):
    """LaTeX with booktabs and amsmath."""

    SUFFIX = ".tex"

    def pieces(self, document: doc.Document) -> Iterator[str]:
        foreign = self.language.code != "en"
        if document.part:
            needs = "amsmath, ctex" if foreign else "amsmath"
            yield f"% a part of a document that has \\usepackage{{{needs}}}\n\\allowdisplaybreaks\n"
            yield from super().pieces(document)
            return
        self.widest = 0
        body = "".join(super().pieces(document))
        # pdflatex has signs for the languages of Europe
        foreign = foreign or any(ord(sign) > 0x24F for sign in body)
        side = ", landscape" if self.widest > _MANY else ""
        yield f"% compile with {'xelatex or lualatex' if foreign else 'pdflatex'}\n"
        yield f"\\documentclass{{article}}\n\\usepackage[margin=2cm{side}]{{geometry}}\n"
        yield "\\usepackage{amsmath, array, booktabs, longtable}\n"
        yield "\\usepackage{ctex}\n" if foreign else "\\usepackage[T1]{fontenc}\n"
        yield "\\setlength{\\parindent}{0pt}\n\\setlength{\\parskip}{.5ex}\n"
        yield "\\setlength{\\LTleft}{0pt}\n\\allowdisplaybreaks\n"
        yield f"\\begin{{document}}\n{body}\\end{{document}}\n"

    def equations_alone(self, equations: "Sequence[Equation]") -> str:
        """Equations, as a notebook typesets them."""
        return f"$$\\begin{{aligned}}\n{aligned(self, equations)}\n\\end{{aligned}}$$"

    def escape(self, text: str) -> str:
        r"""Text in which nothing is a command.

        >>> from cnncalc.languages import language
        >>> print(Writer(language("en")).escape("max_pool1: 5% -> {1}"))
        max\_pool1: 5\% $\to$ \{1\}
        """
        return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], super().escape(text))

    def code(self, text: str) -> str:
        return f"\\texttt{{{self.escape(text)}}}"

    def cell(self, value: Any) -> str:
        """A share is a bar."""
        if not isinstance(value, doc.Share):
            return super().cell(value)
        percent = self.escape(value.percent.strip())
        bar = f"\\rule{{{3 * value:.3f}em}}{{.6em}}" if value >= 0.005 else ""
        return f"\\makebox[3em][l]{{{bar}}} {percent}"

    def title(self, title: doc.Title) -> Iterator[str]:
        yield f"\\section*{{{self.line(title.text)}}}\n"

    def paragraph(self, paragraph: doc.Paragraph) -> Iterator[str]:
        yield f"{self.line(paragraph.text)}\n\n"

    def listed(self, block: doc.List) -> Iterator[str]:
        if block.head:
            yield f"{self.line(block.head)}\n"
        yield "\\begin{itemize}\n"
        for item in block.items:
            text = " ".join(map(self.line, item)) if isinstance(item, doc.Term) else self.line(item)
            yield f"  \\item {text}\n"
        yield "\\end{itemize}\n"

    def symbols(self, symbols: doc.Symbols) -> Iterator[str]:
        yield f"{self.listed_symbols(symbols, LATEX.symbol, '${}$')}\n"

    def equations(self, equations: doc.Equations) -> Iterator[str]:
        yield f"\\begin{{align*}}\n{aligned(self, equations.equations)}\n\\end{{align*}}\n"

    def matrix(self, matrix: doc.Matrix) -> Iterator[str]:
        rows = " \\\\\n".join("  " + " & ".join(map(self.escape, row)) for row in matrix.rows)
        columns = "r" * len(matrix.rows[0])
        yield f"\\[\\left(\\begin{{array}}{{{columns}}}\n{rows}\n\\end{{array}}\\right)\\]\n"

    def verbatim(self, verbatim: doc.Verbatim) -> Iterator[str]:
        """Typewriter's letters: a line in a verbatim environment could end the environment."""
        lines = (self.escape(line.rstrip()).replace(" ", "~") or "~" for line in verbatim.lines)
        yield "{\\ttfamily\n" + "".join(f"{line}\\\\\n" for line in lines) + "}\n"

    def section(self, section: doc.Section) -> Iterator[str]:
        if section.level == 1:
            yield f"\n\\subsection*{{{self.heading(section)}}}\n"
        else:
            yield f"\n\\paragraph{{{self.line(section.title)}}} {self.line(section.value)}\n"
        for block in section.blocks:
            yield from self.block(block)

    def table(self, table: doc.Table) -> Iterator[str]:
        rows = [(row, self._texts(row)) for row in table.rows]
        self.widest = max(self.widest, len(table.columns))
        if table.title:
            yield f"\\textbf{{{self.line(table.title)}}}\n\n"
        if table.subtitle:
            yield f"{self.line(table.subtitle)}\n\n"
        sides = [
            "r" if column.number else _side(max((len(texts[at]) for _, texts in rows), default=0))
            for at, column in enumerate(table.columns)
        ]
        # tabular is right at once, longtable in the second run of LaTeX
        long = len(rows) > _PAGE
        name = "longtable" if long else "tabular"
        headings = _row([self.line(column.heading) for column in table.columns])
        yield f"\\begin{{{name}}}{{@{{}}{''.join(sides)}@{{}}}}\n\\toprule\n{headings}\\midrule\n"
        if long:
            yield "\\endhead\n\\bottomrule\n\\endfoot\n"
        yield from (_row(map(_bold, texts) if row.group else texts) for row, texts in rows)
        if table.total:
            yield f"\\midrule\n{_row(map(_bold, self._texts(table.total)))}"
        if not long:
            yield "\\bottomrule\n"
        yield f"\\end{{{name}}}\n\n"

    def _texts(self, row: doc.Row) -> Sequence[str]:
        texts = [self.cell(value) for value in row.cells]
        texts[0] = "\\quad " * row.level + texts[0]
        return texts


def _side(longest: int) -> str:
    return ">{\\raggedright\\arraybackslash}p{0.3\\linewidth}" if longest > _WIDE else "l"


def _bold(text: str) -> str:
    return text and f"\\textbf{{{text}}}"


def _row(texts: Iterable[str]) -> str:
    return f"{' & '.join(texts)} \\\\\n"


def aligned(words: writer.Writer, equations: "Sequence[Equation]") -> str:
    """Equations set under each other at their signs, named by the writer that `words` is of."""
    return " \\\\\n".join(line for equation in equations for line in _sides(words, equation))


def _sides(words: writer.Writer, equation: "Equation") -> Iterator[str]:
    left = words.left(equation)
    name = LATEX.symbol(left) if equation.letter else f"\\text{{{words.escape(left)}}}"
    for side in words.sides(equation, LATEX):
        first, *more = broken(side)
        yield f"  {name} &= {first}"
        yield from (f"   &\\quad {{}} {line}" for line in more)
        name = ""


def broken(side: str) -> Iterator[str]:
    r"""A long sum in lines, broken before its plus signs, but not in brackets.

    >>> [len(line) for line in broken(" + ".join(["1234567"] * 20))]
    [57, 59, 59, 19]
    """
    line, depth = "", 0
    for term in re.split(r" (?=\+ )", side):
        if line and not depth and len(line) + len(term) > _LONG:
            yield line
            line = ""
        line = f"{line} {term}" if line else term
        depth += len(re.findall(r"\\left|{", term)) - len(re.findall(r"\\right|}", term))
    yield line
