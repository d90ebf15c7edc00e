"""After the exam: the spread of the marks, the questions, and every answer of a class, as tables."""

from collections.abc import Iterator
from itertools import groupby

from cnncalc.homework.answers import TOTAL, number
from cnncalc.homework.grading import Statistics
from cnncalc.homework.item_analysis import SIGNS, histogram, quartiles
from cnncalc.languages import Joined, Message
from cnncalc.render.document import Column, Paragraph, Row, Share, Table
from cnncalc.render.homework.marking import said


def analysis(statistics: Statistics) -> Iterator[Table | Paragraph]:
    """The tables of a class; nothing where no sheet could be read."""
    if statistics.each:
        yield _spread(statistics)
        yield _histogram(statistics)
        yield _questions(statistics)
        yield Paragraph(Message("exam.discrimination"))
        yield _matrix(statistics)
        yield Paragraph(Message("exam.signs", **SIGNS))


def _spread(statistics: Statistics) -> Table:
    first, third = quartiles(statistics.each)
    values = {
        "sheets": len(statistics.each),
        "mean": number(statistics.mean),
        "median": number(statistics.median),
        "deviation": round(statistics.deviation, 4),
        "lowest": number(min(statistics.each)),
        "first_quartile": number(first),
        "third_quartile": number(third),
        "highest": number(max(statistics.each)),
        "out_of": number(statistics.out_of),
    }
    rows = [Row([Message(f"exam.{name}"), value]) for name, value in values.items()]
    return Table([Column("statistic"), Column("value", number=True)], rows, Message("exam.marks"))


def _histogram(statistics: Statistics) -> Table:
    bins = histogram(statistics.each, statistics.out_of)
    most = max(each.students for each in bins) / len(statistics.each)
    rows = [
        Row(
            [
                Message("solve.to", low=number(each.low), high=number(each.high)),
                each.students,
                Share(each.students / len(statistics.each), most),
            ]
        )
        for each in bins
    ]
    columns = [Column("marks"), Column("students", number=True), Column("part_of_class", number=True)]
    return Table(columns, rows, Message("exam.histogram"))


def _questions(statistics: Statistics) -> Table:
    columns = [
        Column("layer"),
        Column("quantity"),
        Column("right", number=True),
        Column("marks", number=True, spare=1),
        Column("discrimination", number=True),
    ]
    rows = [
        Row(
            [
                Message("word.total") if name == TOTAL else name,
                said(quantity),
                Share(item.right),
                Share(item.marks),
                None if item.discrimination is None else round(item.discrimination, 2),
            ]
        )
        for (name, quantity), item in zip(statistics.asked, statistics.items.items(), strict=True)
    ]
    return Table(columns, rows, Message("exam.questions"))


def _matrix(statistics: Statistics) -> Table:
    """A row for each student, the best first; the signs of a layer's answers stand together."""
    layers = [(name, len(list(each))) for name, each in groupby(name for name, _ in statistics.asked)]
    items = statistics.items
    in_order = sorted(range(len(items.students)), key=lambda at: (-statistics.each[at], items.students[at]))
    rows = []
    for at in in_order:
        signs, parts, start = items.signs[at], [], 0
        for _, count in layers:
            parts.append(signs[start : start + count])
            start += count
        rows.append(Row([items.students[at], number(statistics.each[at]), " ".join(parts)]))
    names = Joined(Message("word.total") if name == TOTAL else name for name, _ in layers)
    columns = [Column("student"), Column("marks", number=True), Column("answers")]
    return Table(columns, rows, Message("exam.matrix", layers=names))
