"""The feedback to a student: one file, in Markdown or HTML."""

import re
from collections import Counter

from cnncalc.analysis.report import Report
from cnncalc.homework.grading import Graded
from cnncalc.languages import Joined, Message
from cnncalc.render.document import Block, Document, Paragraph, Title
from cnncalc.render.homework.marking import marked_table, score, working_sections

_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)", re.IGNORECASE)
"""The names that Windows takes for devices, whatever comes after a dot."""


class FileNames:
    """Names for the files of students: nothing in them that a file system minds, and no two alike.

    >>> names = FileNames()
    >>> names.of("a/b"), names.of("A?b"), names.of("李四"), names.of("con.x")
    ('a_b', 'A_b-2', '李四', '_con.x')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: Counter[str] = Counter()

    def of(self, student: str, *beside: str) -> str:
        """The name for a further student, without a suffix; also free with each of the endings `beside`."""
        # a name has at most 255 bytes, three for a Chinese character
        kept = re.sub(r"[^\w .@()+-]", "_", student)[:60].strip(" .") or "student"
        if _DEVICE.match(kept):
            kept = f"_{kept}"
        name = kept
        # many file systems take A and a for the same
        while not self._taken.isdisjoint(own := [name.casefold() + end for end in ("", *beside)]):
            self._numbers[kept.casefold()] += 1
            name = f"{kept}-{self._numbers[kept.casefold()] + 1}"
        self._taken.update(own)
        return name


def feedback(graded: Graded, report: Report, *, show_answers: bool, explain: bool) -> Document:
    """The whole of a student's file."""
    title = Joined([report.settings.network, graded.student], "colon")
    blocks: list[Block] = [Title(title), *map(Paragraph, (summary(graded), *graded.notes))]
    if graded.marked:
        blocks.append(marked_table(graded.marked, show_answers=show_answers))
        blocks += working_sections(report, graded.marked, everything=explain)
    return Document(blocks)


def summary(graded: Graded) -> str:
    """The marks in a line, or why there are none."""
    if graded.marked is None:
        return Message("grade.unmarkable", problem=graded.problem)
    return Message("grade.marks", score=score(graded.marks, graded.out_of))
