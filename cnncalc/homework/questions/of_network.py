"""Questions on a network of one's own: a quantity of a layer or of the whole, or a table to fill in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError, UsageError, brief, did_you_mean
from cnncalc.homework.answers import TOTAL, Answer, Rules
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.numbers import plain
from cnncalc.homework.questions import (
    MOST_CHOICES,
    Choice,
    Grid,
    Question,
    Worked,
    say,
    slips_of,
    value_text,
    worked,
    wrong_numbers,
)
from cnncalc.homework.sheets import Sheet
from cnncalc.homework.slips import SlipExplanation
from cnncalc.homework.tables import Cell
from cnncalc.languages import Message, english
from cnncalc.quantity import QUANTITIES

USUAL = ("shape", "params")
"""The quantities that are asked unless others are said."""
MOST_ADDED = 30
"""The most layers whose numbers are added up in the working of a total."""
Asked = tuple[str, str]
"""A layer's name or `total`, and the quantity that is asked of it."""


def chosen_layers(report: Report, patterns: str) -> list[str]:
    """The layers of `conv1,fc*`, in the network's order; raises UsageError for a pattern that is no layer's.

    >>> import cnncalc
    >>> chosen_layers(cnncalc.load("lenet5").analyze(), "FC*,CONV1")
    ['CONV1', 'FC3', 'FC4']
    """
    wanted: set[str] = set()
    for pattern in filter(None, (part.strip() for part in patterns.split(","))):
        found = [name for name in report.numbers if name == pattern or fnmatchcase(name, pattern)]
        if not found:
            help = did_you_mean(pattern, list(report.numbers)[:5000], "the layers are")
            raise UsageError(f"--layers {brief(pattern)}: no layer is called that", help, "unknown_name")
        wanted.update(found)
    return [name for name in report.numbers if name in wanted]


def right_answer(report: Report, asked: Asked) -> tuple[int, ...] | None:
    """The right answer as sizes; None where that is no whole number."""
    return _right_answer(Key(report), asked)


def _right_answer(key: Key, asked: Asked) -> tuple[int, ...] | None:
    value = key.expected(*asked)
    if QUANTITIES[asked[1]].unit == "field" and value is not None and len(set(value)) == 1:
        value = value[:1]
    sizes = value if isinstance(value, tuple) else (value,)
    whole = all(isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in sizes)
    return tuple(map(int, sizes)) if sizes and whole else None


