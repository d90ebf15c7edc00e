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
from cnncalc.execute.probe import Probe, axis_bits, seen
from cnncalc.execute.run import steps
from cnncalc.execute.toolkit import Numbers, Value
from cnncalc.execute.weights import Weights
from cnncalc.graph import Graph
from cnncalc.layers.windows import ITSELF, Reach

BUDGET = 300_000
"""How many words a probe's map of one channel may hold at a time."""
MOST_POSITIONS = 8192
"""The most positions along an axis that are probed: beyond, they are sampled."""


class Zeros(Weights):
    """Weights that no dependency comes from, and that take no memory."""

    def of(self, owner: str, fact: Facts, x: Value | None = None) -> dict[str, Numbers]:
        return {name: np.broadcast_to(np.float32(0), weight.shape) for name, weight in fact.arrays.items()}


class Seen(NamedTuple):
    """Along one axis, what the probe found of a node. `field` is as measured, None where borders hide it."""

    number: int
    claimed: Field
    field: Field | None
    ok: bool


def probe_axis(graph: Graph, facts: Sequence[Facts], views: Sequence[View], axis: int) -> Iterator[Seen]:
    """Probes one axis of the input, and gives of each node with a position what was seen."""
    sizes = {source.shape[axis] for source in graph.inputs if axis < max(len(source.shape) - 1, 1)}
    (size,) = sizes
    chosen = sampled(size)
    found: dict[int, Numbers] = {}
    cost = max(math.prod(source.shape[:-1]) for source in graph.inputs)
    words = max(BUDGET // cost, 1)
    for first in range(0, len(chosen), 64 * words):
        some = chosen[first : first + 64 * words]
        tool = Probe(np.bitwise_or)
        inputs = []
        for source in graph.inputs:
            positions = source.shape[:-1] or source.shape
            bits = axis_bits(positions, axis, some) if axis < len(positions) else np.zeros(1, np.uint64)
            whole = bits[..., 0] if len(source.shape) == 1 else bits
            inputs.append(tool.value(np.broadcast_to(whole, (len(bits), *source.shape))))
        for step in steps(graph, facts, inputs, Zeros(), tool):
            number, fields = step.number, views[step.number].fields
            if fields is not None and axis < len(fields):
                part = seen(step.value, axis, len(some))
                found[number] = np.concatenate([found[number], part], 1) if number in found else part
    clear = clear_of_borders(graph, facts, axis, size)
    for number, moved in found.items():
        fields = views[number].fields
        if fields is not None:
            yield compared(number, fields[axis], moved, clear[number], np.asarray(chosen), size)


def sampled(size: int) -> list[int]:
    """The positions that are probed: all, or of very many those at both ends and in the middle."""
    if size <= MOST_POSITIONS:
        return list(range(size))
    third = MOST_POSITIONS // 3
    middle = (size - third) // 2
    return [*range(third), *range(middle, middle + third), *range(size - third, size)]


def compared(number: int, field: Field, moved: Numbers, clear: Numbers, chosen: Numbers, size: int) -> Seen:
    """What was worked out, held to what moved: (outputs, positions)."""
    exact: list[tuple[int, int, int]] = []
    ok = True
    for output in range(len(moved)):
        span = field.seen(output)
        hits = chosen[moved[output]]
        if span is None:
            ok = ok and not len(hits)
            continue
        first, last = span
        if len(hits):
            ok = ok and first <= hits[0] and hits[-1] <= last
        if clear[output] and _covers(chosen, max(first - 1, 0), min(last + 1, size - 1)):
            measured = (int(hits[0]), int(hits[-1])) if len(hits) else (0, -1)
            ok = ok and measured == (first, last)
            exact.append((output, *measured))
    return Seen(number, field, _measured(exact, field), ok)


def _covers(chosen: Numbers, first: int, last: int) -> bool:
    """Whether every position from first to last was probed."""
    return int(np.searchsorted(chosen, last, "right") - np.searchsorted(chosen, first)) == last - first + 1


def _measured(exact: Sequence[tuple[int, int, int]], field: Field) -> Field | None:
    """The size, jump and start of outputs that see so much; the jump as claimed where one output is all."""
    if not exact:
        return None
    size = max(last - first + 1 for _, first, last in exact)
    period = len(field.phases) or 1
    output, first, _ = exact[0]
    later = next((each for each in exact if each[0] - output == period), None)
    jump = field.jump if later is None else Fraction(later[1] - first, period)
    aligned = next((each for each in exact if each[0] % period == 0), None)
    start = field.start if aligned is None else aligned[1] - int(aligned[0] * jump)
    return Field(size, jump, start)


def clear_of_borders(graph: Graph, facts: Sequence[Facts], axis: int, size: int) -> list[Numbers]:
    """For each node, which of its outputs along an axis see no border, in any layer on the way."""
    clear: list[Numbers] = [np.ones(size, bool) for _ in graph.inputs]
    for node, fact in zip(graph.nodes, facts, strict=True):
        outputs = fact.output[axis] if axis < len(fact.output) - 1 else 0
        sources = [clear[number] for number in node.inputs]
        reach = fact.reach if len(sources) == 1 else ()
        if reach is None or any(len(source) != outputs for source in sources[1:]):
            clear.append(np.zeros(outputs, bool))
            continue
        step = reach[axis] if reach and axis < len(reach) else ITSELF
        read = np.logical_and.reduce(sources) if len({len(source) for source in sources}) == 1 else sources[0]
        clear.append(_all_clear(read, step, outputs))
    return clear[len(graph.inputs) :]


def _all_clear(read: Numbers, reach: Reach, outputs: int) -> Numbers:
    """Which outputs read nothing but positions that are clear."""
    own = Field(reach.extent, reach.step, reach.offset, reach.phases)
    blocked = np.concatenate([[0], np.cumsum(~read)])
    found = np.zeros(outputs, bool)
    for output in range(outputs):
        span = own.seen(output)
        if span is not None and span[0] >= 0 and span[1] < len(read):
            found[output] = blocked[span[1] + 1] == blocked[span[0]]
    return found
