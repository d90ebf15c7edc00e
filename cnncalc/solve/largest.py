"""The largest value of a variable, or of the input's size, with which a network keeps within limits."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.errors import Fault, SpecError
from cnncalc.quantity import RECORDS, Quantity

MOST_STEPS = 10**6
"""The most steps from 0 to a value that is tried."""
WINDOW = 32
"""How many values beside one are tried, for one that can be, and for one that fits beyond the border."""
LIMITED = tuple(each for each in RECORDS if each.limit)

Limits = Mapping[str, float | None]
"""The name of a limit (params, macs, memory, time) -> the most that is allowed, None for anything."""


class Tried(NamedTuple):
    """A value, and the limited quantities of its network, None where the network can't be.

    `over` are the limits that are broken.
    """

    value: int | float
    counts: Mapping[str, Any] | None
    over: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the network can be and keeps within every limit."""
        return self.counts is not None and not self.over


class Largest(NamedTuple):
    """The largest value that fits, and the next value that can be, which breaks a limit.

    `answer` is None where nothing fits; `beyond` is None where no value that was tried breaks a limit.
    """

    answer: Tried | None
    beyond: Tried | None
    step: int | float
    tried: int


def largest(
    analyze: Callable[[float], Report],
    limits: Limits,
    *,
    step: Fraction,
    start: Fraction,
    limited: Sequence[Quantity] = LIMITED,
) -> Largest:
    """The largest multiple of `step` with which a network keeps within limits, looked for from `start` on.

    The counts are taken to grow with the value: the border is found by bisection. The values behind the
    border are then tried too, as rounded widths don't grow evenly. Raises SpecError where no network can be.
    """
    return _Search(analyze, limits, step, limited).run(max(1, round(start / step)))


class _Search:
    """One search. Values are told by how many steps they are from 0."""

    def __init__(
        self,
        analyze: Callable[[float], Report],
        limits: Limits,
        step: Fraction,
        limited: Sequence[Quantity],
    ) -> None:
        self.analyze, self.step = analyze, step
        self.counted = [(each, each.limit.name) for each in limited if each.limit]
        self.limits = {name: most for name, most in limits.items() if most is not None}
        self.tried: dict[int, Tried] = {}

    def run(self, start: int) -> Largest:
        first = self.start(start)
        low, high = self.bracket(first)
        while True:
            low, high = self.bisect(low, high)
            again = [number for number in range(high + 1, high + 1 + WINDOW) if self.at(number).fits]
            if not again or high > MOST_STEPS:
                break
            low, high = self.bracket(again[-1])
        answer = self.at(low) if low else None
        above = (self.at(number) for number in range(high, high + WINDOW) if high <= MOST_STEPS)
        beyond = next((tried for tried in above if tried.over), None)
        return Largest(answer, beyond, _plain(self.step), len(self.tried))

    def at(self, number: int) -> Tried:
        """The trial of a multiple of the step: the limited quantities, and the limits that are broken."""
        if number not in self.tried:
            self.tried[number] = self._try(_plain(number * self.step))
        return self.tried[number]

    def _try(self, value: float) -> Tried:
        try:
            totals = self.analyze(value).totals
        except SpecError as error:
            return Tried(value, None, (), error.faults)
        counts = {name: totals.value(each) for each, name in self.counted}
        return Tried(value, counts, tuple(name for name, most in self.limits.items() if counts[name] > most))

    def start(self, start: int) -> int:
        """A value near the first that can be; raises SpecError where there is none."""
        around = [
            start,
            *(start * 2**n for n in range(1, 5)),
            *(start >> n for n in range(1, 20) if start >> n),
        ]
        for number in around:
            if (found := self.nearest(number, 0, number * 2)) is not None:
                return found
        raise SpecError(*self.at(start).faults)

    def nearest(self, number: int, low: int, high: int) -> int | None:
        """The nearest value to one, between two others, with which the network can be."""
        for away in range(WINDOW + 1):
            for other in (number - away, number + away):
                if low < other < high and self.at(other).counts is not None:
                    return other
        return None

    def bracket(self, number: int) -> tuple[int, int]:
        """A value that fits, 0 for none, and a larger one that doesn't."""
        if not self.at(number).fits:
            return 0, number
        while number <= MOST_STEPS:
            further = self.nearest(2 * number, number, 4 * number)
            if further is None or not self.at(further).fits:
                return number, further or 2 * number
            number = further
        return number, number + 1

    def bisect(self, low: int, high: int) -> tuple[int, int]:
        """Two neighbours, of which the first fits; no network can be with the values between them."""
        while high - low > 1:
            middle = self.nearest((low + high) // 2, low, high)
            if middle is None:
                break
            low, high = (middle, high) if self.at(middle).fits else (low, middle)
        return low, high


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)
