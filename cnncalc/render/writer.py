"""The base of the formats' writers. The formats are the files of `writers`, each with a `Writer`."""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, assert_never

from cnncalc.errors import unknown_choice
from cnncalc.languages import Joined, Language, english
from cnncalc.plain_text import shortened, visible
from cnncalc.quantity import RECORDS
from cnncalc.render import document as doc
from cnncalc.render.sentences import quantity_word
from cnncalc.render.wrapping import chained
from cnncalc.render.writers import SPOKEN, TEXT, formats

if TYPE_CHECKING:
    from cnncalc.explain.data import Equation
    from cnncalc.formula.styles import Style

_SYMBOLS = ("alive", *(quantity.symbol for quantity in RECORDS if len(quantity.symbol) > 1))
"""The symbols of formulas that are words."""
STEP = 80
"""The columns at which a long sum of a step is broken."""
LONGEST_CELL = 1_000
LONGEST_LINE = 10_000
"""The signs of a text that are shown: far more than the package itself has to say."""


class Writer:
    """Writes documents in a format: a method for each block, which gives the text in pieces.

    Texts come to `escape` in the writer's language, and nothing in a text is markup afterwards.
    """

    IS_DATA: ClassVar[bool] = False
    """Whether the format is for programs: data is English, whatever language is spoken."""

    DRAWS: ClassVar[bool] = False
    """Whether the format has room for columns that only draw numbers of others."""

    HOLDS_REMARKS: ClassVar[bool] = False
    """Whether warnings stand in the result, and faults are written in the format, not in words beside it."""

    SUFFIX: ClassVar[str]
    """How the name of a file in the format ends."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def pieces(self, document: doc.Document) -> Iterator[str]:
        """The text of a document."""
        for block in document.blocks:
            yield from self.block(block)

    def block(self, block: doc.Block) -> Iterator[str]:  # noqa: C901, PLR0912 - a case for each block
        """The text of a block."""
        match block:
            case doc.Title():
                yield from self.title(block)
            case doc.Table():
                yield from self.table(block if self.DRAWS else block.without_drawn())
            case doc.Paragraph():
                yield from self.paragraph(block)
            case doc.Sentences():
                yield from self.sentences(block)
            case doc.List():
                yield from self.listed(block)
            case doc.Symbols():
                yield from self.symbols(block)
            case doc.Equations():
                yield from self.equations(block)
            case doc.LongFormula():
                yield from self.long_formula(block)
            case doc.Matrix():
                yield from self.matrix(block)
            case doc.Steps():
                yield from self.steps(block)
            case doc.Verbatim():
                yield from self.verbatim(block)
            case doc.Section():
                yield from self.section(block)
            case _:
                assert_never(block)

    # ---- text

    def escape(self, text: str) -> str:
        """Text in which nothing is markup, on one line: a format adds what it takes for a sign."""
        return visible(text)

    def code(self, text: str) -> str:
        """Text that is typed as it stands."""
        return self.escape(text)

    def line(self, line: doc.Line) -> str:
        """A text in the writer's language, or the pieces of one."""
        tell = self.language.tell
        parts = (line,) if isinstance(line, str | doc.Code) else line
        return "".join(
            self.code(tell(part.text))
            if isinstance(part, doc.Code)
            else self.escape(shortened(tell(part), LONGEST_LINE))
            for part in parts
        )

    def cell(self, value: Any) -> str:
        """The text of a table's cell."""
        return self.escape(shortened(self.language.tell(doc.cell(value)), LONGEST_CELL))

    def said(self, key: str, **values: Any) -> str:
        """A message of the catalogues."""
        return self.escape(self.language.say(key, **values))

    def heading(self, section: doc.Section) -> str:
        """The title of a section, and the value behind it."""
        return self.line(section.title) + (
            self.said("colon") + self.line(section.value) if section.value else ""
        )

    def sentence(self, symbols: doc.Symbols, items: Iterable[str]) -> str:
        """Symbols in a sentence; the items are markup already."""
        means = any(isinstance(meaning, str) for _, meaning in symbols.meanings)
        between = self.said("list.semicolon" if means else "list.equations")
        return self.line(symbols.head) + self.said("colon") + between.join(items)

    def listed_symbols(self, symbols: doc.Symbols, symbol: Callable[[str], str], formula: str) -> str:
        """Symbols in a sentence, as `symbol` writes each; `formula` is the pattern of a formula in a line."""
        items = (
            f"{formula.format(symbol(letter))} {self.line(meaning)}"
            if isinstance(meaning, str)
            else formula.format(f"{symbol(letter)} = {meaning}")
            for letter, meaning in symbols.meanings
        )
        return self.sentence(symbols, items)

    def left(self, equation: "Equation") -> str:
        """The left side of an equation, as plain text: a letter, or the words for a quantity."""
        if equation.letter:
            return self.symbol(equation.name)
        return str(self.language.tell(quantity_word(equation.name, equation.of)))

    def symbol(self, name: str) -> str:
        """A symbol of formulas, which in some is a word."""
        return self.language.say(f"symbol.{name}") if name in _SYMBOLS else name

    def sides(self, equation: "Equation", style: "Style") -> list[str]:
        """The sides of an equation, its symbols named in the language."""
        from cnncalc.formula.styles import write

        words = {name: self.symbol(name) for name in _SYMBOLS}
        return [write(tree, style, numbers, words) for tree, numbers in equation.chain]

    # ---- blocks

    def title(self, title: doc.Title) -> Iterator[str]:
        raise NotImplementedError

    def table(self, table: doc.Table) -> Iterator[str]:
        raise NotImplementedError

    def paragraph(self, paragraph: doc.Paragraph) -> Iterator[str]:
        raise NotImplementedError

    def listed(self, block: doc.List) -> Iterator[str]:
        raise NotImplementedError

    def verbatim(self, verbatim: doc.Verbatim) -> Iterator[str]:
        raise NotImplementedError

    def section(self, section: doc.Section) -> Iterator[str]:
        raise NotImplementedError

    def symbols(self, symbols: doc.Symbols) -> Iterator[str]:
        raise NotImplementedError

    def equations(self, equations: doc.Equations) -> Iterator[str]:
        raise NotImplementedError

    def long_formula(self, formula: doc.LongFormula) -> Iterator[str]:
        """In one line, unless the format breaks lines itself."""
        yield from self.paragraph(doc.Paragraph((formula.head, f" = {formula.formula}")))

    def sentences(self, block: doc.Sentences) -> Iterator[str]:
        """In one paragraph."""
        yield from self.paragraph(doc.Paragraph(Joined(block.sentences, "list.sentences")))

    def steps(self, steps: doc.Steps) -> Iterator[str]:
        """Lines, the long ones broken."""
        tell = self.language.tell
        lines = (chained(tell(made), [value], STEP, "") for made, value in steps.sums)
        yield from self.verbatim(doc.Verbatim([line for each in lines for line in each]))

    def matrix(self, matrix: doc.Matrix) -> Iterator[str]:
        """Aligned columns, unless the format has matrices."""
        yield from self.verbatim(doc.Verbatim(list(aligned(matrix))))


def aligned(matrix: doc.Matrix) -> Iterator[str]:
    """The lines of a matrix, its columns set to the right."""
    widths = [max(map(len, column)) for column in zip(*matrix.rows, strict=True)]
    for row in matrix.rows:
        yield " ".join(text.rjust(size) for text, size in zip(row, widths, strict=True))


def writer_class(format: str) -> type[Writer]:
    """The class of a format's writer; raises UsageError for a format that there isn't."""
    if format not in formats():
        raise unknown_choice(format, "a format", formats())
    name = SPOKEN if format in TEXT else format
    found: type[Writer] = import_module(f"cnncalc.render.writers.{name}").Writer
    return found


def writer_of(format: str, language: Language | None = None) -> Writer:
    """The writer of a format, English unless said; raises UsageError for a format that there isn't."""
    make = writer_class(format)
    return make(english() if language is None or make.IS_DATA else language)


def written(document: doc.Document, format: str, language: Language | None = None) -> Iterator[str]:
    """The text of a document in a format, in pieces."""
    return writer_of(format, language).pieces(document)
