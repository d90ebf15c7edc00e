"""The differences of two networks: layers matched by name and by operation, and the cost of each change.

A layer's own activation is matched like a layer, so that `conv3-8 relu` is the same as a convolution and a
relu behind it; likewise a dense layer that flattens is the same as a flatten and a dense layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.expr import product
from cnncalc.layers.support.windows import Axis
from cnncalc.number_text import told_sizes

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.analysis.rows import LayerReport

MOST_PAIRS = 9_000_000
"""The pairs of layers that are weighed: 3,000 a side. Of more, names or all else must be alike."""
WINDOW = ("kernel", "stride", "padding", "dilation", "rounding")
"""Options that the geometry of a window says in the same way however they are written."""
APART = ("activation", "order", "like")
"""Options that are compared apart."""
_DIGITS = "_0123456789"


class Trait(NamedTuple):
    """Something of a layer that differs, and how either network has it; None where one has none."""

    name: str
    before: Any
    after: Any


class Change(NamedTuple):
    """A layer of the first network, its counterpart in the second, and what differs between them.

    `first` is None for a layer that is added, `second` for one that is removed.
    """

    first: LayerReport | None
    second: LayerReport | None
    traits: tuple[Trait, ...] = ()
    apart: tuple[int, int] = (0, 0)
    """The parameters of own activations whose counterparts are layers by themselves: they are no cost."""

    @property
    def what(self) -> str:
        """One of WHATS."""
        if self.first is None:
            return "added"
        if self.second is None:
            return "removed"
        if self.traits:
            return "changed"
        return "same" if self.first.name == self.second.name else "renamed"

    @property
    def name(self) -> str:
        """The layer's name, in the second network where that has the layer."""
        row = self.first if self.second is None else self.second
        return "" if row is None else row.name

    def cost(self, quantity: str) -> tuple[int, int]:
        """The layer's parameters or MACs in either network, 0 where there is no such layer."""
        first, second = (0 if row is None else getattr(row, quantity) for row in (self.first, self.second))
        return (first - self.apart[0], second - self.apart[1]) if quantity == "params" else (first, second)


WHATS = ("added", "removed", "changed", "renamed", "same")


@dataclass(eq=False)
class _Unit:
    """One side of a match: a layer without its activation, or (`own` is False) the activation."""

    row: LayerReport
    own: bool
    kind: str
    traits: dict[str, Any]

    @property
    def name(self) -> str:
        return self.row.name if self.own else ""

    @cached_property
    def options(self) -> str:
        return repr(sorted(self.traits.items()))

    @property
    def scope(self) -> str:
        return self.row.name.rpartition(".")[0]

    @property
    def is_named(self) -> bool:
        """Whether somebody gave the layer its name: conv3 is no name for a convolution."""
        return self.own and self.row.name.rpartition(".")[2].rstrip(_DIGITS) != self.kind

    @property
    def function(self) -> tuple[Any, ...]:
        """The function of an activation, whatever the shape of its input."""
        return self.kind, self.options

    @cached_property
    def signature(self) -> tuple[Any, ...]:
        return self.kind, self.options, self.row.facts.output, self.params

    @property
    def params(self) -> int:
        """The parameters of the layer alone, or of the activation alone."""
        return sum(
            product(weight.shape)
            for name, weight in self.row.facts.arrays.items()
            if weight.learned and name.startswith("activation.") is not self.own
        )


