"""A class: what is asked of it, every sheet marked, and what went wrong most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from cnncalc.errors import CnncalcError, Fault
from cnncalc.homework.answers import TOTAL, Answer, Marked, Rules, number
from cnncalc.homework.key import Key
from cnncalc.homework.marking import Asked, mark_sheet, place, questions
from cnncalc.homework.sheets import QUANTITIES, Sheet, read_sheet
from cnncalc.homework.students import Submission, readable

MOST_CELLS_KEPT = 50_000


@dataclass(frozen=True)
class Graded:
    """A student's sheet, marked; `problem` says why it can't be."""

    student: str
    file: str
    marked: Marked | None
    out_of: Fraction
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def marks(self) -> Fraction:
        return self.marked.marks if self.marked else Fraction(0)


class Sheets:
    """The sheets of a class, each read when it is asked for, so that a large class takes no more room."""

    def __init__(self) -> None:
        self._kept: dict[Path, Sheet] = {}
        self._room = MOST_CELLS_KEPT

    def read(self, submission: Submission) -> Sheet:
        """The sheet of a submission; raises CnncalcError."""
        if submission.path is None:
            raise CnncalcError(Fault("no_sheets", submission.problem))
        if submission.path in self._kept:
            return self._kept.pop(submission.path)
        sheet = read_sheet(submission.path)
        # a spreadsheet takes ten times as long to read as text: a second time is worth its room
        cells = sum(map(len, sheet.rows.values()))
        if submission.path.suffix.lower() in (".xlsx", ".xlsm") and cells <= self._room:
            self._room -= cells
            self._kept[submission.path] = sheet
        return sheet


def asked_of_class(
    key: Key, each: Iterable[Submission], rules: Rules, sheets: Sheets
) -> list[tuple[str, str]]:
    """What is asked of a class: what the rules say, else what at least half of the sheets have.

    So a column that a student leaves away costs its marks, and one that a student adds costs nobody
    anything.
    """
    if rules.columns:
        return questions(key, {}, rules)
    counts: Counter[tuple[str, str]] = Counter()
    read = 0
    for submission in each:
        try:
            counts.update(questions(key, place(key, sheets.read(submission))[0], rules))
            read += 1
        except Exception:  # noqa: BLE001, S112 - what is wrong with one sheet is told where it is marked
            continue
    least = min((read + 1) // 2, max(counts.values(), default=0))
    order = {name: at for at, name in enumerate([*key.report.numbers, *key.report.graph.groups, TOTAL])}
    asked = [pair for pair, count in counts.items() if count >= least]
    return sorted(asked, key=lambda pair: (order[pair[0]], QUANTITIES.index(pair[1])))


def fault_of(error: Exception) -> str:
    """What is wrong with a sheet, with its name and line, and not where a teacher keeps it."""
    if not isinstance(error, CnncalcError):
        return f"cnncalc stumbled over it: {type(error).__name__}"
    fault = error.faults[0]
    if not fault.place:
        return fault.message
    line = f":{fault.place.line}" if fault.place.line else ""
    return f"{readable(Path(fault.place.file).name)}{line}: {fault.message}"


def grade(
    key: Key, each: Iterable[Submission], rules: Rules, asked: Asked, sheets: Sheets
) -> Iterator[Graded]:
    """Every sheet, marked, one after another; one that can't be read costs its student only."""
    out_of = rules.out_of(asked)
    for submission in each:
        notes: tuple[str, ...] = ()
        if submission.path is not None and submission.others:
            told = ", ".join(readable(path.name) for path in submission.others[:5])
            notes = (f"{readable(submission.path.name)} counts, changed last; there is also {told}",)
        file = readable(str(submission.path or ""))
        try:
            marked = mark_sheet(key, sheets.read(submission), rules, asked)
        except Exception as error:  # noqa: BLE001 - one sheet must not cost a class its marks
            yield Graded(submission.student, file, None, out_of, fault_of(error), notes)
        else:
            yield Graded(submission.student, file, marked, out_of, "", (*notes, *marked.notes))


@dataclass
class SlipCount:
    """How often a slip was made, by how many students, and the marks that it cost."""

    answers: int = 0
    students: int = 0
    lost: Fraction = Fraction(0)
    where: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Statistics:
    """What a class did, gathered sheet by sheet, so that a large one takes no room."""

    asked: Asked = ()
    students: int = 0
    unreadable: int = 0
    marks: Fraction = Fraction(0)
    out_of: Fraction = Fraction(0)
    verdicts: Counter[str] = field(default_factory=Counter)
    slips: dict[str, SlipCount] = field(default_factory=dict)

    def add(self, graded: Graded) -> None:
        """Counts one student's sheet."""
        self.students += 1
        self.out_of = max(self.out_of, graded.out_of)
        if graded.marked is None:
            self.unreadable += 1
            return
        self.marks += graded.marks
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
        count.where[answer.layer, answer.quantity] += 1

    @property
    def mean(self) -> Fraction:
        """Of the sheets that could be read."""
        read = self.students - self.unreadable
        return self.marks / read if read else Fraction(0)

    @property
    def columns(self) -> Counter[str]:
        """The quantities that are asked, each with how many layers it is asked of."""
        return Counter(quantity for name, quantity in self.asked if name != TOTAL)

    @property
    def totals(self) -> list[str]:
        """The sums that are asked."""
        return [quantity for name, quantity in self.asked if name == TOTAL]

    def worst(self) -> list[tuple[str, SlipCount]]:
        """The slips, the one that cost most first."""
        return sorted(self.slips.items(), key=lambda pair: (-pair[1].lost, -pair[1].answers, pair[0]))

    def to_dict(self) -> dict[str, object]:
        return {
            "students": self.students,
            "unreadable": self.unreadable,
            "mean": number(self.mean),
            "out_of": number(self.out_of),
            "asked": dict(self.columns),
            "asked_in_all": self.totals,
            "verdicts": dict(self.verdicts),
            "slips": [
                {
                    "slip": name,
                    "answers": count.answers,
                    "students": count.students,
                    "marks_lost": number(count.lost),
                    "most_at": " ".join(count.where.most_common(1)[0][0]),
                }
                for name, count in self.worst()
            ],
        }
