"""What a layer reads of its inputs and of its weights, and what it writes: noted as its kernels run."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cnncalc.execute.arrays import ArrayKernels, array_axes, taps_of
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.values import Numbers, Patches, Value
from cnncalc.layers.support.base import Layer
from cnncalc.layers.support.windows import Axis


class Traffic(NamedTuple):
    """The values that a layer read of its inputs and of its weights, and those that it wrote."""

    values_read: int
    weights_read: int
    values_written: int


class Handed(Value):
    """An input of a layer, or a part of one. Whoever takes its array has read all of that.

    `places` are where its values lie in the input, and `read` says of each value of the input whether
    somebody has read the value.
    """

    __slots__ = ("places", "read", "values")

    def __init__(self, values: Numbers, places: Numbers, read: Numbers, tool: ArrayKernels) -> None:
        self.values, self.places, self.read, self.tool = values, places, read, tool
        self.trained, self.computed = False, True

    @property
    def array(self) -> Numbers:  # type: ignore[override]
        self.read[self.places] = True
        return self.values

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.values.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def part(self, axis: int, which: Any) -> "Handed":
        """The part at some places along an axis of a sample, which nobody has read yet."""
        (along,) = array_axes((axis,))
        where = (slice(None),) * (along % self.values.ndim) + (which,)
        found = Handed(self.values[where], self.places[where], self.read, self.tool)
        found.trained = self.trained
        return found


class TrafficKernels(NumpyKernels):
    """The kernels on numbers, which note the values that are read of each input."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Handed] = []
        self.looked_up = 0
        """The values of rows that were looked up in a table."""

    def hand(self, inputs: Sequence[Value]) -> Sequence[Value]:
        self.looked_up, self.given = 0, []
        for x in inputs:
            values, read = np.ascontiguousarray(x.array), np.zeros(x.array.size, bool)
            self.given.append(Handed(values, np.arange(read.size).reshape(values.shape), read, self))
            self.given[-1].trained = x.trained
        return self.given

    def traffic(self, layer: Layer, value: Value, weights: int) -> Traffic:
        """The traffic of a layer that has just run, gave a value, and was given so many weights."""
        y = value.array
        if layer.moves_nothing and _as_it_lies(y, self.given[0].values):
            return Traffic(0, weights, 0)
        return Traffic(sum(int(x.read.sum()) for x in self.given), self.looked_up or weights, y.size)

    def part(self, x: Value, axis: int, start: int, stop: int) -> Value:
        return (
            x.part(axis, slice(start, stop)) if isinstance(x, Handed) else super().part(x, axis, start, stop)
        )

    def take(self, x: Value, axis: int, indices: Sequence[int]) -> Value:
        return x.part(axis, np.asarray(indices)) if isinstance(x, Handed) else super().take(x, axis, indices)

    def windows(self, x: Value, axes: Sequence[Axis], fill: float = 0.0) -> Patches:
        if isinstance(x, Handed):
            pixels = [np.unique(taps_of(n, axis)) for n, axis in zip(x.shape[:-1], axes, strict=True)]
            inside = [each[(each >= 0) & (each < n)] for each, n in zip(pixels, x.shape[:-1], strict=True)]
            where: Any = (slice(None), *np.ix_(*inside))
            x.read[x.places[where]] = True
            handed, x = x, Value(x.values, self)
            x.trained, x.computed = handed.trained, handed.computed
        return super().windows(x, axes, fill)

    def lookup(self, weight: Value, tokens: Value) -> Value:
        found = super().lookup(weight, tokens)
        self.looked_up = found.array.size
        return found


def _as_it_lies(y: Numbers, x: Numbers) -> bool:
    """Whether an array is another as it lies in memory, where channels lie last or where they lie first."""
    return any(
        np.array_equal(one.ravel(), other.ravel(), equal_nan=True)
        for one in (y, _channels_first(y))
        for other in (x, _channels_first(x))
    )


def _channels_first(x: Numbers) -> Numbers:
    return np.moveaxis(x, -1, 1) if x.ndim > 2 else x
