"""A result as data: a document of blocks, which knows no format. The files of `writers` write documents.

Text in a document is a str. A `Message` is told in the writer's language; any other text, such as the name of
a layer, stands as it is, and a writer lets nothing in text be markup.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from cnncalc.expr import Formula, Number
from cnncalc.languages import Joined, Message

if TYPE_CHECKING:
    from cnncalc.explain.data import Equation


class Code(NamedTuple):
    """A piece of a line that is typed as it stands, such as a formula."""

    text: str


Line = str | Code | tuple[str | Code, ...]
"""A text, or the pieces of one."""


# ---- the cells of a table


class Share(float):
    """A part of a whole, from 0 to 1: a bar for people, a number for data.

    The bar is whole at the `longest` share; a larger share, such as that of a group of layers, has none.
    """

    BAR = 6
    """How many characters a whole bar takes."""
    longest: float

    def __new__(cls, part: float, longest: float = 1.0) -> Self:
        self = super().__new__(cls, part)
        self.longest = longest
        return self

    def __str__(self) -> str:
        drawn = self / self.longest if 0 < self <= self.longest * 1.001 else 0.0
        eighths = round(min(drawn, 1) * 8 * self.BAR)
        bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
        return f"{bar:<{self.BAR}} {self.percent}"

    @property
    def percent(self) -> str:
        """The part in percent: " 37.5%"."""
        return f"{100 * self:5.1f}%"


class Shown(NamedTuple):
    """A cell that people see in another way than data has it: the text for people, and the value."""

    text: str
    value: Any


class Label(NamedTuple):
    """The label of a layer in a tree of lines: pieces of text, each with its sort, and the name for data.

    A piece is a "name", the "detail" of a name, a "path" of a merge, or how many "times" a group stands.
    """

    pieces: Sequence[tuple[str, str]]
    value: str

    @property
    def text(self) -> str:
        """The pieces as one text."""
        return Joined([text for text, _ in self.pieces], "")


def share(part: int, whole: int) -> Share:
    """A part of a whole; nothing of nothing is none.

    >>> str(share(3, 8))
    '██▎     37.5%'
    """
    return Share(int(part) / int(whole) if whole else 0)


def gap(value: int) -> Shown:
    """A difference: with its sign for people.

    >>> gap(1200)
    Shown(text='+1,200', value=1200)
    """
    return Shown(f"{value:+,}", value)


def cell(value: Any) -> str:  # noqa: PLR0911 - a case for each type
    """A cell as people read it: 48,120 and (28, 28, 6)."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, Shown | Label):
        return value.text
    if isinstance(value, Formula):
        return formula_text(value)
    if isinstance(value, tuple | list):
        return f"({', '.join(formula_text(n) if isinstance(n, Formula) else str(n) for n in value)})"
    if isinstance(value, int):
        return f"{int(value):,}"
    return str(value) if isinstance(value, Share) else f"{float(value):,g}"


def formula_text(value: Number) -> str:
    """The formula of a number in its shortest form."""
    from cnncalc.formula import factored, is_open, text
    from cnncalc.formula.simplify import simplify

    shortest = simplify(value)
    return text(factored(shortest) if is_open(shortest) else shortest)


# ---- the blocks


class Column(NamedTuple):
    """A column: its id, whether its cells are numbers (set to the right), and how dispensable it is.

    The heading is the message `heading.ID`, or what the column is `called`. On a terminal too narrow for all
    columns, those with the highest `spare` are left out first; 0 never is.
    """

    id: str
    number: bool = False
    spare: int = 0
    called: str | None = None
    drawn: bool = False
    """Whether the column only draws, on a terminal, the numbers of another column."""

    @property
    def heading(self) -> str:
        """The heading in the writer's language."""
        return Message(f"heading.{self.id}") if self.called is None else self.called


