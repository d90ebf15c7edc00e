"""A class: the questions asked, every sheet marked, and the commonest slips."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from cnncalc.budget import Budgeted, OverBudgetError
from cnncalc.errors import CnncalcError, Fault
from cnncalc.homework.answers import TOTAL, Answer, Marked, Rules, number
from cnncalc.homework.headings import ASKED
from cnncalc.homework.item_analysis import Items, to_dict
from cnncalc.homework.key import Key
from cnncalc.homework.marking import Asked, mark_sheet, place, questions
from cnncalc.homework.sheets import Sheet, read_sheet
from cnncalc.homework.students import Submission, readable

MOST_CELLS_KEPT = 50_000
MOST_TRIED = 20
"""The most sheets of one student that are looked at where the one changed last can't be read."""


@dataclass(frozen=True)
class Graded:
    """A student's sheet, marked; `problem` says why it can't be."""

    student: str
    file: str
    marked: Marked | None
    out_of: Fraction
    problem: str = ""
    notes: tuple[str, ...] = ()
    number: str = ""
    """What a platform knows the student by."""

    @property
    def marks(self) -> Fraction:
        return self.marked.marks if self.marked else Fraction(0)


class Sheets:
    """The sheets of a class, each read and marked within a budget: no sheet costs another student's marks.

    The work is done in a child process, which keeps the spreadsheets that it has read for the second time.
    """

    def __init__(self, key: Key, rules: Rules, own: Callable[[str], Key] | None = None) -> None:
        """`own` gives the key of a student whose network is the student's own; raises CnncalcError."""
        self._key, self._rules, self._own = key, rules, own
        self._kept: dict[Path, Sheet] = {}
        self._room = MOST_CELLS_KEPT
        self._within_budget = Budgeted(self._work)

    def questions(self, submission: Submission) -> Asked | None:
        """The questions that a sheet answers; None where the sheet can't be read."""
        found, _ = self._within_limits(submission, None)
        return None if found is None else list(found)

    def mark(self, submission: Submission, asked: Asked) -> tuple[Marked | None, str]:
        """A sheet, marked, or None and why it can't be."""
        return self._within_limits(submission, asked)

    def close(self) -> None:
        """Ends the child process."""
        self._within_budget.close()

    def _within_limits(self, submission: Submission, asked: Asked | None) -> tuple[Any, str]:
        try:
            return self._within_budget((submission, asked))
        except OverBudgetError as error:
            return None, str(error)

    def _work(self, piece: tuple[Submission, Asked | None]) -> tuple[Any, str]:
        submission, asked = piece
        try:
            key = self._own(submission.student) if self._own else self._key
            sheet = self._read(submission)
            if asked is not None:
                return mark_sheet(key, sheet, self._rules, asked), ""
            return questions(key, place(key, sheet, self._rules.wanted)[0], self._rules), ""
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one sheet must not cost a class its marks
            return None, fault_of(error)

    def _read(self, submission: Submission) -> Sheet:
        if submission.path is None:
            raise CnncalcError(Fault("no_sheets", submission.problem))
        if submission.path in self._kept:
            return self._kept.pop(submission.path)
        sheet = self._latest_readable([submission.path, *submission.others[:MOST_TRIED]])
        # to read a sheet a second time is worth its room, as long as there is some
        cells = sum(len(row.cells) for row in sheet.rows)
        if cells <= self._room:
            self._room -= cells
            self._kept[submission.path] = sheet
        return sheet

    def _latest_readable(self, paths: Sequence[Path]) -> Sheet:
        """The sheet changed last that can be read and has an answer; raises CnncalcError where none can."""
        failed: CnncalcError | None = None
        empty: Sheet | None = None
        for path in paths:
            try:
                sheet = read_sheet(path, None, self._rules.known_headings, self._rules.matrices)
            except CnncalcError as error:
                failed = failed or error
                continue
            if sheet.has_answers:
                if path is not paths[0]:
                    why = fault_of(failed) if failed else f"{readable(paths[0].name)} has no answers"
                    sheet.notes.append(f"{why}: so {readable(path.name)} counts")
                return sheet
            empty = empty or sheet
        if failed is not None and empty is None:
            raise failed
        return empty or Sheet(str(paths[0]))


