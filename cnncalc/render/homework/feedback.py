"""What a student gets back: one file, in Markdown or HTML."""

from __future__ import annotations

import re

from cnncalc.analysis.report import Report
from cnncalc.homework.grading import Graded
from cnncalc.languages import Joined, Message
from cnncalc.render.document import Block, Document, Paragraph, Title
from cnncalc.render.homework.marking import marked_table, score, working_sections

_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever comes after a dot."""


class FileNames:
    """Names for the files of students: nothing in them that a file system minds, and no two alike.

    >>> names = FileNames()
    >>> names.of("a/b"), names.of("A?b"), names.of("李四"), names.of("con.x")
    ('a_b', 'A_b-2', '李四', '_con.x')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, student: str) -> str:
        """The name for a further student, without a suffix."""
        # a name has at most 255 bytes, three for a Chinese character
        kept = re.sub(r"[^\w .@()+-]", "_", student)[:60].strip(" .") or "student"
        if _DEVICE.match(kept):
            kept = f"_{kept}"
        name, number = kept, 1
        # many file systems take A and a for the same
        while name.casefold() in self._taken:
            number += 1
            name = f"{kept}-{number}"
        self._taken.add(name.casefold())
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
