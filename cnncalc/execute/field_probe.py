"""Receptive fields by probing: the inputs that each output depends on, beside the field as worked out.

One axis at a time, every position of the input has a bit of its own, which travels through the layers
(`cnncalc.execute.probe`). The bits that arrive at an output are the positions that the output depends on. An
output whose receptive field lies within the input must depend on all of the field; an output at a border may
depend on less, but on nothing outside its field. Where every output is at a border, a longer input is probed.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.receptive_field import Field, View
from cnncalc.execute.definition import steps
from cnncalc.execute.probe import Probe, axis_bits, seen
from cnncalc.execute.values import Numbers
from cnncalc.execute.weights import Weights
from cnncalc.expr import Number
from cnncalc.graph import Graph
from cnncalc.layers.support.reach import ITSELF, Reach

BUDGET = 300_000
"""How many words of 64 bits the map of one channel may hold while it is probed."""
SEES_NOTHING = 1 << 62
"""The first position that an output sees, where the output depends on no position at all."""
MOST_POSITIONS = 8192
"""The most positions that are probed along an axis; a longer axis is probed at so many of its positions."""


class Zeros(Weights):
    """Weights for a probe: a probe asks for their shapes alone, so that they take no memory."""

    def of(self, owner: str, fact: LayerCounts, x: Numbers | None = None) -> dict[str, Numbers]:
        return {name: np.broadcast_to(np.float32(0), weight.shape) for name, weight in fact.arrays.items()}


class ProbedField(NamedTuple):
    """Along one axis, the probe of a node: the field as worked out, and the part that was measured.

    `measured` holds size, jump and start as far as outputs show them that no border touches.
    """

    number: int
    claimed: Field
    measured: dict[str, Number]
    ok: bool


class SeenRange(NamedTuple):
    """For each output along an axis, the first and the last of the probed positions that it depends on."""

    first: Numbers
    last: Numbers

    @property
    def sees_any(self) -> Numbers:
        """Which outputs depend on any probed position."""
        return self.last >= 0


def probe_axis(
    graph: Graph, facts: Sequence[LayerCounts], views: Sequence[View], axis: int
) -> Iterator[ProbedField]:
    """Probes one axis of the input, and gives the field of each node whose outputs have a position."""
    sizes = {source.shape[axis] for source in graph.inputs if axis < max(len(source.shape) - 1, 1)}
    (size,) = sizes
    chosen = np.asarray(sampled(size))
    found: dict[int, SeenRange] = {}
    cost = max(math.prod(source.shape[:-1]) for source in graph.inputs)
    words = max(BUDGET // cost, 1)
    for start in range(0, len(chosen), 64 * words):
        some = chosen[start : start + 64 * words]
        tool = Probe()
        inputs = [tool.value(_bits(source.shape, axis, some)) for source in graph.inputs]
        for step in steps(graph, facts, inputs, Zeros(), tool):
            fields = views[step.number].fields
            if fields is not None and axis < len(fields):
                seen_range = _range_of(seen(step.value, axis, len(some)), some)
                found[step.number] = _merged(found.get(step.number), seen_range)
    clear, filled = clear_of_borders(graph, facts, axis, size), sees_filled_borders(graph)
    for number, seen_range in found.items():
        fields = views[number].fields
        if fields is not None:
            # where padding holds pixels of the input, an output at a border sees others than its field says
            held = clear[number] | (not filled[number])
            yield compared(number, fields[axis], seen_range, clear[number], held, chosen, size)


def _bits(shape: Sequence[int], axis: int, positions: Numbers) -> Numbers:
    """An input in which each of some positions along an axis has a bit of its own; tokens are positions."""
    sizes = shape[:-1] or shape
    bits = (
        axis_bits(sizes, axis, positions)
        if axis < len(sizes)
        else np.zeros((1,) * (len(sizes) + 2), np.uint64)
    )
    return np.broadcast_to(bits[..., 0] if len(shape) == 1 else bits, (len(bits), *shape))


def _range_of(moved: Numbers, positions: Numbers) -> SeenRange:
    """The first and the last True in each row of (outputs, positions)."""
    some = moved.any(1)
    first = np.where(some, positions[moved.argmax(1)], SEES_NOTHING)
    return SeenRange(first, np.where(some, positions[len(positions) - 1 - moved[:, ::-1].argmax(1)], -1))


def _merged(known: SeenRange | None, seen_range: SeenRange) -> SeenRange:
    if known is None:
        return seen_range
    return SeenRange(np.minimum(known.first, seen_range.first), np.maximum(known.last, seen_range.last))


def sampled(size: int) -> list[int]:
    """The positions that are probed: of a long axis, those at both ends and in the middle."""
    if size <= MOST_POSITIONS:
        return list(range(size))
    third = MOST_POSITIONS // 3
    middle = (size - third) // 2
    return [*range(third), *range(middle, middle + third), *range(size - third, size)]


def compared(
    number: int, field: Field, moved: SeenRange, clear: Numbers, held: Numbers, chosen: Numbers, size: int
) -> ProbedField:
    """The field as worked out, held to the positions that outputs depend on, `moved`.

    `clear` says which outputs see no border; only the outputs in `held` must keep within their field.
    """
    if not moved.sees_any.any():
        return ProbedField(number, field, {}, ok=True)  # along another axis all outputs see padding alone
    first, last, none = claimed_ranges(field, len(moved.first))
    ok = bool(np.all(~held | ~moved.sees_any | (~none & (moved.first >= first) & (moved.last <= last))))
    low, high = np.maximum(first - 1, 0), np.minimum(last + 1, size - 1)
    probed = np.searchsorted(chosen, high, "right") - np.searchsorted(chosen, low) == high - low + 1
    exact = clear & probed & ~none
    ok = ok and bool(np.all(~exact | ((moved.first == first) & (moved.last == last))))
    return ProbedField(number, field, _measured(np.flatnonzero(exact & moved.sees_any), moved, field), ok=ok)


def claimed_ranges(field: Field, outputs: int) -> tuple[Numbers, Numbers, Numbers]:
    """By the arithmetic: the first and the last pixel that each output sees, and which outputs see none."""
    own = (int(field.start), int(field.start + field.size) - 1)
    phases = field.output_spans or (own,)
    period = len(phases)
    table = np.array([span or (0, -1) for span in phases])
    none = np.array([span is None for span in phases])
    number = np.arange(outputs)
    ahead = number // period * int(period * field.jump)
    phase = number % period
    return table[phase, 0] + ahead, table[phase, 1] + ahead, none[phase]


def _measured(exact: Numbers, moved: SeenRange, field: Field) -> dict[str, Number]:
    """Size, jump and start, as far as these outputs show them, whose fields no border cuts.

    The size needs an output of each phase, since the widest of them counts. The jump needs two outputs of one
    phase, and so does the start, unless output 0 itself is among those seen.
    """
    found: dict[str, Number] = {}
    period = len(field.output_spans) or 1
    if len(np.unique(exact % period)) == period - field.output_spans.count(None) and len(exact):
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


def clear_of_borders(graph: Graph, facts: Sequence[LayerCounts], axis: int, size: int) -> list[Numbers]:
    """For each node, the outputs along an axis whose way back to the input meets no border in any layer."""
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
    """The outputs of a layer that read only positions which are clear of borders themselves."""
    first, last, none = claimed_ranges(
        Field(reach.extent, reach.step, reach.offset, reach.output_spans), outputs
    )
    blocked = np.concatenate([[0], np.cumsum(~read)])
    inside = ~none & (first >= 0) & (last < len(read)) & (first <= last)
    first, last = np.where(inside, first, 0), np.where(inside, last, 0)
    found: Numbers = inside & (blocked[np.minimum(last + 1, len(read))] == blocked[first])
    return found
