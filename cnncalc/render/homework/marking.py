"""A marked sheet: a table of the answers, the right working where it is asked for."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.errors import CnncalcError
from cnncalc.explain import work_out
from cnncalc.explain.data import Equation
from cnncalc.formula import text
from cnncalc.homework.answers import TOTAL, Answer, Marked
from cnncalc.homework.numbers import plain
from cnncalc.languages import Joined, Message, all_of, word
from cnncalc.quantity import QUANTITIES
from cnncalc.render.document import Code, Column, Document, Line, List, Row, Section, Table, cell
from cnncalc.render.json_text import json_text

TONES = {"right": "good", "wrong": "bad", "carried": "doubtful", "unreadable": "doubtful", "missing": "faint"}
"""How a verdict is coloured."""


def marked_document(
    marked: Marked,
    title: str = "",
    *,
    show_answers: bool = False,
    report: Report | None = None,
    everything: bool = False,
) -> Document:
    """The marked answers; with the report that they are held to, the right working of those that lack it."""
    sections = [] if report is None else working_sections(report, marked, everything=everything)
    return Document(
        [marked_table(marked, title, show_answers=show_answers), *sections],
        data=lambda: iter([json_text(marked.to_dict())]),
    )


def marked_table(marked: Marked, title: str = "", *, show_answers: bool = False) -> Table:
    """The answers, one a row; layers of which nothing is said are one row together."""
    # where every answer counts 1, its verdict says its marks
    weighed = any(answer.out_of != 1 or 0 < answer.marks < 1 for answer in marked.answers)
    columns = [
        *map(Column, ("layer", "quantity", "answer", "right_answer", "verdict")),
        Column("marks", number=True),
        Column("remark"),
    ]
    wanted = {"right_answer": show_answers, "marks": weighed}
    shown = [at for at, column in enumerate(columns) if wanted.get(column.id, True)]
    in_all = Row([Message("heading.marks"), None, score(marked.marks, marked.out_of), None, None, None, None])
    *rows, total = [
        row._replace(cells=[row.cells[at] for at in shown])
        for row in (*_rows(marked.answers, show_answers), in_all)
    ]
    return Table([columns[at] for at in shown], rows, title, total)


def score(marks: Fraction, out_of: Fraction) -> str:
    """The marks of a sheet: 15 of 21."""
    return Message("grade.score", marks=_marks(marks), out_of=_marks(out_of))


def said(quantity: str) -> str:
    """The words for a quantity."""
    found = word("asked", quantity)
    return found if isinstance(found, Message) else word("quantity", quantity)


def _marks(value: Fraction) -> str:
    return plain(value) if value.denominator == 1 else f"{float(value):.2f}".rstrip("0")


def _rows(answers: Sequence[Answer], show_answers: bool) -> Iterator[Row]:
    by_layer = [(name, list(group)) for name, group in groupby(answers, lambda answer: answer.layer)]
    for blank, layers in groupby(by_layer, lambda pair: all(a.verdict == "missing" for a in pair[1])):
        each = list(layers)
        if blank and len(each) > 1 and not show_answers:
            first, last = each[0][0], each[-1][0]
            names = Message("solve.to", low=first, high=last) if len(each) > 2 else all_of([first, last])
            missing = [answer for _, group in each for answer in group]
            worth = sum((answer.out_of for answer in missing), Fraction(0))
            count = Message("marks.answers", count=len(missing))
            told = [names, count, "", "", Message("verdict.missing"), f"0/{_marks(worth)}", ""]
            yield Row(told, tone=TONES["missing"])
            continue
        for _, group in each:
            for answer in group:
                cells = [
                    named(answer),
                    said(answer.quantity),
                    answer.text,
                    expected(answer),
                    Message(f"verdict.{answer.verdict}"),
                    f"{_marks(answer.marks)}/{_marks(answer.out_of)}",
                    remark(answer),
                ]
                yield Row(cells, tone=TONES[answer.verdict])


def named(answer: Answer) -> str:
    """The layer of an answer, or the word for the total."""
    return Message("word.total") if answer.layer == TOTAL else answer.layer


def remark(answer: Answer) -> str:
    """The remark on an answer, with the place of an answer that can't be read."""
    if answer.verdict == "unreadable" and answer.place:
        return Joined([answer.place, answer.message], "colon")
    return "" if answer.verdict == "missing" else answer.message


def expected(answer: Answer) -> str:
    """The right answer as people write it."""
    value = answer.expected
    if value is None:
        return Message("marks.all")
    if answer.quantity == "values" or answer.quantity.startswith("dL/"):
        return _matrix(value)
    if QUANTITIES[answer.quantity].unit == "share":
        return f"{float(value):.4g}%"
    return _sizes(answer.quantity, value) if isinstance(value, list) else cell(value)


def answer_text(quantity: str, value: Any) -> str:
    """A right answer as a student would type it, in digits alone."""
    if QUANTITIES[quantity].unit == "share":
        return f"{float(value):.4g}%"
    return str(value) if isinstance(value, int | Fraction) else _sizes(quantity, value)


def _sizes(quantity: str, value: Sequence[int]) -> str:
    """A shape, or a receptive field, of which one size says as much where all are alike."""
    single = QUANTITIES[quantity].unit in ("field", "window") and len(set(value)) == 1
    return str(value[0]) if single else "x".join(map(str, value))


def _matrix(value: list[Any]) -> str:
    """A matrix as it is typed, or one for each map; one row where it is a signal."""
    rows = value if value and isinstance(value[0], list) else [value]
    if rows[0] and isinstance(rows[0][0], list):
        return " | ".join(
            _matrix([[entry[at] for entry in row] for row in rows]) for at in range(len(rows[0][0]))
        )
    return "; ".join(" ".join(str(entry) for entry in row) for row in rows)


# ---- the right working


def working_sections(report: Report, marked: Marked, *, everything: bool) -> list[Section]:
    """With `everything`, a section for each answer that is not right."""
    return [
        Section(_heading(answer), [List(lines)] if (lines := _equations(report, answer)) else [])
        for answer in marked.answers
        if everything and not answer.earns
    ]


def _heading(answer: Answer) -> str:
    """The layer, the quantity and the right answer."""
    values = {"layer": named(answer), "quantity": said(answer.quantity), "answer": expected(answer)}
    return Message("marking.heading", **values)


def _equations(report: Report, answer: Answer) -> list[Line]:
    """The equations that lead to the right answer."""
    row = report[answer.layer] if answer.layer in report.numbers else None
    if not isinstance(row, LayerReport):
        return []
    try:
        working = work_out(report, row, [answer.quantity]).workings[0]
    except CnncalcError:
        return []
    return [Code(line) for equation in working.equations if (line := _line(equation))]


def _line(equation: Equation) -> str:
    """A = F*F*C = 5*5*3 = 75, each side once."""
    sides = list(dict.fromkeys(text(tree, numbers) for tree, numbers in equation.chain))
    name = equation.name if equation.letter else ""
    return " = ".join(filter(None, [name, *sides])) if len(sides) > 1 or name else ""
