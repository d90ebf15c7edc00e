"""A quiz as a Jupyter notebook for nbgrader: a cell for each answer, and hidden tests that name slips."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cnncalc.homework.questions import Blank, Question
from cnncalc.homework.quiz import Quiz
from cnncalc.plain_text import visible
from cnncalc.quantity import QUANTITIES
from cnncalc.render.document import Block, Document, Paragraph, Title
from cnncalc.render.homework.quiz_document import choice_list, title_blocks
from cnncalc.render.homework.quiz_formats import QuizWriter
from cnncalc.render.homework.quiz_network import network_table
from cnncalc.render.json_text import json_text
from cnncalc.render.writer import writer_of

Cell = dict[str, Any]


class Writer(QuizWriter):
    """The teacher's notebook: `nbgrader generate_assignment` takes the solutions and the tests out."""

    SUFFIX = ".ipynb"

    def head(self) -> Iterator[Cell]:
        """The cells before the title."""
        yield from ()

    def pieces(self, quiz: Quiz) -> Iterator[str]:
        cells = [*self.head(), self._markdown("title", [Title(quiz.title), *title_blocks(quiz)])]
        for number, question in enumerate(quiz.questions, 1):
            cells += self._question(quiz, f"q{number}", question)
        notebook = {
            "cells": cells,
            "metadata": {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        yield json_text(notebook, indent=1)

    def _question(self, quiz: Quiz, name: str, question: Question) -> Iterator[Cell]:
        blocks: list[Block] = [Paragraph((f"{name}. ", question.text))]
        if question.choices:
            blocks.append(choice_list(question, quiz.seed))
        if question.grid and question.network:
            blocks.append(network_table(question.network))
        asked = self._markdown(name, blocks)
        right, form, tests = _answers(name, question, quiz.seed)
        told = {test: self._test(*each) for test, each in tests.items()}
        yield from self.answered(asked, name, f"# {form}", f"{name} = {right}", told)

    def _test(self, given: str, expected: Any, off: Fraction, slips: dict[Any, str]) -> list[str]:
        told = {value: visible(self.tell(said)) for value, said in slips.items()}
        lines = [f"given = {given}", f"slips = {told!r}", "assert given not in slips, slips[given]"]
        return [*lines, f"assert {_close(expected, off)}, given"]

    def answered(
        self, asked: Cell, name: str, form: str, solution: str, tests: dict[str, list[str]]
    ) -> Iterator[Cell]:
        """The cells of a question: behind the text how an answer is written, the right one, tests by name."""
        yield asked
        lines = [form, "### BEGIN SOLUTION", solution, "### END SOLUTION"]
        yield _graded(f"{name}-answer", lines, solution=True)
        for test, lines in tests.items():
            yield _graded(test, ["### BEGIN HIDDEN TESTS", *lines, "### END HIDDEN TESTS"], points=1)

    def _markdown(self, name: str, blocks: list[Block]) -> Cell:
        text = "".join(writer_of("markdown", self.language).pieces(Document(blocks)))
        return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.rstrip()}


Test = tuple[str, Any, Fraction, dict[Any, str]]
"""An answer as Python, the right one, the part by which it may be off, and the sentences of wrong ones."""


def _answers(name: str, question: Question, seed: str) -> tuple[str, str, dict[str, Test]]:
    """The right answer as Python, how an answer is written, and the tests by their names."""
    if question.grid:
        keys = {
            (layer, QUANTITIES[quantity].short): blanks
            for layer, row in question.grid.rows
            for quantity, blanks in zip(question.grid.quantities, row, strict=True)
            if blanks
        }
        right = {key: _value(blanks) for key, blanks in keys.items()}
        tests = {
            f"{name}-test{at}": _test(f"{name}[{key!r}]", blanks, question.tolerance)
            for at, (key, blanks) in enumerate(keys.items(), 1)
        }
        form = "".join(f"\n#     {key!r}: ...," for key in right)
        return repr(right), f"{name} = {{{form}\n# }}", tests
    if question.choices:
        letters = dict(zip("abcd", question.shuffled(seed), strict=False))
        letter = next(letter for letter, (_, is_key, _) in letters.items() if is_key)
        slips: dict[Any, str] = {each: said for each, (_, is_key, said) in letters.items() if not is_key}
        return repr(letter), f'{name} = "a"', {f"{name}-test": (name, letter, Fraction(0), slips)}
    form = f"{name} = {_value((Blank(0),) * len(question.blanks))!r}"
    return (
        repr(_value(question.blanks)),
        form,
        {f"{name}-test": _test(name, question.blanks, question.tolerance)},
    )


def _value(blanks: tuple[Blank, ...]) -> Any:
    values = tuple(blank.value for blank in blanks)
    return values if len(values) > 1 else values[0]


def _test(given: str, blanks: tuple[Blank, ...], tolerance: Fraction) -> Test:
    slips: dict[Any, str] = {}
    if len(blanks) == 1:
        return given, blanks[0].value, tolerance, dict(blanks[0].wrong)
    for at, blank in enumerate(blanks):
        for value, said in blank.wrong:
            shape = tuple(value if place == at else other.value for place, other in enumerate(blanks))
            slips[shape] = said
    return given, _value(blanks), tolerance, slips


def _close(right: Any, off: Fraction) -> str:
    """Whether an answer is right, as Python; each number of a shape may be off."""
    if not off:
        return f"given == {right!r}"
    if isinstance(right, tuple):
        near = " and ".join(
            f"abs(given[{at}] - {size}) <= {float(off * size)}" for at, size in enumerate(right)
        )
        return f"len(given) == {len(right)} and {near}"
    return f"abs(given - {right}) <= {float(off * right)}"


def code(name: str, lines: list[str], **metadata: Any) -> Cell:
    """A cell of code."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": metadata,
        "outputs": [],
        "source": "\n".join(lines),
    }


def _graded(name: str, lines: list[str], *, solution: bool = False, points: int | None = None) -> Cell:
    """A cell of code with what nbgrader says of it."""
    grade = {} if points is None else {"points": points}
    told = {
        "grade": points is not None,
        "grade_id": name,
        "locked": not solution,
        **grade,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return code(name, lines, nbgrader=told)
