"""A class on screen, as CSV, as JSON: a row for each student, then the slips that cost most."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.homework.answers import VERDICTS, number
from cnncalc.homework.grading import Graded, Statistics
from cnncalc.homework.numbers import plain
from cnncalc.render.marking import score
from cnncalc.render.table import Column, Row, Table

_SPARE = dict(zip(VERDICTS, (1, 2, 0, 3, 4), strict=True))
"""Which columns a narrow terminal does without first: how many were wrong stays."""


def summary(graded: Graded) -> dict[str, Any]:
    """What is kept of a student once the sheet is marked."""
    marked = graded.marked
    counts = {verdict: marked.count(verdict) if marked else None for verdict in VERDICTS}
    return {
        "student": graded.student,
        "file": graded.file,
        "marks": number(graded.marks),
        "out_of": number(marked.out_of) if marked else None,
        "score": score(marked) if marked else "",
        **counts,
        "problem": graded.problem,
        "notes": list(graded.notes),
    }


def class_table(students: Sequence[dict[str, Any]], title: str, statistics: Statistics) -> Table:
    """The students of a class."""
    columns = [
        Column("Student"),
        Column("Marks", number=True),
        *(Column(verdict.capitalize(), number=True, spare=rank) for verdict, rank in _SPARE.items()),
        Column("Remark"),
    ]
    rows = [
        Row([one["student"], one["score"], *(one[verdict] for verdict in VERDICTS), _remark(one)])
        for one in students
    ]
    told = (
        f"{statistics.students} students, {plain(statistics.mean)} of {plain(statistics.out_of)} on average"
    )
    if statistics.unreadable:
        told += f", {statistics.unreadable} unreadable"
    return Table(columns, rows, title, caption=told, data=lambda: _json(students, statistics))


def _remark(one: dict[str, Any]) -> str:
    return "; ".join([f"can't be marked: {one['problem']}"] * bool(one["problem"]) + one["notes"][:3])


def _json(students: Sequence[dict[str, Any]], statistics: Statistics) -> Iterator[str]:
    kept = [{name: value for name, value in one.items() if name != "score"} for one in students]
    yield json.dumps({"students": kept, "statistics": statistics.to_dict()}, ensure_ascii=False) + "\n"


def slips_table(statistics: Statistics) -> Table:
    """The slips of a class, the one that cost most first."""
    columns = [
        Column("Slip"),
        Column("Students", number=True),
        Column("Answers", number=True),
        Column("Marks lost", number=True),
        Column("Most at"),
    ]
    rows = [
        Row([name, count.students, count.answers, number(count.lost), count.where.most_common(1)[0][0]])
        for name, count in statistics.worst()
    ]
    return Table(columns, rows, "What went wrong")


def class_csv(students: Sequence[dict[str, Any]]) -> Table:
    """The marks for a mark book: a row for each student, numbers as they are."""
    names = ["student", "marks", "out_of", *VERDICTS, "file", "problem"]
    rows = [Row([one[name] for name in names]) for one in students]
    return Table([Column(name) for name in names], rows)
