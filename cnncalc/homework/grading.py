"""A class: every sheet of a folder, marked; who it belongs to, and what went wrong most."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from cnncalc.errors import CnncalcError, Fault, Place
from cnncalc.homework.answers import Answer, Marked, Rules, number
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.sheets import SUFFIXES, read_sheet

MOST_FILES = 100_000


@dataclass(frozen=True)
class Submission:
    """A student's sheet, and the others that there are of the same student."""

    student: str
    path: Path
    others: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Graded:
    """A student's sheet, marked; `problem` says why it can't be."""

    student: str
    file: str
    marked: Marked | None
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def marks(self) -> Fraction:
        return self.marked.marks if self.marked else Fraction(0)


def submissions(folder: Path) -> list[Submission]:
    """The sheets of a folder by student: a file is named for its student, or stands in a folder that is.

    Of several sheets of one student the one changed last counts. Raises CnncalcError.
    """
    found: dict[str, list[Path]] = {}
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        for entry in entries[:MOST_FILES]:
            if _is_hidden(entry.name):
                continue
            if entry.is_dir():
                for path in _within(Path(entry.path)):
                    found.setdefault(entry.name, []).append(path)
            elif (path := Path(entry.path)).suffix.lower() in SUFFIXES:
                found.setdefault(path.stem, []).append(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CnncalcError(Fault("bad_folder", f"can't be read: {reason}", "", Place(str(folder)))) from None
    if not found:
        help = f"files that end in {', '.join(SUFFIXES)}, or a folder for each student"
        raise CnncalcError(Fault("no_sheets", "holds no answer sheet", help, Place(str(folder))))
    return [_chosen(student, paths) for student, paths in sorted(found.items())]


def _is_hidden(name: str) -> bool:
    # a spreadsheet that is open leaves a file of its own beside itself
    return name.startswith((".", "~$", "__MACOSX"))


def _within(folder: Path) -> Iterator[Path]:
    """The sheets of a student's folder, one folder deeper too."""
    for path in sorted([*folder.glob("*"), *folder.glob("*/*")])[:1000]:
        if path.suffix.lower() in SUFFIXES and not any(map(_is_hidden, path.parts[-2:])) and path.is_file():
            yield path


def _chosen(student: str, paths: list[Path]) -> Submission:
    latest = max(paths, key=lambda path: (path.stat().st_mtime, path.name))
    return Submission(student, latest, tuple(path for path in paths if path != latest))


def grade(key: Key, each: Iterable[Submission], rules: Rules) -> Iterator[Graded]:
    """Every sheet, marked, one after another; one that can't be read costs its student only."""
    for submission in each:
        notes: tuple[str, ...] = ()
        if submission.others:
            told = ", ".join(path.name for path in submission.others[:5])
            notes = (f"{submission.path.name} counts, changed last; there is also {told}",)
        file = str(submission.path)
        try:
            marked = mark_sheet(key, read_sheet(submission.path), rules)
        except CnncalcError as error:
            yield Graded(submission.student, file, None, error.faults[0].message, notes)
        else:
            yield Graded(submission.student, file, marked, "", (*notes, *marked.notes))


@dataclass
class SlipCount:
    """How often a slip was made, by how many students, and the marks that it cost."""

    answers: int = 0
    students: int = 0
    lost: Fraction = Fraction(0)
    where: Counter[str] = field(default_factory=Counter)


@dataclass
class Statistics:
    """What a class did, gathered sheet by sheet, so that a large one takes no room."""

    students: int = 0
    unreadable: int = 0
    marks: Fraction = Fraction(0)
    out_of: Fraction = Fraction(0)
    verdicts: Counter[str] = field(default_factory=Counter)
    slips: dict[str, SlipCount] = field(default_factory=dict)

    def add(self, graded: Graded) -> None:
        """Counts one student's sheet."""
        self.students += 1
        if graded.marked is None:
            self.unreadable += 1
            return
        self.marks += graded.marks
        self.out_of = max(self.out_of, graded.marked.out_of)
        made = set()
        for answer in graded.marked.answers:
            self.verdicts[answer.verdict] += 1
            if answer.verdict == "wrong":
                for name in answer.slips or ("unexplained",):
                    self._count(name, answer)
                    made.add(name)
        for name in made:
            self.slips[name].students += 1

    def _count(self, name: str, answer: Answer) -> None:
        count = self.slips.setdefault(name, SlipCount())
        count.answers += 1
        count.lost += (answer.out_of - answer.marks) / (len(answer.slips) or 1)
        count.where[f"{answer.layer} {answer.quantity}"] += 1

    @property
    def mean(self) -> Fraction:
        """Of the sheets that could be read."""
        read = self.students - self.unreadable
        return self.marks / read if read else Fraction(0)

    def worst(self) -> list[tuple[str, SlipCount]]:
        """The slips, the one that cost most first."""
        return sorted(self.slips.items(), key=lambda pair: (-pair[1].lost, -pair[1].answers, pair[0]))

    def to_dict(self) -> dict[str, object]:
        return {
            "students": self.students,
            "unreadable": self.unreadable,
            "mean": number(self.mean),
            "out_of": number(self.out_of),
            "verdicts": dict(self.verdicts),
            "slips": [
                {
                    "slip": name,
                    "answers": count.answers,
                    "students": count.students,
                    "marks_lost": number(count.lost),
                    "most_at": count.where.most_common(1)[0][0],
                }
                for name, count in self.worst()
            ],
        }
