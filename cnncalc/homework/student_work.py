"""The numbers that follow from a student's own earlier answers, and so may be carried forward."""

import dataclasses
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cnncalc.analysis.receptive_field import Field
from cnncalc.analysis.rows import LayerReport
from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.homework.key import Key
from cnncalc.homework.shapes import WrittenShape, as_meant
from cnncalc.homework.working import AnswerWorking
from cnncalc.layers.support.base import Layer, Shape
from cnncalc.quantity import QUANTITIES

LARGEST_SIZE = 10**6
"""The sizes below which a student's shape is carried into later layers: far above any layer's channels."""


class StudentWork:
    """The wrong numbers that a student has given, gathered layer by layer, and what follows from them.

    `start` is a layer's working on the shapes that come in by the student's earlier answers.
    """

    def __init__(self, key: Key) -> None:
        self.key, self.report = key, key.report
        self.given: dict[tuple[str, str], Any] = {}
        self._shapes: list[Shape] = [source.shape for source in self.report.graph.inputs]
        self._strayed = False
        self._sizes: list[int | None] = [None] * len(self._shapes)
        """The student's own number of values of what each layer puts out, where it is wrong."""

    def keep_shape(
        self, row: LayerReport, reading: WrittenShape, start: AnswerWorking | None, usual: str | None
    ) -> None:
        """Remembers the student's shape, as (..., channels), for the numbers that follow from the shape."""
        if any(size.value.denominator != 1 or not 0 < size.value < LARGEST_SIZE for size in reading.sizes):
            return
        expected = row.facts.output
        computed: Any = [start.value()] if start else []
        given = as_meant(reading, [expected, *computed], self.key.layout, usual)
        while len(given) > len(expected) and given[-1] == 1:
            given = given[:-1]
        if len(given) == len(expected):
            self.given[row.name, "shape"] = given

    def on_student_shapes(self, row: LayerReport) -> AnswerWorking | None:
        """The layer's working on the student's own input shapes; None where these are right or can't be."""
        if not self._strayed:
            return None
        inputs = tuple(self._shapes[number] for number in row.node.inputs)
        start = replace(AnswerWorking.of(row.facts, "shape", self.key.bytes_each), inputs=inputs)
        try:
            return start if inputs != row.facts.inputs and start.value() else None
        except LayerError:
            return None

    def take_in(self, row: LayerReport, start: AnswerWorking | None) -> None:
        """Makes the student's shape of the layer the input of the layers after it."""
        shape: Any = self.given.get((row.name, "shape")) or (start.value() if start else row.facts.output)
        self._strayed = self._strayed or shape != row.facts.output
        self._shapes.append(shape)
        own = self.given.get((row.name, "activation_size"))
        if own is None and (row.in_place or row.node.layer.reshapes) and len(row.node.inputs) == 1:
            own = self._sizes[row.node.inputs[0]]
        self._sizes.append(own if isinstance(own, int) and 0 < own < LARGEST_SIZE**2 else None)

    def workings(
        self, row: LayerReport, start: AnswerWorking | None, quantity: str
    ) -> Iterator[AnswerWorking]:
        """The workings of the layer's quantity from the student's own shapes.

        The first has the output shape that the student gave: the 28x28 positions of connections. The
        second has the input shapes that follow from the student's layers before.
        """
        working = replace(start or self.key.working(row, quantity), quantity=quantity)
        shape = self.given.get((row.name, "shape"))
        if shape is not None and quantity != "shape":
            computed = start.value() if start else row.facts.output
            yield from _with_shape(working, shape, computed)
        if start:
            yield working
        if row.node.layer.flattens and quantity != "shape" and (size := self._sizes[row.node.inputs[0]]):
            yield replace(working, inputs=((size,),))

    def carried(self, row: LayerReport, start: AnswerWorking | None, quantity: str) -> Iterator[Any]:
        """The values of a quantity that follow correctly from the student's own earlier numbers."""
        shape, params = (self.given.get((row.name, each)) for each in ("shape", "params"))
        yield from self._from_own(row, quantity)
        if quantity == "connections" and params is not None and row.params:
            # each parameter again at every position
            positions, over = divmod(row.connections, row.params)
            yield from [] if over else [params * (product(shape[:-1]) if shape else positions)]
        if QUANTITIES[quantity].of:
            return
        for working in self.workings(row, start, quantity):
            try:
                yield working.value()
            except LayerError:
                continue

    def sizes(self, row: LayerReport, start: AnswerWorking | None, quantity: str) -> Iterator[Shape]:
        """The input, the arrays or the jump that follow from the student's own earlier answers."""
        if quantity == "jump":
            own, steps = self.given.get((row.sources[0], "jump")), row.facts.reach
            if own and isinstance(steps, tuple) and len(steps) == len(own):
                yield tuple(size * step.step for size, step in zip(own, steps, strict=True))
        elif start and quantity == "input_shape":
            yield start.inputs[0]
        elif start:
            arrays = start.layer.weights(*start.inputs)
            name = quantity.removesuffix("_shape")
            yield from [arrays[name].shape] if name in arrays else []

    def _from_own(self, row: LayerReport, name: str) -> Iterator[Any]:
        """The values of a quantity that follow from the student's number of another: FLOPs from MACs."""
        shape, quantity = self.given.get((row.name, "shape")), QUANTITIES[name]
        if name == "activation_size" and shape:
            yield product(shape)
        if len(quantity.sources) == 1:
            (source,) = quantity.sources
            for own in (self.given.get((row.name, source)), *self._from_own(row, source)):
                if own is not None:
                    yield quantity.by(own) * (self.key.bytes_each if quantity.unit == "bytes" else 1)

    def receptive_field(self, row: LayerReport) -> tuple[Any, ...] | None:
        """The layer's receptive field, from the student's receptive field of the layer before."""
        source, reach = row.node.inputs[0] - self.key.first, row.facts.reach
        own = self.given.get((row.sources[0], "receptive_field"))
        if len(row.node.inputs) != 1 or source < 0 or not isinstance(reach, tuple) or own is None:
            return None
        fields = self.report.views[source].fields or ()
        if not len(own) == len(fields) == len(reach):
            return None
        return tuple(
            Field(size, axis.jump, axis.start).through(step).size
            for size, axis, step in zip(own, fields, reach, strict=True)
        )

    def column(self, quantity: str, without: Collection[str] = ()) -> Any:
        """The sum of a quantity over the student's own answers, `without` those of some layers."""
        whole: Any = 0
        if quantity == "memory":
            whole = sum(product(source.shape) for source in self.report.graph.inputs) * self.key.bytes_each
        held = any(QUANTITIES[name].held for name in (quantity, *QUANTITIES[quantity].sources))
        for row in self.report.layers:
            if row.name not in without and (not held or not row.in_place):
                own = self.given.get((row.name, quantity))
                whole += self.key.expected(row.name, quantity) if own is None else own
        return whole


@lru_cache(maxsize=512)
def _with_units(layer: Layer, units: int) -> Layer:
    """The layer with another number of units: one object for each number, so that slips are found again."""
    return dataclasses.replace(layer, **{layer.units_option: units})  # type: ignore[type-var]


def _with_shape(working: AnswerWorking, own: Shape, computed: Any) -> Iterator[AnswerWorking]:
    """The working of a layer changed to give the student's output shape; nothing where none gives it."""
    if own == computed or len(own) != len(computed):
        return
    if own[-1] != computed[-1] and working.layer.units_option:
        if working.layer.table is not None:
            # a table has a row for each filter: with another number of filters there is no such layer
            return
        working = replace(working, layer=_with_units(working.layer, own[-1]))
    if own[:-1] != computed[:-1]:
        if working.layer.transposed or not working.layer.geometry(*working.inputs):
            return
        working = replace(working, positions=own[:-1])
    yield working