class Asker:
    """Makes questions on one network, whose right answers and slips are worked out once."""

    def __init__(self, report: Report) -> None:
        self.report, self.key = report, Key(report)

    def pairs(
        self, quantities: Sequence[str], totals: Sequence[str], layers: Sequence[str], *, zeros: bool = False
    ) -> list[Asked]:
        """The possible questions: each quantity of each layer, or of the given layers, then the totals.

        A number that is 0 is asked only of layers that are said, unless `zeros` are asked too.
        """
        zeros = zeros or bool(layers)
        names = layers or self.key.asked
        found = [(name, quantity) for name in names for quantity in quantities or USUAL]
        found += [(TOTAL, quantity) for quantity in totals]
        return [pair for pair in found if (right := self._right(pair)) and (zeros or right != (0,))]

    def question(self, asked: Asked) -> Question:
        """The question of a pair of `pairs`; typed in where too few slips give another number."""
        name, quantity = asked
        right = self._right(asked)
        assert right is not None
        every = list(self._wrong(asked))
        choices = every[: MOST_CHOICES - 1] if len(every) > 1 else []
        return Question(
            f"{self.report.settings.network} {name} {quantity} {self._drawn}",
            self._text(asked),
            value_text(right),
            tuple(choices),
            tuple(self._working(asked)),
            self._judge(asked),
            further=tuple(every[len(choices) :]),
            network=self.report,
            tags=(self.report.settings.network, name, quantity),
        )

    def table(self, pairs: Sequence[Asked], tolerance: Fraction = Fraction(0)) -> Question:
        """One question: a table of the layers, whose cells are to be filled in."""
        quantities = tuple(dict.fromkeys(quantity for _, quantity in pairs))
        names = dict.fromkeys(name for name, _ in pairs)
        blanks = {pair: self.question(pair).typed(tolerance).blanks for pair in pairs}
        rows = tuple(
            (name, tuple(blanks.get((name, quantity), ()) for quantity in quantities)) for name in names
        )
        lines = [
            line.of(name) if isinstance(line, Worked) else line
            for name, quantity in pairs
            for line in self._working((name, quantity))
        ]
        return Question(
            f"{self.report.settings.network} table {pairs} {self._drawn}",
            say("fill_in"),
            "",
            (),
            tuple(dict.fromkeys(lines)),
            network=self.report,
            grid=Grid(quantities, rows),
            tags=(self.report.settings.network, *quantities),
            tolerance=tolerance,
        )

    @property
    def _drawn(self) -> str:
        """The text that tells networks of one name apart: the shapes of the inputs, and the nodes."""
        inputs = [source.shape for source in self.report.graph.inputs]
        return f"{inputs} {[(node.layer, node.inputs) for node in self.report.graph.nodes]}"

    def _right(self, asked: Asked) -> tuple[int, ...] | None:
        return _right_answer(self.key, asked)

    def _wrong(self, asked: Asked) -> Iterator[Choice]:
        """The numbers that slips give, the commonest first."""
        name, quantity = asked
        right = self._right(asked)
        assert right is not None
        if name == TOTAL:
            slips: Iterable[SlipExplanation] = self.key.network_slips(quantity)
        else:
            row = self.report.layers[self.report.numbers[name]]
            if row.shared_with is not None and QUANTITIES[quantity].owned:
                return
            if QUANTITIES[quantity].unit == "field":
                slips = self.key.field_slips(row.index)
            else:
                slips = slips_of(self.key.working(row, quantity))
        yield from wrong_numbers((self._as_asked(name, each, right) for each in slips), right)

    def _as_asked(self, name: str, each: SlipExplanation, right: tuple[int, ...]) -> SlipExplanation:
        """A slip's number in the order in which the network's shapes are written."""
        value: Any = each.value
        if isinstance(value, tuple) and len(value) > len(right) == 1 and len(set(value)) == 1:
            value = value[:1]
        elif isinstance(value, tuple) and len(value) == len(right) > 2:
            value = self.report.written(name, value)
        return each._replace(value=value if isinstance(value, tuple) else (value,))

    def _text(self, asked: Asked) -> str:
        name, quantity = asked
        words = Message(f"quantity.{QUANTITIES[quantity].word}")
        if name == TOTAL:
            return say("ask_total") if quantity == "params" else say("ask_total_of", quantity=words)
        if english().has(f"quiz.ask_of.{quantity}"):
            return say(f"ask_of.{quantity}", layer=name)
        return say("ask_of", quantity=words, layer=name)

    def _working(self, asked: Asked) -> list[str]:
        name, quantity = asked
        if name != TOTAL:
            try:
                # behind the size of a receptive field come its jump, start and centre
                lines = worked(self.report, name, quantity)
                return [*lines[: 1 if QUANTITIES[quantity].unit == "field" else None]]
            except CnncalcError:
                return []
        values = [row.value(QUANTITIES[quantity]) for row in self.report.layers]
        parts = [plain(value) for value in values if isinstance(value, int) and value]
        total = plain(self.key.expected(TOTAL, quantity))
        return [f"{' + '.join(parts)} = {total}"] if 1 < len(parts) <= MOST_ADDED else []

    def _judge(self, asked: Asked) -> Callable[[str], Answer]:
        name, quantity = asked

        def judge(given: str) -> Answer:
            sheet = Sheet.of_layers("answer", {name: {quantity: Cell(given, "answer", quantity)}})
            return mark_sheet(self.key, sheet, Rules(only_given=True)).answers[0]

        return judge
