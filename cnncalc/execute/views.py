"""Receptive fields by probing: which input positions an output moves with, held to what was worked out.

One axis at a time, every position of the input has a bit of its own, which travels through the layers
(`cnncalc.execute.probe`). What an output was worked out to see is exact where no border is in its view; at a
border it is the most that it can see. Where all outputs see a border, a longer input is probed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from cnncalc.analysis.counts import Facts
from cnncalc.analysis.receptive_field import Field, View
from cnncalc.execute.arrays import Numbers, Value
from cnncalc.execute.definition import steps
from cnncalc.execute.probe import Probe, axis_bits, seen
from cnncalc.execute.weights import Weights
from cnncalc.expr import Number
from cnncalc.graph import Graph
from cnncalc.layers.support.windows import ITSELF, Reach

BUDGET = 300_000
"""How many words a probe's map of one channel may hold at a time."""
NEVER = 1 << 62
"""Where an output that moved with nothing begins to see."""
MOST_POSITIONS = 8192
"""The most positions along an axis that are probed: beyond, they are sampled."""


class Zeros(Weights):
    """Weights that no dependency comes from, and that take no memory."""

    def of(self, owner: str, fact: Facts, x: Value | None = None) -> dict[str, Numbers]:
        return {name: np.broadcast_to(np.float32(0), weight.shape) for name, weight in fact.arrays.items()}


class ProbedField(NamedTuple):
    """Along one axis, what the probe found of a node: its field as worked out, and what of that was measured.

    `measured` holds size, jump and start as far as outputs show them that no border touches.
    """

    number: int
    claimed: Field
    measured: dict[str, Number]
    ok: bool


class Extent(NamedTuple):
    """For each output along an axis, the first and the last of the probed positions that it moved with."""

    first: Numbers
    last: Numbers

    @property
    def some(self) -> Numbers:
        """Which outputs moved at all."""
        return self.last >= 0


