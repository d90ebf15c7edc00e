"""The formats that learning platforms import: a file for each, of the format's name, with a `Writer`."""

import io
import pkgutil
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from importlib import import_module
from typing import Any, ClassVar

from cnncalc.errors import UsageError
from cnncalc.homework.questions import Blank, Question, Worked
from cnncalc.homework.quiz import Quiz
from cnncalc.languages import Language
from cnncalc.plain_text import visible
from cnncalc.render.document import Table, cell
from cnncalc.render.homework.quiz_network import network_table, network_title
from cnncalc.render.output import emit
from cnncalc.whole_file import write_whole

Hole = Callable[[int, Blank], str]
"""The markup in which a number is filled in: of the number of the blank in its question, from 1."""


PICTURE = "network.svg"
"""The name of the picture's file."""


@cache
def platforms() -> tuple[str, ...]:
    """The names of the formats."""
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


def quiz_writer(format: str, language: Language) -> "QuizWriter":
    """The writer of one of `platforms`."""
    found: QuizWriter = import_module(f"{__name__}.{format}").Writer(language)
    return found


def holes_of(question: Question) -> list[Blank]:
    """The numbers that a question has holes for, in their order."""
    cells = [cell for _, row in question.grid.rows for cell in row] if question.grid else [question.blanks]
    return [] if question.choices else [blank for cell in cells for blank in cell]


class QuizWriter:
    """Writes a quiz as a text; a file of such a format holds its own key."""

    SUFFIX: ClassVar[str]
    HAS_TABLES: ClassVar[bool] = True
    """Whether a question may be a table to fill in."""
    HAS_TOLERANCE: ClassVar[bool] = True
    """Whether one of several numbers of a question may be off: of a table, or of a shape."""
    HAS_PICTURES: ClassVar[bool] = False
    """Whether a file holds a picture of the network."""
    TABLE: ClassVar[str] = '<table border="1">'

    def __init__(self, language: Language) -> None:
        self.language, self.tell = language, language.tell

    def pieces(self, quiz: Quiz) -> Iterator[str]:
        """The text of a quiz."""
        raise NotImplementedError

    def write(self, quiz: Quiz, file: str | None) -> None:
        """Writes a quiz to a file, or to standard output; raises CnncalcError."""
        self.check(quiz)
        emit(self.pieces(quiz), file)

    def check(self, quiz: Quiz) -> None:
        """Raises UsageError for a quiz that the format has no room for."""
        format = type(self).__module__.rpartition(".")[2]
        tables = [question for question in quiz.questions if question.grid]
        if tables and not self.HAS_TABLES:
            raise UsageError(
                f"{format} has no tables to fill in", "--type number asks for one number at a time"
            )
        if quiz.picture and not self.HAS_PICTURES:
            raise UsageError(f"{format} has no room for a picture", "moodle, qti21 and qti30 have")
        several = [question for question in quiz.questions if len(holes_of(question)) > 1]
        if not self.HAS_TOLERANCE and any(question.tolerance for question in several):
            raise UsageError(
                f"{format} takes no number of a table or of a shape that is off",
                "leave --tolerance out, or --ask for single numbers",
            )

    # ---- HTML, which most platforms have questions in

    def text(self, text: str) -> str:
        """A text in the quiz's language, in which nothing is markup."""
        return escape(visible(self.tell(text)))

    def html(self, question: Question, hole: Hole | None = None) -> str:
        """What is asked, as well-formed HTML: with holes for numbers, unless there are choices."""
        number = 0

        def filled(blanks: tuple[Blank, ...]) -> str:
            nonlocal number
            found = []
            for blank in blanks:
                number += 1
                found.append(hole(number, blank) if hole else "")
            return " x ".join(found)

        parts = []
        if question.network is not None:
            table = network_table(question.network, question.grid, lambda blanks: Markup(filled(blanks)))
            parts.append(self.table(table))
        if hole and not question.choices and question.blanks:
            parts.append(f"<p>{filled(question.blanks)}</p>")
        asked = self.text(question.text)
        return f"<p>{asked}</p>{''.join(parts)}" if parts else asked

    def image(self, source: str, question: Question) -> str:
        """The picture of the question's network."""
        alt = self.text(network_title(question.network)) if question.network else ""
        return f'<p><img src="{source}" alt="{alt}"/></p>'

    def table(self, table: Table) -> str:
        """A table of HTML; a cell that is markup stands as it is."""

        def line(tag: str, cells: Any) -> str:
            told = (each if isinstance(each, Markup) else self.text(cell(each)) for each in cells)
            return f"<tr>{''.join(f'<{tag}>{each}</{tag}>' for each in told)}</tr>"

        rows = [*table.rows, *([table.total] if table.total else [])]
        body = "".join(line("td", row.cells) for row in rows)
        head = line("th", [column.heading for column in table.columns])
        caption = f"<caption>{self.text(table.title)}</caption>"
        return f"{self.TABLE}{caption}<thead>{head}</thead><tbody>{body}</tbody></table>"

    def working(self, question: Question) -> str:
        """The working as HTML, its formulas between the marks of LaTeX that platforms typeset."""
        lines = (
            rf"\({self.text(line.latex)}\)" if isinstance(line, Worked) else f"<code>{self.text(line)}</code>"
            for line in question.working
        )
        return "".join(f"<p>{line}</p>" for line in lines)


class Markup(str):
    """A cell that is markup already."""

    __slots__ = ()


class PackageWriter(QuizWriter):
    """Writes a quiz as a zip of files."""

    SUFFIX = ".zip"

    def files(self, quiz: Quiz) -> Iterator[tuple[str, str]]:
        """The names of the files, and their texts."""
        raise NotImplementedError

    def write(self, quiz: Quiz, file: str | None) -> None:
        self.check(quiz)
        if file is None:
            raise UsageError("a package of files needs a file of its own", f"such as -o quiz{self.SUFFIX}")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in self.files(quiz):
                # no time is told: the same quiz is the same bytes
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        write_whole(file, lambda stream: stream.write(packed.getvalue()))
