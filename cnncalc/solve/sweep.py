"""Every combination of values that a network's variables and inputs may have."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from operator import le
from typing import Any, NamedTuple

from cnncalc.analysis.limits import exceeded
from cnncalc.analysis.report import Report
from cnncalc.errors import Fault, SpecError, UsageError
from cnncalc.quantity import NUMBERS, RECORDS, Quantity

MOST_VARIANTS = 100_000
"""The most combinations of one sweep."""


OF_NETWORKS = tuple(
    each for each in RECORDS if each.unit in NUMBERS and (each.sums or each.has_total or not each.row_key)
)
"""The quantities that a network has as one number."""


class Variant(NamedTuple):
    """A network with some values in place of its own. `report` is None where the variant has faults.

    `input` is None where the network's own is meant.
    """

    variables: Mapping[str, Any]
    input: Any
    report: Report | None
    faults: Sequence[Fault] = ()


class Measured(NamedTuple):
    """Some quantities of a variant; `values` is None where the variant has faults.

    `over` says whether the variant breaks a limit.
    """

    variables: Mapping[str, Any]
    input: Any
    values: Sequence[Any] | None
    faults: Sequence[Fault]
    over: bool = False


def measured(
    each: Iterable[Variant],
    quantities: Sequence[Quantity],
    limits: Mapping[str, float | None] | None = None,
    more: Sequence[Quantity] = (),
) -> Iterator[Measured]:
    """Variants as their numbers alone: a report of each would fill the memory.

    `more` are quantities with limits, beside those that every network has.
    """
    for variables, input, report, faults in each:
        totals = report and report.totals
        values = totals and [totals.value(quantity) for quantity in quantities]
        over = report is not None and bool(limits and exceeded(report, limits, more))
        yield Measured(variables, input, values or None, faults, over)


class Sweep:
    """Every combination of values and inputs as a `Variant`, the inputs changing fastest.

    `analyze` is that of a network, and takes `settings` too. Raises UsageError before any variant is worked
    out, for more than MOST_VARIANTS and for a variable without a value.
    """

    def __init__(
        self,
        analyze: Callable[..., Report],
        variables: Mapping[str, Sequence[Any]],
        inputs: Sequence[Any] = (),
        **settings: Any,
    ) -> None:
        self.analyze, self.variables, self.inputs = analyze, variables, inputs or [None]
        self.settings = settings
        if empty := [name for name, values in variables.items() if not values]:
            raise UsageError(f"{empty[0]} has no values", "such as 0.5, 1")
        self._count = prod(map(len, (*variables.values(), self.inputs)))
        if self._count > MOST_VARIANTS:
            message = f"{self._count:,} variants are too many"
            raise UsageError(message, f"at most {MOST_VARIANTS:,}", "too_large")

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Variant]:
        for *values, input in product(*self.variables.values(), self.inputs):
            named = dict(zip(self.variables, values, strict=True))
            try:
                yield Variant(named, input, self.analyze(variables=named, input=input, **self.settings))
            except SpecError as error:
                yield Variant(named, input, None, error.faults)


class Order(NamedTuple):
    """A quantity by which variants are compared: less is better, or more."""

    quantity: Quantity
    more: bool = False

    def key(self, value: Any) -> Any:
        """A number that is less where the value is better."""
        return -value if self.more else value


def front(points: Sequence[Sequence[Any] | None]) -> list[bool]:
    """For each point, whether no other is as good in all coordinates and better in one: less is better.

    A place without a point is None, and on no front. The Pareto front of n points, in n log n for two
    coordinates (Kung, Luccio and Preparata, 1975), else in n times the length of the front.

    >>> front([(1, 5), (2, 3), (2, 4), (3, 3), None, (4, 1)])
    [True, True, False, False, False, True]
    """
    found = [False] * len(points)
    best: list[Sequence[Any]] = []
    for number in sorted(
        (n for n, point in enumerate(points) if point), key=lambda n: tuple(points[n] or ())
    ):
        point = points[number] or ()
        # points before this one in the order are no worse in the first coordinate
        rivals = best[-1:] if len(point) == 2 else best
        if not any(rival != point and all(map(le, rival, point)) for rival in rivals):
            found[number] = True
            best.append(point)
    return found