def asked_of_class(
    key: Key, each: Iterable[Submission], rules: Rules, sheets: Sheets
) -> list[tuple[str, str]]:
    """The questions to a class: those of the rules, else those that at least half of the sheets answer.

    So a column that a student leaves away costs its marks, and one that a student adds costs nobody
    anything.
    """
    if rules.says_questions:
        return questions(key, {}, rules)
    counts: Counter[tuple[str, str]] = Counter()
    read = 0
    for submission in each:
        # a sheet's faults are told where the sheet is marked
        if (found := sheets.questions(submission)) is not None:
            counts.update(found)
            read += 1
    least = min((read + 1) // 2, max(counts.values(), default=0))
    order = {name: at for at, name in enumerate([*key.report.numbers, *key.report.graph.groups, TOTAL])}
    asked = [pair for pair, count in counts.items() if count >= least]
    by_layer = [pair for pair in asked if pair[0] not in rules.matrices]
    return sorted(by_layer, key=lambda pair: (order[pair[0]], ASKED.index(pair[1]))) + rules.by_hand


def fault_of(error: Exception) -> str:
    """The fault of a sheet, with the sheet's name and line, without the teacher's folders."""
    if not isinstance(error, CnncalcError):
        return f"cnncalc stumbled over it: {type(error).__name__}"
    fault = error.faults[0]
    if not fault.place:
        return fault.message
    line = f":{fault.place.line}" if fault.place.line else ""
    return f"{readable(Path(fault.place.file).name)}{line}: {fault.message}"


def grade(each: Iterable[Submission], rules: Rules, asked: Asked, sheets: Sheets) -> Iterator[Graded]:
    """Every sheet, marked, one after another; one that can't be read costs its student only."""
    out_of = rules.out_of(asked)
    for submission in each:
        notes = submission.notes
        file = readable(str(submission.path or ""))
        marked, problem = sheets.mark(submission, asked)
        notes += tuple(marked.notes) if marked else ()
        yield Graded(submission.student, file, marked, out_of, problem, notes, submission.number)


@dataclass
class SlipCount:
    """How often a slip was made, by how many students, and the marks that it cost."""

    answers: int = 0
    students: int = 0
    lost: Fraction = Fraction(0)
    where: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Statistics:
    """The results of a class, gathered sheet by sheet, so that a large class takes no room."""

    asked: Asked = ()
    students: int = 0
    unreadable: int = 0
    marks: Fraction = Fraction(0)
    out_of: Fraction = Fraction(0)
    verdicts: Counter[str] = field(default_factory=Counter)
    slips: dict[str, SlipCount] = field(default_factory=dict)
    each: list[Fraction] = field(default_factory=list)
    """The marks of every sheet that could be read."""
    items: Items = field(default_factory=Items)
    earned: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many students have an answer right, by layer and quantity."""

    def add(self, graded: Graded) -> None:
        """Counts one student's sheet."""
        self.students += 1
        self.out_of = max(self.out_of, graded.out_of)
        if graded.marked is None:
            self.unreadable += 1
            return
        self.marks += graded.marks
        self.each.append(graded.marks)
        self.items.add(graded.student, graded.marked.answers)
        self.earned.update(
            (answer.layer, answer.quantity) for answer in graded.marked.answers if answer.earns
        )
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
    def median(self) -> Fraction:
        """Of the sheets that could be read."""
        return Fraction(statistics.median(self.each)) if self.each else Fraction(0)

    @property
    def deviation(self) -> float:
        """The standard deviation of the marks of the sheets that could be read."""
        return statistics.pstdev(map(float, self.each)) if self.each else 0.0

    @property
    def columns(self) -> Counter[str]:
        """The quantities that are asked, each with how many layers it is asked of."""
        return Counter(quantity for name, quantity in self.asked if name != TOTAL and quantity in ASKED)

    @property
    def totals(self) -> list[str]:
        """The sums that are asked."""
        return [quantity for name, quantity in self.asked if name == TOTAL]

    @property
    def by_hand(self) -> list[str]:
        """The names of the matrices that are asked."""
        return [name for name, quantity in self.asked if quantity not in ASKED]

    def worst(self) -> list[tuple[str, SlipCount]]:
        """The slips, the one that cost most first."""
        return sorted(self.slips.items(), key=lambda pair: (-pair[1].lost, -pair[1].answers, pair[0]))

    def analysis(self) -> dict[str, Any]:
        """Left out by `to_dict`: the spread, the discrimination of each question, and every answer."""
        told: dict[str, Any] = self.to_dict() | to_dict(self.each, self.out_of, self.items)
        for question, item in zip(told["questions"], self.items.items(), strict=False):
            found = item.discrimination
            question["share_of_marks"] = round(item.marks, 4)
            question["discrimination"] = None if found is None else round(found, 4)
        return told

    def to_dict(self) -> dict[str, object]:
        return {
            "students": self.students,
            "unreadable": self.unreadable,
            "mean": number(self.mean),
            "median": number(self.median),
            "standard_deviation": round(self.deviation, 4),
            "out_of": number(self.out_of),
            "asked": dict(self.columns),
            "asked_in_all": self.totals,
            "verdicts": dict(self.verdicts),
            "questions": [
                {
                    "layer": name,
                    "quantity": quantity,
                    "share_right": round(self.earned[name, quantity] / (len(self.each) or 1), 4),
                }
                for name, quantity in self.asked
            ],
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
