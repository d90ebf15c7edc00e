"""Receptive fields: which input pixels an output can see, through windows, branches and upsampling.

Source: Araujo, Norris, Sim, Computing Receptive Fields of Convolutional Neural Networks (2019).
Upsampling makes jumps of a fraction of a pixel: what the outputs see is then told of each, until it repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import gcd, lcm
from typing import NamedTuple

from cnncalc.analysis.counts import Facts
from cnncalc.expr import Expr, Formula, Number, fraction, maximum, minimum, named
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.windows import MOST_PHASES, Reach, Span

Phases = tuple[Span | None, ...]
MOST_TOLD = 4
"""The most outputs in turn that a formula compares; of more it has the widest alone."""


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
            return fraction(sum(self.phases[0]), 2)
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
        in_order = self._in_order
        for output in range(outputs):
            read = _span(reach.phases, output, reach.step, (reach.offset, reach.offset + reach.extent - 1))
            read = read and _spoken(("from_", "to_"), read, output, self.axis)
            seen.append(read and self._seen_from(*read, reach.apart, in_order))
        return _phased(seen, self.jump * reach.step, self.start + reach.offset * self.jump, self.axis)

    def seen(self, output: int) -> Span | None:
        """The first and the last pixel that an output sees, past the borders too; None if it sees none."""
        own = None if self.phases else (_whole(self.start), _whole(self.start + self.size) - 1)
        return _span(self.phases, output, self.jump, own)

    @property
    def axis(self) -> str:
        """Where the numbers are letters: what those of this axis end in."""
        return getattr(self.jump, "name", "").removeprefix("j_in").lstrip("0123456789")

    def _seen_from(self, first: int, last: int, apart: int, in_order: bool) -> Span | None:
        """What the outputs from `first` to `last` see together, of which those `apart` are read."""
        # where later outputs see further, those at the ends see most
        if in_order and (nearest := self.seen(first)) and (furthest := self.seen(last)):
            return nearest[0], furthest[1]
        spans = [span for output in range(first, last + 1, apart) if (span := self.seen(output))]
        return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None

    @property
    def _in_order(self) -> bool:
        """Whether no output sees less far than the one before it; stamps that lie apart make some that do."""
        spans = [self.seen(output) for output in range(len(self.phases) + 1)]
        return all(a and b and a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(spans))


def _span(phases: Phases, output: int, step: Number, own: Span | None) -> Span | None:
    """From where to where an output reaches; `own` is said of output 0 where all reach alike."""
    turn = output % len(phases) if phases else 0
    span = phases[turn] if phases else own
    # those in the same turn lie a whole number of pixels apart
    ahead = _ahead(output - turn, step)
    return span and (span[0] + ahead, span[1] + ahead)


def _ahead(outputs: int, step: Number) -> int:
    """How many pixels further on so many outputs later are."""
    if isinstance(step, Formula):
        return _whole(outputs * step)
    return outputs * step.numerator // step.denominator


def _whole(number: Number) -> int:
    """A whole number as one."""
    return number if isinstance(number, Expr) else int(number)


def _phased(seen: Sequence[Span | None], jump: Number, start: Number, axis: str) -> Field:
    """The field of outputs that see so much, until it repeats; `start` where the first sees nothing."""
    told = [each and _spoken(("first_out", "last_out"), each, o, axis) for o, each in enumerate(seen)]
    sizes = [last - first + 1 for first, last in filter(None, told)]
    few = len(set(sizes)) > 1 and len(sizes) <= MOST_TOLD
    size = maximum(*sizes) if few else max(sizes, default=0)
    phases = tuple(told) if len(told) > 1 or None in told else ()
    return Field(size, jump, told[0][0] if told[0] else start, phases)


def _spoken(names: tuple[str, str], span: Span, output: int, axis: str) -> Span:
    """From where to where an output reads or sees, under names of its own where they are formulas."""
    if not any(isinstance(number, Formula) for number in span):
        return span
    first, last = (named(f"{name}{output}{axis}", end) for name, end in zip(names, span, strict=True))
    return first, last


class View(NamedTuple):
    """What a node sees: a field for each spatial axis, or None where it has no position and sees all.

    `misaligned` says that paths with different jumps or centres meet in it; `uneven`, that it is jumps: then
    the field is that of the first output, and no other is so. What is `blind` comes from no input.
    """

    fields: tuple[Field, ...] | None
    misaligned: bool = False
    uneven: bool = False
    blind: bool = False


def input_view(source: Input) -> View:
    """What an input sees: itself."""
    return View((Field(1, 1, 0),) * (len(source.shape) - 1) or None)


def views(graph: Graph, facts: list[Facts]) -> list[View]:
    """The view of every node, in the pixels of the input that it comes from."""
    found = [input_view(source) for source in graph.inputs]
    for node, fact in zip(graph.nodes, facts, strict=True):
        sources = entering(node, fact, found.__getitem__, len(graph.inputs))
        if all(view.blind for view in sources):
            found.append(View(None, blind=True))
            continue
        joined = sources[0] if len(sources) == 1 else _joined(sources, fact)
        reach = fact.reach if len(sources) == 1 else ()
        if joined.fields is None or not isinstance(reach, tuple):
            found.append(joined._replace(fields=None))
        elif not reach:
            found.append(joined)
        else:
            fields = tuple(field.through(step) for field, step in zip(joined.fields, reach, strict=True))
            found.append(joined._replace(fields=fields))
    return found[len(graph.inputs) :]


def entering(node: Node, fact: Facts, view: Callable[[int], View], inputs: int) -> list[View]:
    """The views of what a node reads; `view` gives that of a number, the first of which are the inputs."""
    sources = [view(number) for number in node.inputs]
    if len(sources) != 1 or sources[0].fields is not None or node.inputs[0] >= inputs:
        return sources
    if not isinstance(fact.reach, tuple):
        return sources
    # the values of a vector are read as positions: tokens
    return [View((Field(1, 1, 0),) * len(fact.reach) or None)]


def _joined(sources: list[View], fact: Facts) -> View:
    """The widest of the paths that meet; paths that are stretched have no position."""
    misaligned = any(view.misaligned for view in sources)
    uneven = any(view.uneven for view in sources)
    fields = [view.fields for view in sources if not view.blind]
    shapes = [shape for view, shape in zip(sources, fact.inputs, strict=True) if not view.blind]
    if fact.reach is None or any(_stretched(shape, fact.output) for shape in shapes):
        return View(None, misaligned, uneven)
    known = [each for each in fields if each is not None]
    if len(known) < len(fields):
        return View(None, misaligned, uneven)
    axes = []
    for of_axis in zip(*known, strict=True):
        alike = len({field.jump for field in of_axis}) == 1
        uneven = uneven or not alike
        misaligned = misaligned or not alike or len({2 * field.start + field.size for field in of_axis}) > 1
        axes.append(met(of_axis))
    return View(tuple(axes), misaligned, uneven)


def met(paths: Sequence[Field]) -> Field:
    """What an output sees along an axis where paths meet: from the first pixel of any of them to the last."""
    axis, start = paths[0].axis, minimum(*(field.start for field in paths))
    alike = len({field.jump for field in paths}) == 1
    jump = paths[0].jump if alike else maximum(*(field.jump for field in paths))
    period = lcm(*(len(field.phases) or 1 for field in paths))
    if period > 1 and alike and period <= MOST_PHASES:
        seen = [[span for field in paths if (span := field.seen(o))] for o in range(period)]
        widest = [
            (minimum(*(first for first, _ in each)), maximum(*(last for _, last in each))) if each else None
            for each in seen
        ]
        return _phased(widest, jump, start, axis)
    start = named(f"start_out{axis}", start)
    end = maximum(*(field.start + field.size for field in paths))
    return Field(end - start, jump, start)


def _stretched(shape: Shape, output: Shape) -> bool:
    return len(shape) != len(output) or shape[:-1] != output[:-1]
