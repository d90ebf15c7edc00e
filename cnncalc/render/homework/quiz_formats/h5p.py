"""A quiz as an H5P package: a question set, as Moodle, WordPress, Drupal and Lumi take it."""

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cnncalc.errors import UsageError
from cnncalc.homework.questions import Blank, Question
from cnncalc.homework.quiz import Quiz
from cnncalc.plain_text import visible
from cnncalc.render.document import Table, cell
from cnncalc.render.homework.quiz_formats import Markup, PackageWriter
from cnncalc.render.json_text import json_text

_SET, _CHOICE, _BLANKS = "H5P.QuestionSet 1.20", "H5P.MultiChoice 1.16", "H5P.Blanks 1.14"
"""The libraries of H5P that platforms have installed; the package holds the questions alone."""


class Writer(PackageWriter):
    """Multiple choice with the feedback of slips, or blanks in a text, compared letter by letter."""

    SUFFIX = ".h5p"

    def check(self, quiz: Quiz) -> None:
        super().check(quiz)
        if any(question.tolerance for question in quiz.questions):
            raise UsageError("h5p takes no number that is off", "leave --tolerance out")

    def files(self, quiz: Quiz) -> Iterator[tuple[str, str]]:
        questions = [self._question(quiz, each) for each in quiz.questions]
        used = sorted({_SET, *(each["library"] for each in questions)})
        language = self.language.code.lower().replace("_", "-")
        told = {
            **self._metadata(quiz.title),
            "language": language,
            "mainLibrary": _SET.partition(" ")[0],
            "embedTypes": ["iframe"],
            "defaultLanguage": language,
            "preloadedDependencies": [_dependency(each) for each in used],
        }
        yield "h5p.json", "".join(json_text(told, indent=1))
        yield "content/content.json", "".join(json_text({"questions": questions}, indent=1))

    def _question(self, quiz: Quiz, question: Question) -> dict[str, Any]:
        library = _CHOICE if question.choices else _BLANKS
        params = self._choices(quiz, question) if question.choices else self._blanks(question)
        return {
            "library": library,
            "params": params,
            "subContentId": str(uuid5(NAMESPACE_URL, question.id)),
            "metadata": {
                **self._metadata(self.tell(quiz.name(question))),
                "contentType": "Multiple Choice" if question.choices else "Fill in the Blanks",
            },
        }

    def _metadata(self, title: str) -> dict[str, Any]:
        return {"title": visible(self.tell(title)), "license": "U"}

    def _choices(self, quiz: Quiz, question: Question) -> dict[str, Any]:
        answers = [
            {
                "text": self.text(text),
                "correct": is_key,
                "tipsAndFeedback": {"chosenFeedback": self.text(said)} if said else {},
            }
            for text, is_key, said in question.shuffled(quiz.seed)
        ]
        return {
            "question": self.html(question),
            "answers": answers,
            "overallFeedback": [_told(0, 100, self._working(question))],
        }

    def _blanks(self, question: Question) -> dict[str, Any]:
        asked = f"<p>{self.text(question.text)}</p>"
        # which of the many numbers of a table a sentence is about can't be told
        wrong = dict.fromkeys(each for blank in question.blanks for each in blank.wrong)
        slips = "; ".join(f"{value}: {self.text(said)}" for value, said in wrong)
        return {
            "text": asked,
            "questions": [self.html(question, _hole).removeprefix(asked)],
            "overallFeedback": [_told(0, 99, slips), _told(100, 100, self._working(question))],
        }

    def _working(self, question: Question) -> str:
        return "; ".join(self.text(line) for line in question.working)

    def table(self, table: Table) -> str:
        # the texts of questions have no tables
        return f"<p>{self.text(table.title or '')}</p>" + "".join(
            f"<p>{self._row(table, row.cells)}</p>"
            for row in [*table.rows, *([table.total] if table.total else [])]
        )

    def _row(self, table: Table, cells: Any) -> str:
        """A layer as a line: its name, and behind it its cells, numbers with their headings."""
        first, *others = zip(table.columns, cells, strict=True)
        told = (
            f"{self.text(column.heading)}: {each}" if isinstance(each, Markup) else self.text(cell(each))
            for column, each in others
            if each
        )
        return f"<strong>{self.text(cell(first[1]))}</strong>: {'; '.join(told)}"

    def text(self, text: str) -> str:
        # a name with a star is no blank
        return super().text(text).replace("*", "&#42;")


def _hole(_: int, blank: Blank) -> str:
    """A blank, with the usual spellings of its number."""
    return f"*{'/'.join(dict.fromkeys((str(blank.value), f'{blank.value:,}')))}*"


def _told(low: int, high: int, feedback: str) -> dict[str, Any]:
    """What is said for a score of so many percent."""
    return {"from": low, "to": high, **({"feedback": feedback} if feedback else {})}


def _dependency(library: str) -> dict[str, Any]:
    name, _, version = library.partition(" ")
    major, minor = version.split(".")
    return {"machineName": name, "majorVersion": int(major), "minorVersion": int(minor)}