class Difference:
    """Two networks and the changes from the first to the second, in the order of the second.

    Shapes of both are told in the layout of the first where the two write them in ways of their own.
    """

    def __init__(self, first: Report, second: Report) -> None:
        layout = first.settings.layout
        ways = {(each.settings.layout, bool(each.graph.provenance.axes)) for each in (first, second)}
        if len(ways) > 1:
            first, second = first.laid_out(layout), second.laid_out(layout)
        self.first, self.second = first, second

    @property
    def reports(self) -> tuple[Report, Report]:
        return self.first, self.second

    @cached_property
    def _sides(self) -> tuple[_Side, _Side]:
        return _Side(self.first), _Side(self.second)

    @cached_property
    def _matched(self) -> tuple[list[_Unit], list[_Unit], list[int | None]]:
        """The units of both, and for each of the second's the number of its counterpart."""
        first, second = (list(side.units()) for side in self._sides)
        return first, second, _match(first, second)

    @cached_property
    def changes(self) -> list[Change]:
        """Every layer, those that are the same too."""
        first, second, partners = self._matched
        layers = {
            unit.row.index: first[partner].row.index
            for unit, partner in reversed(list(zip(second, partners, strict=True)))
            if partner is not None
        }
        activations = dict(self._activations())
        apart = self._apart()
        taken = set(filter(lambda number: number is not None, partners))
        found: list[Change] = []
        at = 0
        for number, unit in enumerate(second):
            partner = partners[number]
            if partner is not None:
                while at <= partner:
                    if at not in taken and first[at].own:
                        found.append(Change(first[at].row, None))
                    at += 1
            if not unit.own:
                continue
            if partner is None:
                found.append(Change(None, unit.row))
                continue
            if not first[partner].own:
                continue
            traits = [
                *_compared(first[partner], unit),
                *filter(None, [activations.get(unit.row.index)]),
                *self._links(first[partner].row, unit.row, layers),
            ]
            rows = first[partner].row, unit.row
            own = apart[0].get(rows[0].index, 0), apart[1].get(rows[1].index, 0)
            found.append(Change(*rows, tuple(traits), own))
        found += [
            Change(unit.row, None)
            for number, unit in enumerate(first[at:], at)
            if number not in taken and unit.own
        ]
        return found

    def _apart(self) -> tuple[dict[int, int], dict[int, int]]:
        """For either network, layer -> the parameters of its own activation that is a layer in the other."""
        first, second, partners = self._matched
        found: tuple[dict[int, int], dict[int, int]] = ({}, {})
        for number, partner in enumerate(partners):
            if partner is not None and first[partner].own is not second[number].own:
                side, unit = (1, second[number]) if first[partner].own else (0, first[partner])
                found[side][unit.row.index] = unit.params
        return found

    def _activations(self) -> Iterator[tuple[int, Trait]]:
        """Layer of the second network -> how its own activation differs from that of its counterpart."""
        first, second, partners = self._matched
        of_first = {unit.row.index: number for number, unit in enumerate(first) if not unit.own}
        of_second = {unit.row.index: number for number, unit in enumerate(second) if not unit.own}
        taken = set(partners)
        for number, unit in enumerate(second):
            partner = partners[number]
            if not unit.own or partner is None:
                continue
            before, after = of_first.get(first[partner].row.index), of_second.get(unit.row.index)
            if before is None or after is None or partners[after] != before:
                before = None if before in taken else before
                after = None if after is None or partners[after] is not None else after
            if before is not None and after is not None and first[before].function == second[after].function:
                continue
            kinds = [
                None if at is None else units[at].row.facts.options["activation"]
                for units, at in ((first, before), (second, after))
            ]
            if kinds != [None, None]:
                yield unit.row.index, Trait("activation", *kinds)

    def _links(self, before: LayerReport, after: LayerReport, layers: dict[int, int]) -> Iterator[Trait]:
        """The inputs of a layer, where both networks have both layers and the counterpart reads another."""
        sides = zip(self._sides, (before, after), strict=True)
        first, second = ([side.source(number) for number in row.node.inputs] for side, row in sides)
        known = set(layers.values())
        translated = [number if number < 0 else layers.get(number) for number in second]
        told = [number if number < 0 or number in known else None for number in first]
        differ = len(first) != len(second) or any(
            None not in (a, b) and a != b for a, b in zip(told, translated, strict=True)
        )
        if differ:
            yield Trait("from", before.sources, after.sources)

    @cached_property
    def ends(self) -> list[Trait]:
        """The differences of the networks' inputs and outputs."""
        shapes = [[source.shape for source in report.graph.inputs] for report in self.reports]
        found = []
        if shapes[0] != shapes[1]:
            written = (
                [report.shape(at) for at in range(len(report.graph.inputs))] for report in self.reports
            )
            found.append(Trait("input", *written))
        outputs = [sorted(report.shape(number) for number in report.graph.outputs) for report in self.reports]
        if outputs[0] != outputs[1] and len(outputs[0]) != len(outputs[1]):
            found.append(Trait("outputs", self.first.outputs, self.second.outputs))
        return found

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of layers that are added, removed, changed, renamed, and the same."""
        found = dict.fromkeys(WHATS, 0)
        for change in self.changes:
            found[change.what] += 1
        return found

    @property
    def is_none(self) -> bool:
        """Whether the networks are the same but for names."""
        return not self.ends and all(change.what in ("same", "renamed") for change in self.changes)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items() if count)
        return f"<Difference {self.first.settings.network}, {self.second.settings.network}: {counts}>"


# ---- the parts of a layer that are compared


class _Side:
    """One of the networks as a list of units to match."""

    def __init__(self, report: Report) -> None:
        self.report, self.inputs = report, len(report.graph.inputs)
        nodes = report.graph.nodes
        self.left_out = {
            number - self.inputs
            for number, readers in enumerate(report.graph.readers())
            if number >= self.inputs
            and nodes[number - self.inputs].layer.flattens
            and not report.facts[number - self.inputs].arrays
            and readers
            and number not in report.graph.outputs
            and all(nodes[reader - self.inputs].layer.flattens for reader in readers)
        }
        """The flattens that the dense layers behind them would do themselves."""

    def units(self) -> Iterator[_Unit]:
        for row in self.report.layers:
            if row.index in self.left_out:
                continue
            yield _Unit(row, True, row.kind, self._traits(row))
            activation = row.node.layer.activation
            if activation is not None:
                yield _Unit(row, False, activation.kind, dict(activation.options))

    def source(self, number: int) -> int:
        """The number of a layer that is read, through the flattens that are left out; inputs are below 0."""
        number -= self.inputs
        while number in self.left_out:
            number = self.report.graph.nodes[number].inputs[0] - self.inputs
        return number

    def _traits(self, row: LayerReport) -> dict[str, Any]:
        """The options of a layer in one writing, whatever the spec or the model says of them."""
        facts = row.facts
        found = {name: value for name, value in facts.options.items() if name not in APART}
        axes = row.node.layer.geometry(*facts.inputs)
        if axes and all(isinstance(axis, Axis) for axis in axes):
            found = {name: value for name, value in found.items() if name not in WINDOW}
            sides = [
                axis.before if axis.before == axis.after else f"{axis.before}/{axis.after}" for axis in axes
            ]
            found |= {
                "kernel": told_sizes([axis.kernel for axis in axes]),
                "stride": told_sizes([axis.stride for axis in axes]),
                "padding": told_sizes(sides),
                "dilation": told_sizes([axis.dilation for axis in axes]),
            }
        if "order" in facts.options and (order := self._order(row)) not in ("", "chw"):
            found["order"] = order
        if not row.node.trainable and facts.params:
            found["trainable"] = False
        if row.node.shared is not None:
            found["shared"] = True
        return found

    def _order(self, row: LayerReport) -> str:
        """The order in which positions and channels are flattened; "" where there is one of either."""
        number = row.node.inputs[0] - self.inputs
        if number in self.left_out:
            row = self.report.layers[number]
        *positions, channels = row.facts.inputs[0]
        return str(row.facts.options["order"]) if channels != 1 and set(positions) - {1} else ""


def _compared(first: _Unit, second: _Unit) -> Iterator[Trait]:
    """The differences between a layer and its counterpart."""
    if first.kind != second.kind:
        yield Trait("kind", first.kind, second.kind)
    else:
        for name in dict.fromkeys([*first.traits, *second.traits]):
            before, after = first.traits.get(name), second.traits.get(name)
            if before != after:
                yield Trait(name, before, after)
    if first.row.facts.output != second.row.facts.output:
        yield Trait("output", first.row.output_shape, second.row.output_shape)
    elif first.params != second.params and first.options == second.options:
        yield Trait("params", first.params, second.params)


# ---- which layers are counterparts


def _match(first: Sequence[_Unit], second: Sequence[_Unit]) -> list[int | None]:
    """For each unit of the second network the number of its counterpart in the first, or None."""
    partners: list[int | None] = [None] * len(second)
    start = 0
    while start < min(len(first), len(second)) and _are_one(first[start], second[start]):
        partners[start] = start
        start += 1
    end = 0
    most = min(len(first), len(second)) - start
    while end < most and _are_one(first[-1 - end], second[-1 - end]):
        partners[-1 - end] = len(first) - 1 - end
        end += 1
    ranges = range(start, len(first) - end), range(start, len(second) - end)
    if 0 < len(ranges[0]) * len(ranges[1]) <= MOST_PAIRS:
        for at, number in _aligned([first[n] for n in ranges[0]], [second[n] for n in ranges[1]]):
            partners[start + number] = start + at
    # frameworks order the paths of a merge in their own ways
    _pair_left(first, second, partners, lambda unit: (unit.name, unit.kind) if unit.own else None)
    _pair_left(first, second, partners, lambda unit: unit.signature)
    return partners


def _are_one(first: _Unit, second: _Unit) -> bool:
    return first.name == second.name and first.signature == second.signature


def _pair_left(first: Sequence[_Unit], second: Sequence[_Unit], partners: list[int | None], key: Any) -> None:
    """Gives units without a counterpart the first one that is left with the same key, wherever that is."""
    taken = set(partners)
    left: dict[Any, list[int]] = {}
    for number in reversed(range(len(first))):
        if number not in taken and (said := key(first[number])) is not None:
            left.setdefault(said, []).append(number)
    for number, unit in enumerate(second):
        if partners[number] is None and (alike := left.get(key(unit))):
            partners[number] = alike.pop()


def _aligned(first: Sequence[_Unit], second: Sequence[_Unit]) -> Iterator[tuple[int, int]]:
    """The pairs of the alignment in order that is worth most.

    It is the longest common subsequence, weighed: each cell of the table is the most that the beginnings of
    both lists are worth (Needleman and Wunsch, 1970; gaps cost nothing).
    """
    import numpy as np

    def ids(of: Any) -> tuple[Any, Any]:
        known: dict[Any, int] = {}
        a, b = ([known.setdefault(of(unit), len(known)) for unit in units] for units in (first, second))
        return np.array(a), np.array(b)

    kinds, options = ids(lambda unit: unit.kind), ids(lambda unit: (unit.kind, unit.options))
    signatures, scopes = ids(lambda unit: unit.signature), ids(lambda unit: unit.scope)
    names = ids(lambda unit: unit.name)
    own = np.array([unit.own for unit in second])
    named = np.array([unit.is_named for unit in second])
    worth = np.zeros((len(first) + 1, len(second) + 1), np.int32)

    def score(at: int) -> Any:
        unit = first[at]
        same_kind = kinds[1] == kinds[0][at]
        same_name = (names[1] == names[0][at]) & unit.own
        found = same_kind * (
            1
            + 3 * (options[1] == options[0][at])
            + 3 * (signatures[1] == signatures[0][at])
            + (scopes[1] == scopes[0][at])
            + same_name * (2 + 2 * named)
        )
        return np.where(
            own == unit.own,
            np.maximum(found, 3 * (same_name & named)),
            3 * (signatures[1] == signatures[0][at]),
        )

    for at in range(len(first)):
        above = worth[at]
        best = np.maximum(above[1:], above[:-1] + score(at))
        worth[at + 1, 1:] = np.maximum.accumulate(best)
    pairs = []
    at, number = len(first), len(second)
    while at and number:
        if worth[at, number] == worth[at - 1, number]:
            at -= 1
        elif worth[at, number] == worth[at, number - 1]:
            number -= 1
        else:
            at, number = at - 1, number - 1
            pairs.append((at, number))
    yield from reversed(pairs)


def within(changes: Iterable[Change], depth: int | None) -> Iterator[tuple[str, list[Change]]]:
    """The changes by their layer, or those of the layers deeper than `depth` scopes by their group."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        parts = change.name.split(".")
        deep = depth is not None and len(parts) > depth
        name = ".".join(parts[:depth]) if deep else change.name
        groups.setdefault(name if deep else f"{name}\n{len(groups)}", []).append(change)
    for name, each in groups.items():
        yield name.partition("\n")[0], each
