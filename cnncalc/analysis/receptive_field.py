"""Receptive fields: which input pixels an output can see, through windows, branches and upsampling.

Source: Araujo, Norris, Sim, Computing Receptive Fields of Convolutional Neural Networks (2019). Upsampling
makes jumps of a fraction of a pixel, such as 1/2. Outputs then see fields of different sizes, in a pattern
that repeats, and the field of each output of one period is kept: a phase.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import gcd, lcm
from typing import NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import Fault, Place, SpecError
from cnncalc.expr import Expr, Formula, Number, fraction, maximum, minimum, named
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.reach import ITSELF, MOST_PHASES, Reach, Span

OutputSpans = tuple[Span | None, ...]
MOST_SCANNED = 100_000
"""The most outputs that are gone through for those that see a pixel."""
LARGEST = 10**60
"""The largest number of a field, numerators and denominators: beyond, no number can be written for long."""
MOST_TOLD = 4
"""The most spans whose sizes a formula compares, max(r0, r1); of more spans it has the widest alone."""


class Field(NamedTuple):
    """Along one axis: output o sees the input pixels start + o*jump ... start + o*jump + size - 1.

    If the jump is a fraction, such as 1/2 after an upsampling by 2, the outputs of one period differ. Then
    `output_spans[o]` is the (first, last) pixel that output o sees, or None if output o sees nothing; output
    o + len(output_spans) sees the same as output o, len(output_spans)*jump pixels further on; `size` is the
    widest.
    """

    size: Number
    jump: Number
    start: Number
    output_spans: OutputSpans = ()

    @property
    def center(self) -> Number:
        """The middle of the first output's field, in input pixels."""
        if self.output_spans and self.output_spans[0]:
            return fraction(sum(self.output_spans[0]), 2)
        return self.start + fraction(self.size - 1, 2)

    @property
    def padding(self) -> Number:
        """The effective padding: how many pixels the first output's field reaches past the input's border."""
        return -self.start

    def through(self, reach: Reach) -> "Field":
        """The field of a layer whose outputs read `reach` of the values that have this field."""
        if self.output_spans or reach.output_spans:
            # the outputs after which the phases repeat: behind an upsampling by 2 (2 phases), a stride of 3
            # meets the phases 0, 1, 0, 1, which are 2 outputs
            phases_before = len(self.output_spans) or 1
            period = len(reach.output_spans) or 1
            values_ahead = int(reach.step * period)
            outputs = period * (phases_before // gcd(phases_before, values_ahead))
            if outputs <= MOST_PHASES:
                return self._seen_through(reach, outputs)
        return Field(
            self.size + (reach.extent - 1) * self.jump,
            self.jump * reach.step,
            self.start + reach.offset * self.jump,
        )

    def _seen_through(self, reach: Reach, outputs: int) -> "Field":
        seen: list[Span | None] = []
        in_order = self._in_order
        for output in range(outputs):
            read = _span(
                reach.output_spans, output, reach.step, (reach.offset, reach.offset + reach.extent - 1)
            )
            read = read and _spoken(("from_", "to_"), read, output, self.axis)
            seen.append(read and self._seen_from(*read, reach.tap_spacing, in_order))
        return _phased(seen, self.jump * reach.step, self.start + reach.offset * self.jump, self.axis)

    def seen(self, output: int) -> Span | None:
        """The first and the last pixel that an output sees, beyond the borders too; None for no pixel."""
        own = None if self.output_spans else (_whole(self.start), _whole(self.start + self.size) - 1)
        return _span(self.output_spans, output, self.jump, own)

    def seen_by(self, pixel: int, outputs: int) -> Span | None:
        """The first and the last of `outputs` outputs whose field holds a pixel; None where no field does."""
        if self.output_spans or self.jump.denominator != 1:
            spans = ((o, self.seen(o)) for o in range(min(outputs, MOST_SCANNED)))
            found = [o for o, span in spans if span and span[0] <= pixel <= span[1]]
            return (found[0], found[-1]) if found else None
        ahead, jump = pixel - int(self.start), max(int(self.jump), 1)
        first = max(-((int(self.size) - 1 - ahead) // jump), 0)
        last = min(ahead // jump, outputs - 1)
        return (first, last) if first <= last else None

    @property
    def axis(self) -> str:
        """The ending of this axis's letters in formulas: H of j_inH; "" where the axis has no letter."""
        return getattr(self.jump, "name", "").removeprefix("j_in").lstrip("0123456789")

    def _seen_from(self, first: int, last: int, apart: int, in_order: bool) -> Span | None:
        """The pixels that the outputs first, first + apart, ..., last see together."""
        # outputs in order: the first one sees the first pixel, and the last one the last pixel
        if in_order and (nearest := self.seen(first)) and (furthest := self.seen(last)):
            return nearest[0], furthest[1]
        spans = [span for output in range(first, last + 1, apart) if (span := self.seen(output))]
        return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None

    @property
    def _in_order(self) -> bool:
        """Whether each output sees at least as far as the output before, at both ends of its field.

        Not so after a transposed convolution with gaps between its stamps (stride > kernel, or dilation).
        """
        spans = [self.seen(output) for output in range(len(self.output_spans) + 1)]
        return all(a and b and a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(spans))


def _span(phases: OutputSpans, output: int, step: Number, own: Span | None) -> Span | None:
    """The first and the last index that an output reads or sees; without phases, `own` is output 0's."""
    turn = output % len(phases) if phases else 0
    span = phases[turn] if phases else own
    # outputs of the same phase are a whole number of pixels apart: outputs 1 and 3 with a jump of 1/2
    ahead = _ahead(output - turn, step)
    return span and (span[0] + ahead, span[1] + ahead)


def _ahead(outputs: int, step: Number) -> int:
    """The pixels by which the field of an output is further on, `outputs` outputs later."""
    if isinstance(step, Formula):
        return _whole(outputs * step)
    return outputs * step.numerator // step.denominator


def _whole(number: Number) -> int:
    """A whole number that came out of fractions, as an int."""
    return number if isinstance(number, Expr) else int(number)


def _phased(seen: Sequence[Span | None], jump: Number, start: Number, axis: str) -> Field:
    """The field with a span for each phase; `start` is the start where phase 0 sees nothing."""
    told = [each and _spoken(("first_out", "last_out"), each, o, axis) for o, each in enumerate(seen)]
    sizes = [last - first + 1 for first, last in filter(None, told)]
    few = len(set(sizes)) > 1 and len(sizes) <= MOST_TOLD
    size = maximum(*sizes) if few else max(sizes, default=0)
    phases = tuple(told) if len(told) > 1 or None in told else ()
    return Field(size, jump, told[0][0] if told[0] else start, phases)


def _spoken(names: tuple[str, str], span: Span, output: int, axis: str) -> Span:
    """A span whose ends, where they are formulas, have names in the working: first_out0, last_out0."""
    if not any(isinstance(number, Formula) for number in span):
        return span
    first, last = (named(f"{name}{output}{axis}", end) for name, end in zip(names, span, strict=True))
    return first, last


class View(NamedTuple):
    """The fields of the outputs of a node, one for each spatial axis; None where outputs have no position.

    `misaligned`: paths with different jumps or different centres meet in the node. `uneven`: paths with
    different jumps meet, so that the field holds for the first output alone. `blind`: no input leads to the
    node.
    """

    fields: tuple[Field, ...] | None
    misaligned: bool = False
    uneven: bool = False
    blind: bool = False


def input_view(source: Input) -> View:
    """The view of an input's own values: each sees itself."""
    return View((Field(1, 1, 0),) * (len(source.shape) - 1) or None)


def views(graph: Graph, facts: list[LayerCounts]) -> list[View]:
    """The view of every node, in the pixels of the input that leads to the node."""
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
        elif all(step is ITSELF for step in reach):
            found.append(joined)
        else:
            fields = _through(joined.fields, reach)
            if not all(_is_bounded(field) for field in fields):
                raise _too_large(graph, len(found))
            found.append(joined._replace(fields=fields))
    return found[len(graph.inputs) :]


def _through(fields: tuple[Field, ...], reach: Sequence[Reach]) -> tuple[Field, ...]:
    """The fields behind a layer; axes that are alike are worked out once."""
    first = fields[0].through(reach[0])
    return tuple(
        first if field is fields[0] and step == reach[0] else field.through(step)
        for field, step in zip(fields, reach, strict=True)
    )


def _is_bounded(field: Field) -> bool:
    numbers = field[:3]
    return all(abs(n.numerator) <= LARGEST and n.denominator <= LARGEST for n in numbers)


def _too_large(graph: Graph, number: int) -> SpecError:
    help, place = "smaller kernels, strides and scales", Place(graph.name(number))
    return SpecError(
        Fault("too_large", "a receptive field whose numbers take more than 60 digits", help, place)
    )


def entering(node: Node, fact: LayerCounts, view: Callable[[int], View], inputs: int) -> list[View]:
    """The views of the values that a node reads; `view` gives the view of a number of `Node.inputs`."""
    read = node.inputs if node.layer.like is None else node.inputs[:1]
    sources = [view(number) for number in read]
    if len(sources) != 1 or sources[0].fields is not None or node.inputs[0] >= inputs:
        return sources
    if not isinstance(fact.reach, tuple):
        return sources
    # a layer such as an embedding reads the values of a vector as positions: tokens
    return [View((Field(1, 1, 0),) * len(fact.reach) or None)]


def _joined(sources: list[View], fact: LayerCounts) -> View:
    """The view where paths meet; None fields where a path is stretched over the others' positions."""
    misaligned = any(view.misaligned for view in sources)
    uneven = any(view.uneven for view in sources)
    fields = [view.fields for view in sources if not view.blind]
    shapes = [shape for view, shape in zip(sources, fact.inputs, strict=True) if not view.blind]
    if not isinstance(fact.reach, tuple) or any(_stretched(shape, fact.output) for shape in shapes):
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
    """The field along an axis where paths meet: from the first pixel of any path to the last of any."""
    axis, start = paths[0].axis, minimum(*(field.start for field in paths))
    alike = len({field.jump for field in paths}) == 1
    jump = paths[0].jump if alike else maximum(*(field.jump for field in paths))
    period = lcm(*(len(field.output_spans) or 1 for field in paths))
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
