"""A class on screen, as CSV, as JSON: a row for each student, then the slips that cost most."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

from cnncalc.homework.answers import VERDICTS, number
from cnncalc.homework.grading import Graded, SlipCount, Statistics
from cnncalc.homework.sentences import marking, slip
from cnncalc.languages import Joined, Language, Message
from cnncalc.render.document import Column, Document, Paragraph, Row, Table
from cnncalc.render.homework.item_analysis import analysis
from cnncalc.render.homework.marking import said, score
from cnncalc.render.json_text import json_text

_SPARE = dict(zip(VERDICTS, (1, 2, 0, 3, 4), strict=True))
"""Which columns a narrow terminal does without first: how many were wrong stays."""


def summary(graded: Graded) -> dict[str, Any]:
    """The result of a student, kept once the sheet is marked."""
    marked = graded.marked
    counts = {verdict: marked.count(verdict) if marked else None for verdict in VERDICTS}
    return {
        "student": graded.student,
        "id": graded.number,
        "file": graded.file,
        "marks": number(graded.marks),
        "out_of": number(graded.out_of),
        "score": score(graded.marks, graded.out_of),
        **counts,
        "problem": graded.problem,
        "notes": list(graded.notes),
    }


def class_document(
    students: Sequence[dict[str, Any]], title: str, statistics: Statistics, *, analysed: bool = False
) -> Document:
    """The students of a class, then the slips that cost most; `analysed`, also what the exam tells."""
    columns = [
        Column("student"),
        Column("marks", number=True),
        *(Column(verdict, number=True, spare=rank) for verdict, rank in _SPARE.items()),
        Column("remark"),
    ]
    rows = [
        Row([one["student"], one["score"], *(one[verdict] for verdict in VERDICTS), _remark(one)])
        for one in students
    ]
    slips = [slips_table(statistics)] if statistics.slips else []
    tables = analysis(statistics) if analysed else ()
    return Document(
        [Table(columns, rows, title), *map(Paragraph, _captions(statistics)), *slips, *tables],
        data=lambda: _json(students, statistics.analysis() if analysed else statistics.to_dict()),
        csv=class_csv(students),
    )


def _remark(one: dict[str, Any]) -> str:
    problem = [Message("grade.problem", problem=one["problem"])] if one["problem"] else []
    return Joined([*problem, *one["notes"][:3]], "list.semicolon")


def _captions(statistics: Statistics) -> Iterator[str]:
    """How the class did, and what it was asked."""
    mean = score(statistics.mean, statistics.out_of)
    if statistics.students > 1:
        told = [Message("grade.average", students=statistics.students, score=mean)]
        if statistics.unreadable:
            told.append(Message("grade.unreadable", count=statistics.unreadable))
        yield Joined(told, "")
    by_layers: dict[int, list[str]] = {}
    for quantity, layers in statistics.columns.items():
        by_layers.setdefault(layers, []).append(said(quantity))
    parts = [Message("grade.of_layers", layers=n, names=Joined(each)) for n, each in by_layers.items()]
    if statistics.totals:
        parts.append(Message("grade.of_total", names=Joined(map(said, statistics.totals))))
    if statistics.by_hand:
        parts.append(Message("grade.by_hand", names=Joined(statistics.by_hand)))
    if parts:
        yield Message("grade.asked", parts=Joined(parts, "list.semicolon"))


def _json(students: Sequence[dict[str, Any]], statistics: dict[str, Any]) -> Iterator[str]:
    kept = [{name: value for name, value in one.items() if name != "score"} for one in students]
    yield json_text({"students": kept, "statistics": statistics})


def slips_table(statistics: Statistics) -> Table:
    """The slips of a class, the one that cost most first."""
    columns = [
        Column("slip"),
        Column("students", number=True),
        Column("answers", number=True),
        Column("marks_lost", number=True),
        Column("most_at"),
        Column("meaning", spare=1),
    ]
    rows = [
        Row([name, count.students, count.answers, number(count.lost), _where(count), _meaning(name)])
        for name, count in statistics.worst()
    ]
    return Table(columns, rows, Message("grade.slips"))


def _where(count: SlipCount) -> str:
    ((layer, quantity),) = [pair for pair, _ in count.where.most_common(1)]
    return Joined([layer, said(quantity)], " ")


class _Meaning(Message):
    """What was done, without what is right: the beginning of a sentence."""

    __slots__ = ()

    def __new__(cls, sentence: str) -> Self:
        self = str.__new__(cls, _beginning(sentence))
        self.key, self.of, self.values = "", (), {"sentence": sentence}
        return self

    def told(self, language: Language) -> str:
        return _beginning(language.tell(self.values["sentence"]))


def _beginning(sentence: str) -> str:
    return re.split(r"[:\uff1a]", sentence)[0]


def _meaning(name: str) -> str:
    unexplained = name == "unexplained"
    return _Meaning(marking("unexplained") if unexplained else slip(name, order="", which=""))


def class_csv(students: Sequence[dict[str, Any]]) -> Table:
    """The marks for a mark book: a row for each student, numbers as they are."""
    numbered = ["id"] if any(one["id"] for one in students) else []
    names = ["student", *numbered, "marks", "out_of", *VERDICTS, "file", "problem", "notes"]
    told = ({**one, "notes": "; ".join(one["notes"])} for one in students)
    rows = [Row([one[name] for name in names]) for one in told]
    return Table([Column(name, called=name) for name in names], rows)


def for_excel(pieces: Iterable[str]) -> str:
    """The text of a CSV file that Excel opens: it takes UTF-8 for what it is where a mark stands first.

    Where all is ASCII no mark is needed, and none stands in a script's way.
    """
    text = "".join(pieces)
    return text if text.isascii() else f"\ufeff{text}"
