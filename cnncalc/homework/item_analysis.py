"""The statistics of an exam: the spread of the marks, and how well each question tells students apart."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

from cnncalc.homework.answers import VERDICTS, Answer, number

SIGNS = dict(zip(VERDICTS, "+>x.?", strict=True))
"""The sign of a verdict in the matrix of answers."""
BINS = 10
"""How many columns the histogram of marks has."""


class Bin(NamedTuple):
    """A column of the histogram: the marks from `low` to below `high`, the last one with `high`."""

    low: Fraction
    high: Fraction
    students: int


class Item(NamedTuple):
    """The answers of a class to one question."""

    right: float
    """The part of the students whose answer is right or carried."""
    marks: float
    """The part of its marks that the class got."""
    discrimination: float | None
    """The point-biserial correlation of a right answer with the marks on the other questions, from -1 to 1.

    None where all or none are right, or all others' marks are equal. Source: Lord and Novick, Statistical
    Theories of Mental Test Scores (1968), chapter 15; the question itself is left out of the marks.
    """


@dataclass
class Items:
    """The answers of a class, gathered student by student: a sign and a number for each."""

    students: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    marks: list[tuple[float, ...]] = field(default_factory=list)
    worth: tuple[float, ...] = ()

    def add(self, student: str, answers: Sequence[Answer]) -> None:
        """Notes one student's answers, which are the same questions for all."""
        self.students.append(student)
        self.signs.append("".join(SIGNS[answer.verdict] for answer in answers))
        self.marks.append(tuple(float(answer.marks) for answer in answers))
        self.worth = tuple(float(answer.out_of) for answer in answers)

    def items(self) -> list[Item]:
        """The questions, in order."""
        whole = [sum(own) for own in self.marks]
        found = []
        for at, worth in enumerate(self.worth):
            right = [signs[at] in SIGNS["right"] + SIGNS["carried"] for signs in self.signs]
            got = [own[at] for own in self.marks]
            rest = [marks - own for marks, own in zip(whole, got, strict=True)]
            share = statistics.fmean(got) / worth if worth else 0.0
            found.append(Item(statistics.fmean(right), share, point_biserial(right, rest)))
        return found


def point_biserial(right: Sequence[bool], marks: Sequence[float]) -> float | None:
    """(M1 - M0)/s * sqrt(p*q): the correlation of right and wrong with marks, s over all students.

    >>> point_biserial([True, True, False, False], [4, 3, 2, 1])
    0.8944271909999159
    >>> point_biserial([True, True], [4, 3]) is None
    True
    """
    ones = [mark for is_right, mark in zip(right, marks, strict=True) if is_right]
    zeros = [mark for is_right, mark in zip(right, marks, strict=True) if not is_right]
    spread = statistics.pstdev(marks) if marks else 0.0
    if not ones or not zeros or spread < 1e-9:
        return None
    p = len(ones) / len(marks)
    return (statistics.fmean(ones) - statistics.fmean(zeros)) / spread * sqrt(p * (1 - p))


def histogram(marks: Sequence[Fraction], out_of: Fraction) -> list[Bin]:
    """Number of sheets with marks in each tenth.

    >>> [each.students for each in histogram([Fraction(0), Fraction(5), Fraction(10)], Fraction(10))]
    [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    """
    counts = [0] * BINS
    for mark in marks:
        counts[min(int(mark * BINS / out_of), BINS - 1) if out_of else 0] += 1
    return [Bin(out_of * at / BINS, out_of * (at + 1) / BINS, count) for at, count in enumerate(counts)]


def quartiles(marks: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """The marks below which a quarter and three quarters of the sheets lie, between neighbours in proportion.

    >>> quartiles([Fraction(mark) for mark in (1, 2, 3, 4, 5)])
    (Fraction(2, 1), Fraction(4, 1))
    """
    if len(marks) < 2:
        return (marks[0], marks[0]) if marks else (Fraction(0), Fraction(0))
    first, _, third = statistics.quantiles(marks, n=4, method="inclusive")
    return first, third


def to_dict(marks: Sequence[Fraction], out_of: Fraction, items: Items) -> dict[str, object]:
    """The spread and the answers as JSON has them."""
    first, third = quartiles(marks)
    return {
        "lowest": number(min(marks, default=Fraction(0))),
        "highest": number(max(marks, default=Fraction(0))),
        "quartiles": [number(first), number(third)],
        "histogram": [
            {"from": number(each.low), "to": number(each.high), "students": each.students}
            for each in histogram(marks, out_of)
        ],
        "matrix": [
            {"student": student, "verdicts": [_VERDICT_OF[sign] for sign in signs]}
            for student, signs in zip(items.students, items.signs, strict=True)
        ],
    }


_VERDICT_OF = {sign: verdict for verdict, sign in SIGNS.items()}