class Row(NamedTuple):
    """Cells are raw values, None for an empty one. A group's row sums the rows under it, `level` deep.

    `tone` colours the row: "bad", "good", "doubtful", "faint", "added" or "removed"; or its first cell, by
    what a layer does: "conv", "pool", "dense", "merge". Of the groups that the row stands in and of the row
    itself, `goes_on` says whether more of the same group follows: the lines of a tree are drawn by that.
    """

    cells: Sequence[Any]
    level: int = 0
    group: bool = False
    tone: str = ""
    goes_on: Sequence[bool] = ()

    def branches(self, first: bool = True) -> str:
        """The lines of the tree before the first cell, or before the further lines of the cell.

        >>> Row(["conv1"], 2, goes_on=(True, False)).branches()
        '│ └ '
        """
        if not self.goes_on:
            return "  " * self.level
        *outer, last = self.goes_on
        own = ("├ " if last else "└ ") if first else ("│ " if last else "  ")
        return "".join("│ " if goes_on else "  " for goes_on in outer) + own


class Table(NamedTuple):
    """Rows may be an iterator, so that a table of a million layers needs no room.

    `subtitle` says the most important of the table in a line; `command` has the columns that there is no room
    for, where the names of the columns are put behind it.
    """

    columns: Sequence[Column]
    rows: Iterable[Row]
    title: str = ""
    total: Row | None = None
    subtitle: str = ""
    command: str = ""
    turns: bool = False
    """Whether a terminal too narrow for the columns shows them as rows, and the rows as columns."""

    def without_drawn(self) -> "Table":
        """The table without the columns that only a terminal has."""
        kept = [at for at, column in enumerate(self.columns) if not column.drawn]
        if len(kept) == len(self.columns):
            return self

        def less(row: Row) -> Row:
            return row._replace(cells=[row.cells[at] for at in kept])

        total = None if self.total is None else less(self.total)
        return self._replace(
            columns=[self.columns[at] for at in kept], rows=map(less, self.rows), total=total
        )


class Title(NamedTuple):
    """The title of a whole document."""

    text: Line


class Paragraph(NamedTuple):
    """A line of text, however long."""

    text: Line


class Sentences(NamedTuple):
    """A paragraph of sentences; plain text begins a line with each."""

    sentences: Sequence[str]


class List(NamedTuple):
    """Items under a head, which may be "". An item of two texts is a term and its explanation."""

    items: "Sequence[Line | Term]"
    head: str = ""


class Term(NamedTuple):
    """A term of a list: terms stand under each other, and each has its explanation beside it."""

    name: str
    text: str


class Symbols(NamedTuple):
    """Letters of formulas in one sentence, each with its meaning or its number."""

    head: str
    meanings: Sequence[tuple[str, str | Number]]


class Equations(NamedTuple):
    """Equations, which each format typesets in its own way."""

    equations: "Sequence[Equation]"


class LongFormula(NamedTuple):
    """A formula that may take many lines, under its head."""

    head: str
    formula: str


class Steps(NamedTuple):
    """Sums with their values, a line for each."""

    sums: Sequence[tuple[str, str]]


class Matrix(NamedTuple):
    """Rows of numbers, as texts."""

    rows: Sequence[Sequence[str]]


class Verbatim(NamedTuple):
    """Lines whose blanks count."""

    lines: Sequence[str]


class Section(NamedTuple):
    """Blocks under a title; `value` is a result that stands behind the title.

    Level 1 is a part of the document, such as a layer; level 2 a part of such a part, such as a quantity.
    """

    title: Line
    blocks: "Sequence[Block]"
    value: str = ""
    level: int = 1


Block = (
    Title
    | Table
    | Paragraph
    | Sentences
    | List
    | Symbols
    | Equations
    | LongFormula
    | Matrix
    | Steps
    | Verbatim
    | Section
)


class Document(NamedTuple):
    """Blocks in order. They are read once, so that they may come from an iterator.

    `data` are the pieces of the JSON, `csv` the table that CSV has in place of the blocks.
    """

    blocks: Iterable[Block]
    data: Callable[[], Iterator[str]] | None = None
    csv: Table | None = None
    title: str = ""
    """The title of a page of HTML, unless a `Title` or a table gives one."""
    explains: bool = False
    """Whether there is much to read: plain text is broken into lines."""
    part: bool = False
    """Whether LaTeX is to be a part of a document of the reader's own."""
