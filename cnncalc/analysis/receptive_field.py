"""Receptive fields: which input pixels an output can see, through windows, branches and upsampling.

Source: Araujo, Norris, Sim, Computing Receptive Fields of Convolutional Neural Networks (2019).
Upsampling makes jumps of a fraction of a pixel: what the outputs see is then told of each, until it repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm
from typing import NamedTuple

from cnncalc.analysis.counts import Facts
from cnncalc.expr import fraction
from cnncalc.graph import Graph, Input
from cnncalc.layers.base import Shape
from cnncalc.layers.windows import MOST_PHASES, Reach, Span

Number = int | Fraction
Phases = tuple[Span | None, ...]


class Field(NamedTuple):
    """Along one axis: output o sees the input pixels start + o*jump ... start + o*jump + size - 1.

    Where a jump is no whole number the outputs differ: `phases` says from where to where each of the first
    sees (None: nothing), output o + len(phases) sees len(phases)*jump further on, and the size is the widest.
    """

    size: Number
    jump: Number
    start: Number
    phases: Phases = ()

    @property
    def center(self) -> Number:
        """The middle of what the first output sees, in pixels."""
        if self.phases and self.phases[0]:
            return Fraction(sum(self.phases[0]), 2)
        return self.start + fraction(self.size - 1, 2)

    @property
    def padding(self) -> Number:
        """The effective padding: how far the first output's view reaches past the input."""
        return -self.start

    def through(self, reach: Reach) -> Field:
        """The field after a layer that reads so much of what came before."""
        if self.phases or reach.phases:
            # the outputs of the layer that read, over again, at the same phase of what came before
            period = len(self.phases) or 1
            ahead = int(reach.step * (len(reach.phases) or 1))
            outputs = (len(reach.phases) or 1) * (period // gcd(period, ahead))
            if outputs <= MOST_PHASES:
                return self._seen_through(reach, outputs)
        return Field(
            self.size + (reach.extent - 1) * self.jump,
            self.jump * reach.step,
            self.start + reach.offset * self.jump,
        )

    def _seen_through(self, reach: Reach, outputs: int) -> Field:
        seen: list[Span | None] = []
        for output in range(outputs):
            read = _span(reach.phases, output, reach.step, (reach.offset, reach.offset + reach.extent - 1))
            seen.append(read and self._seen_from(*read, reach.apart))
        return _phased(seen, self.jump * reach.step, self.start + reach.offset * self.jump)

    def seen(self, output: int) -> Span | None:
        """The first and the last pixel that an output sees, past the borders too; None if it sees none."""
        own = int(self.start), int(self.start + self.size) - 1
        return _span(self.phases, output, self.jump, own)

    def _seen_from(self, first: int, last: int, apart: int) -> Span | None:
        """What the outputs from `first` to `last` see together, of which those `apart` are read."""
        # where later outputs see further, those at the ends see most
        read = (first, last) if self._in_order else range(first, last + 1, apart)
        spans = [span for output in read if (span := self.seen(output))]
        return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None

    @property
    def _in_order(self) -> bool:
        """Whether no output sees less far than the one before it; stamps that lie apart make some that do."""
        spans = [self.seen(output) for output in range(len(self.phases) + 1)]
        return all(a and b and a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(spans))


def _span(phases: Phases, output: int, step: Number, own: Span) -> Span | None:
    """From where to where an output reaches; `own` is said of output 0 where all reach alike."""
    period = len(phases) or 1
    span, ahead = phases[output % period] if phases else own, int(output // period * period * step)
    return span and (span[0] + ahead, span[1] + ahead)


def _phased(seen: Sequence[Span | None], jump: Number, start: Number) -> Field:
    """The field of outputs that see so much, until it repeats; `start` where the first sees nothing."""
    size = max((last - first + 1 for first, last in filter(None, seen)), default=0)
    phases = tuple(seen) if len(seen) > 1 or None in seen else ()
    return Field(size, jump, seen[0][0] if seen[0] else start, phases)


class View(NamedTuple):
    """What a node sees: a field for each spatial axis, or None where it has no position and sees all.

    `misaligned` says that paths with different jumps or centres meet in it; `uneven`, that it is jumps: then
    the field is that of the first output, and no other is so.
    """

    fields: tuple[Field, ...] | None
    misaligned: bool = False
    uneven: bool = False


def input_view(source: Input) -> View:
    """What an input sees: itself."""
    return View((Field(1, 1, 0),) * (len(source.shape) - 1) or None)


def views(graph: Graph, facts: list[Facts]) -> list[View]:
    """The view of every node, in the pixels of the input that it comes from."""
    found = [input_view(source) for source in graph.inputs]
    for node, fact in zip(graph.nodes, facts, strict=True):
        sources = [found[number] for number in node.inputs]
        joined = sources[0] if len(sources) == 1 else _joined(sources, fact)
        reach = fact.reach if len(sources) == 1 else ()
        if reach and joined.fields is None and node.inputs[0] < len(graph.inputs):
            joined = View(
                (Field(1, 1, 0),) * len(reach)
            )  # the values of a vector are read as positions: tokens
        if joined.fields is None or reach is None:
            found.append(joined._replace(fields=None))
        elif not reach:
            found.append(joined)
        else:
            fields = tuple(field.through(step) for field, step in zip(joined.fields, reach, strict=True))
            found.append(joined._replace(fields=fields))
    return found[len(graph.inputs) :]


def _joined(sources: list[View], fact: Facts) -> View:
    """The widest of the paths that meet; paths that are stretched have no position."""
    misaligned = any(view.misaligned for view in sources)
    uneven = any(view.uneven for view in sources)
    fields = [view.fields for view in sources]
    if any(_stretched(shape, fact.output) for shape in fact.inputs):
        return View(None, misaligned, uneven)
    known = [each for each in fields if each is not None]
    if len(known) < len(fields):
        return View(None, misaligned, uneven)
    axes = []
    for of_axis in zip(*known, strict=True):
        start = min(field.start for field in of_axis)
        jump = max(field.jump for field in of_axis)
        period = lcm(*(len(field.phases) or 1 for field in of_axis))
        alike = len({field.jump for field in of_axis}) == 1
        uneven = uneven or not alike
        misaligned = misaligned or not alike or len({2 * field.start + field.size for field in of_axis}) > 1
        if period > 1 and alike and period <= MOST_PHASES:
            seen = [[span for field in of_axis if (span := field.seen(o))] for o in range(period)]
            widest = [(min(a for a, _ in each), max(b for _, b in each)) if each else None for each in seen]
            axes.append(_phased(widest, jump, start))
        else:
            end = max(field.start + field.size for field in of_axis)
            axes.append(Field(end - start, jump, start))
    return View(tuple(axes), misaligned, uneven)


def _stretched(shape: Shape, output: Shape) -> bool:
    return len(shape) != len(output) or shape[:-1] != output[:-1]