def probe_axis(
    graph: Graph, facts: Sequence[Facts], views: Sequence[View], axis: int
) -> Iterator[ProbedField]:
    """Probes one axis of the input, and gives of each node with a position what was seen."""
    sizes = {source.shape[axis] for source in graph.inputs if axis < max(len(source.shape) - 1, 1)}
    (size,) = sizes
    chosen = np.asarray(sampled(size))
    found: dict[int, Extent] = {}
    cost = max(math.prod(source.shape[:-1]) for source in graph.inputs)
    words = max(BUDGET // cost, 1)
    for start in range(0, len(chosen), 64 * words):
        some = chosen[start : start + 64 * words]
        tool = Probe()
        inputs = [tool.value(_bits(source.shape, axis, some)) for source in graph.inputs]
        for step in steps(graph, facts, inputs, Zeros(), tool):
            fields = views[step.number].fields
            if fields is not None and axis < len(fields):
                extent = _extent(seen(step.value, axis, len(some)), some)
                found[step.number] = _both(found.get(step.number), extent)
    clear, filled = clear_of_borders(graph, facts, axis, size), sees_filled_borders(graph)
    for number, extent in found.items():
        fields = views[number].fields
        if fields is not None:
            # where padding holds pixels of the input, an output at a border sees others than its field says
            held = clear[number] | (not filled[number])
            yield compared(number, fields[axis], extent, clear[number], held, chosen, size)


def _bits(shape: Sequence[int], axis: int, positions: Numbers) -> Numbers:
    """An input of which each of some positions along an axis has a bit of its own; a vector's are tokens."""
    sizes = shape[:-1] or shape
    bits = (
        axis_bits(sizes, axis, positions)
        if axis < len(sizes)
        else np.zeros((1,) * (len(sizes) + 2), np.uint64)
    )
    return np.broadcast_to(bits[..., 0] if len(shape) == 1 else bits, (len(bits), *shape))


def _extent(moved: Numbers, positions: Numbers) -> Extent:
    """The ends of what moved: (outputs, positions)."""
    some = moved.any(1)
    first = np.where(some, positions[moved.argmax(1)], NEVER)
    return Extent(first, np.where(some, positions[len(positions) - 1 - moved[:, ::-1].argmax(1)], -1))


def _both(known: Extent | None, extent: Extent) -> Extent:
    if known is None:
        return extent
    return Extent(np.minimum(known.first, extent.first), np.maximum(known.last, extent.last))


def sampled(size: int) -> list[int]:
    """The positions that are probed: all, or of very many those at both ends and in the middle."""
    if size <= MOST_POSITIONS:
        return list(range(size))
    third = MOST_POSITIONS // 3
    middle = (size - third) // 2
    return [*range(third), *range(middle, middle + third), *range(size - third, size)]


def compared(
    number: int, field: Field, moved: Extent, clear: Numbers, held: Numbers, chosen: Numbers, size: int
) -> ProbedField:
    """What was worked out, held to what moved; of the outputs that are not `held` nothing is asked."""
    if not moved.some.any():
        return ProbedField(number, field, {}, ok=True)  # along another axis all outputs see padding alone
    first, last, none = spans(field, len(moved.first))
    ok = bool(np.all(~held | ~moved.some | (~none & (moved.first >= first) & (moved.last <= last))))
    low, high = np.maximum(first - 1, 0), np.minimum(last + 1, size - 1)
    probed = np.searchsorted(chosen, high, "right") - np.searchsorted(chosen, low) == high - low + 1
    exact = clear & probed & ~none
    ok = ok and bool(np.all(~exact | ((moved.first == first) & (moved.last == last))))
    return ProbedField(number, field, _measured(np.flatnonzero(exact & moved.some), moved, field), ok=ok)


def spans(field: Field, outputs: int) -> tuple[Numbers, Numbers, Numbers]:
    """The first and the last pixel that each output was worked out to see, and which see none."""
    own = (int(field.start), int(field.start + field.size) - 1)
    phases = field.phases or (own,)
    period = len(phases)
    table = np.array([span or (0, -1) for span in phases])
    none = np.array([span is None for span in phases])
    number = np.arange(outputs)
    ahead = number // period * int(period * field.jump)
    phase = number % period
    return table[phase, 0] + ahead, table[phase, 1] + ahead, none[phase]


def _measured(exact: Numbers, moved: Extent, field: Field) -> dict[str, Number]:
    """What of size, jump and start is seen of the outputs named, which no border touches.

    The size needs an output of each phase, since the widest of them counts. The jump needs two outputs of one
    phase, and so does the start, unless output 0 itself is among those seen.
    """
    found: dict[str, Number] = {}
    period = len(field.phases) or 1
    if len(np.unique(exact % period)) == period - field.phases.count(None) and len(exact):
        found["size"] = int((moved.last[exact] - moved.first[exact]).max()) + 1
    pairs = exact[np.isin(exact + period, exact)]
    if len(pairs):
        here, there = moved.first[pairs[0]], moved.first[pairs[0] + period]
        found["jump"] = Fraction(int(there - here), period)
    aligned = exact[exact % period == 0]
    if len(aligned) and (aligned[0] == 0 or "jump" in found):
        passed = int(int(aligned[0]) * found.get("jump", 0))
        found["start"] = int(moved.first[aligned[0]]) - passed
    return found


def sees_filled_borders(graph: Graph) -> list[bool]:
    """For each node, whether in any layer on the way padding holds pixels of the input."""
    filled = [False] * len(graph.inputs)
    for node in graph.nodes:
        filled.append(node.layer.fills_from_input or any(filled[number] for number in node.inputs))
    return filled[len(graph.inputs) :]


def clear_of_borders(graph: Graph, facts: Sequence[Facts], axis: int, size: int) -> list[Numbers]:
    """For each node, which of its outputs along an axis see no border, in any layer on the way."""
    clear: list[Numbers] = [np.ones(size, bool) for _ in graph.inputs]
    for node, fact in zip(graph.nodes, facts, strict=True):
        outputs = fact.output[axis] if axis < len(fact.output) - 1 else 0
        sources = [clear[number] for number in (node.inputs if node.layer.like is None else node.inputs[:1])]
        reach = fact.reach if len(sources) == 1 else ()
        stretched = any(len(source) != outputs for source in sources[1:])
        if not isinstance(reach, tuple) or not sources or stretched:
            clear.append(np.zeros(outputs, bool))
            continue
        step = reach[axis] if reach and axis < len(reach) else ITSELF
        read = np.logical_and.reduce(sources) if len({len(source) for source in sources}) == 1 else sources[0]
        clear.append(_all_clear(read, step, outputs))
    return clear[len(graph.inputs) :]


def _all_clear(read: Numbers, reach: Reach, outputs: int) -> Numbers:
    """Which outputs read nothing but positions that are clear."""
    first, last, none = spans(Field(reach.extent, reach.step, reach.offset, reach.phases), outputs)
    blocked = np.concatenate([[0], np.cumsum(~read)])
    inside = ~none & (first >= 0) & (last < len(read)) & (first <= last)
    first, last = np.where(inside, first, 0), np.where(inside, last, 0)
    found: Numbers = inside & (blocked[np.minimum(last + 1, len(read))] == blocked[first])
    return found
