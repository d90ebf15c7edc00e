"""A marked sheet: a table of the answers, the right working where it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from typing import Any

from cnncalc.homework.answers import TOTAL, Answer, Marked
from cnncalc.homework.numbers import plain
from cnncalc.languages import spoken
from cnncalc.quantity import QUANTITIES
from cnncalc.render.tables.table import Column, Row, Table, cell

TONES = {"wrong": "bad", "carried": "doubtful", "unreadable": "doubtful", "missing": "faint"}
"""How a verdict is coloured."""


def marked_table(marked: Marked, title: str = "", *, show_answers: bool = False) -> Table:
    """The answers, one a row; layers of which nothing is said are one row together."""
    # where every answer counts 1, its verdict says its marks
    weighed = any(answer.out_of != 1 or 0 < answer.marks < 1 for answer in marked.answers)
    shown = [True, True, True, show_answers, True, weighed, True]
    headings = [Column(name) for name in ("Layer", "Quantity", "Answer", "Right answer", "Verdict")]
    columns = [*headings, Column("Marks", number=True), Column("Remark")]
    in_all = Row(["Marks", None, score(marked.marks, marked.out_of), None, None, None, None])
    rows = [*_rows(marked.answers, show_answers), in_all]
    *rows, total = [
        replace(row, cells=[value for value, show in zip(row.cells, shown, strict=True) if show])
        for row in rows
    ]
    return Table(
        [column for column, show in zip(columns, shown, strict=True) if show],
        rows,
        title,
        total,
        explains=True,
        data=lambda: iter([json.dumps(marked.to_dict(), ensure_ascii=False) + "\n"]),
    )


def score(marks: Fraction, out_of: Fraction) -> str:
    """The marks of a sheet: 15 of 21."""
    return spoken().say("grade.score", marks=_marks(marks), out_of=_marks(out_of))


def said(quantity: str) -> str:
    """What people are told a quantity is, in their language."""
    return spoken().heading(_called(quantity))


def _called(quantity: str) -> str:
    """What people are told a quantity is, in English; the values of a convolution are none of a network."""
    return QUANTITIES[quantity].answer if quantity in QUANTITIES else quantity


def _marks(value: Fraction) -> str:
    return plain(value) if value.denominator == 1 else f"{float(value):.2f}".rstrip("0")


def _rows(answers: Sequence[Answer], show_answers: bool) -> Iterator[Row]:
    by_layer = [(name, list(group)) for name, group in groupby(answers, lambda answer: answer.layer)]
    for blank, layers in groupby(by_layer, lambda pair: all(a.verdict == "missing" for a in pair[1])):
        each, words = list(layers), spoken()
        if blank and len(each) > 1 and not show_answers:
            first, last = each[0][0], each[-1][0]
            names = words.say("solve.to", low=first, high=last) if len(each) > 2 else words.all([first, last])
            missing = [answer for _, group in each for answer in group]
            worth = sum((answer.out_of for answer in missing), Fraction(0))
            count = words.say("marks.answers", count=len(missing))
            told = [names, count, "", "", "missing", f"0/{_marks(worth)}", ""]
            yield Row(told, tone=TONES["missing"])
            continue
        for _, group in each:
            for answer in group:
                got = f"{_marks(answer.marks)}/{_marks(answer.out_of)}"
                name, quantity = named(answer), _called(answer.quantity)
                told = [name, quantity, answer.text, expected(answer), answer.verdict, got, remark(answer)]
                yield Row(told, tone=TONES.get(answer.verdict, ""))


def named(answer: Answer) -> str:
    """The layer of an answer, or the word for the total."""
    return spoken().heading(TOTAL) if answer.layer == TOTAL else answer.layer


def remark(answer: Answer) -> str:
    """What is said of an answer, with the place of one that can't be read."""
    if answer.verdict == "unreadable" and answer.place:
        return f"{answer.place}{spoken().say('colon')}{answer.message}"
    return "" if answer.verdict == "missing" else answer.message


def expected(answer: Answer) -> str:
    """The right answer as people write it."""
    value = answer.expected
    if value is None:
        return spoken().say("marks.all")
    if answer.quantity == "values":
        return _matrix(value)
    if isinstance(value, list):
        return "x".join(map(str, value)) if answer.quantity == "shape" else _sight(value)
    return cell(value)


def _matrix(value: list[Any]) -> str:
    """A matrix as it is typed; one row where it is a signal."""
    rows = value if value and isinstance(value[0], list) else [value]
    return "; ".join(" ".join(str(entry) for entry in row) for row in rows)


def _sight(value: list[Any]) -> str:
    return str(value[0]) if len(set(value)) == 1 else "x".join(map(str, value))
