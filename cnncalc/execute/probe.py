"""The toolkit once more, on dependencies in place of numbers: which inputs an output moves with, how often.

An array holds for each value what it depends on: a set of inputs, as the bits of a word
(`Probe(np.bitwise_or)`; the batch axis holds as many words as the inputs take), or how many links it has to
them (`Probe(np.add)`, on ones). Weights are taken to be any numbers, so that nothing hides: no maximum and no
rectifier; and no formula is used. Maps that are all alike are kept once, with a stride of 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from cnncalc.execute.numpy_kernels import Given, Kernels, Numbers, Patches, Value
from cnncalc.layers.support.windows import Axis, Span, TransposedAxis


class Nothing(Value):
    """A weight or a constant: no input moves it."""


class Mixed(Value):
    """Maps of which many are alike: those that differ, and for each map which it is."""

    __slots__ = ("index", "kinds")

    def __init__(self, kinds: Numbers, index: Numbers, tool: Kernels) -> None:
        super().__init__(kinds, tool)
        self.kinds, self.index = kinds, index

    @property
    def array(self) -> Numbers:
        """All maps, made only where they are asked for."""
        maps: Numbers = self.kinds[..., self.index]
        return maps

    @array.setter
    def array(self, kinds: Numbers) -> None:
        self.kinds = kinds

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.kinds.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.kinds.shape[1:-1], len(self.index))


class Probe(Kernels):
    """Kernels that follow what depends on what. On ones they count: `links` are those into all units made."""

    def __init__(self, combine: np.ufunc) -> None:
        super().__init__()
        self.combine, self.links = combine, 0

    def _units_of(self, array: Numbers) -> Value:
        """Units from how many links each has, or from what it depends on; what reads them counts anew."""
        if self.combine is not np.add:
            return self.value(array)
        self.links += int(array.sum())
        return self.value(np.broadcast_to(array.dtype.type(1), array.shape))

    def weight(self, array: Numbers, x: Value) -> Value:
        return Nothing(np.broadcast_to(x.dtype.type(0), (1, *array.shape)), self)

    def each(
        self,
        work: Mapping[str, int],
        function: Callable[[Numbers], Numbers],
        x: Given,
        slope: Callable[[Numbers, Numbers], Any],
    ) -> Value:
        return x  # type: ignore[no-any-return]

    def both(
        self,
        operation: str,
        function: Callable[[Numbers, Numbers], Numbers],
        x: Given,
        other: Given,
        slopes: Callable[..., tuple[Numbers, Numbers]],
    ) -> Value:
        if not isinstance(other, Value):
            return x  # type: ignore[no-any-return]
        if isinstance(other, Nothing):
            shape = _stretched(x, other)
            if isinstance(x, Mixed) and shape[1:] == x.shape:
                return x
            stretched: Value = type(x)(np.broadcast_to(x.array, shape), self)
            return stretched
        if isinstance(x, Nothing):
            return self.both(operation, function, other, x, slopes)
        a, b, shape = x.array, other.array, _stretched(x, other)
        if a.strides[-1] == b.strides[-1] == 0 and shape[-1] > 1:
            a, b = a[..., :1], b[..., :1]
        return self.value(np.broadcast_to(self.combine(a, b), shape))

    def by_sign(self, x: Given, above: Given, below: Given) -> Value:
        return above + below  # type: ignore[no-any-return]

    def running(self, x: Given, axis: int) -> Value:
        return self.stretch(self.total(x, axis), *x.shape)

    def ranked(self, x: Given, axis: int, count: int) -> Value:
        return self.take(self.stretch(self.total(x, axis), *x.shape), axis, range(count))

    def take_at(self, x: Given, axis: int, places: Given) -> Value:
        return self.take(self.stretch(self.total(x, axis), *x.shape), axis, range(places.shape[axis]))

    def gather(self, x: Given, axis: int, places: Given) -> Value:
        one = self.total(x, axis)
        shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
        flat = self.reshape(one, *x.shape[:axis], *(1,) * len(places.shape), *x.shape[axis + 1 :])
        return self.stretch(flat, *shape)

    def matmul(self, x: Given, y: Given) -> Value:
        if self.combine is np.add:
            # each product is one link, whichever of its factors is called the weight
            return self._units_of(super().matmul(x, y).array)
        rows, columns = self._reduced(x.array, (-1,)), self._reduced(y.array, (-2,))
        rank = max(rows.ndim, columns.ndim)
        rows, columns = (v.reshape(len(v), *(1,) * (rank - v.ndim), *v.shape[1:]) for v in (rows, columns))
        return self.value(self.combine(rows, columns))

    def constant(self, number: float) -> Value:
        return Nothing(np.zeros(()), self)

    def scale_by(self, x: Given, axis: int, factors: Sequence[float]) -> Value:
        shape = [1] * x.array.ndim
        shape[axis if axis < 0 else axis + 1] = len(factors)
        # what is taken times nothing is not seen
        return self.value(np.where(np.reshape(factors, shape) == 0, x.array.dtype.type(0), x.array))

    def lookup(self, weight: Given, tokens: Given) -> Value:
        return self.value(_spread(tokens.array[..., None], weight.array.shape[-1]))

    # ---- over axes

    def _reduced(self, array: Numbers, axes: Sequence[int], *, keep: bool = True) -> Numbers:
        """An array put together over some axes."""
        times = 1
        for axis in axes:
            if array.strides[axis] == 0 and array.shape[axis] > 1:
                times *= array.shape[axis]
                array = array.take([0], axis) if array.ndim < 2 else _first(array, axis)
        reduced: Numbers = self.combine.reduce(array, axis=tuple(axes), keepdims=keep)
        return reduced * times if self.combine is np.add else reduced

    def total(self, x: Given, *axes: int) -> Value:
        along = tuple(axis if axis < 0 else axis + 1 for axis in axes)
        return self.value(self._reduced(x.array, along))

    def largest(self, x: Given, *axes: int) -> Value:
        return self.total(x, *axes)

    def concat(self, xs: Sequence[Given], axis: int) -> Value:
        alike = all(isinstance(x, Mixed) or x.array.strides[-1] == 0 for x in xs)
        if axis != -1 or not alike or self.combine is np.add:
            return super().concat(xs, axis)
        kinds = [x.kinds if isinstance(x, Mixed) else x.array[..., :1] for x in xs]
        index, first = [], 0
        for x, kind in zip(xs, kinds, strict=True):
            index.append(first + (x.index if isinstance(x, Mixed) else np.zeros(x.shape[-1], int)))
            first += kind.shape[-1]
        return Mixed(np.concatenate(kinds, -1), np.concatenate(index), self)

    # ---- units

    def windows(self, x: Given, axes: Sequence[Axis], fill: float = 0.0) -> Patches:
        if isinstance(x, Mixed):
            patches = super().windows(self.value(x.kinds), axes)
            patches.index = x.index
            return patches
        if x.array.strides[-1] != 0:
            return super().windows(x, axes)
        patches = super().windows(self.value(x.array[..., :1]), axes)
        patches.array = _spread(patches.array, x.array.shape[-1])
        return patches

    def spans(self, x: Given, spans: Sequence[Sequence[Span]], fill: float = 0.0) -> Patches:
        return super().spans(x, spans)

    def maps(self, windows: Given, maps: Sequence[int]) -> Patches:
        return super().maps(_whole(windows), maps)

    def sum_of(self, windows: Given) -> Value:
        array = windows.array
        if windows.index is not None:
            return Mixed(self._reduced(array, windows.taps, keep=False), windows.index, self)
        if array.strides[-1] != 0:
            return self._units_of(self._reduced(array, windows.taps, keep=False))
        one = self._reduced(array[..., :1], windows.taps, keep=False)
        return self._units_of(_spread(one, array.shape[-1]))

    def mean_of(self, windows: Given, padding: bool = True) -> Value:
        return self.sum_of(windows)

    def largest_of(self, windows: Given) -> Value:
        return self.sum_of(windows)

    def filtered(self, windows: Given, weight: Given, groups: int = 1) -> Value:
        return self._units(windows, weight.array.shape[1], groups)

    def filtered_each(self, windows: Given, weight: Given, groups: int = 1) -> Value:
        return self._units(windows, weight.array.shape[2], groups)

    def _units(self, windows: Given, filters: int, groups: int) -> Value:
        array: Numbers = windows.array if groups == 1 else _whole(windows).array
        if groups == 1 or array.strides[-1] == 0:
            # all filters read alike
            depth = array.shape[-1] // groups
            one = self._reduced(array[..., :depth], (*windows.taps, -1), keep=False)
            return self._units_of(_spread(one[..., None], filters))
        one = self._reduced(array, windows.taps, keep=False)
        one = self._reduced(one.reshape(*one.shape[:-1], groups, -1), (-1,))
        spread = np.broadcast_to(one, (*one.shape[:-1], filters // groups))
        return self._units_of(spread.reshape(*one.shape[:-2], filters))

    def stamped(self, x: Given, weight: Given, axes: Sequence[TransposedAxis], groups: int = 1) -> Value:
        array, (_, filters, *taps) = x.array, weight.array.shape[1:]
        one = array.reshape(*array.shape[:-1], groups, -1) if groups > 1 else array[..., None, :]
        one = self._reduced(one, (-1,), keep=False)
        # every tap carries the same; all filters of a group read alike
        stamps = one.reshape(*array.shape[:-1], *(1,) * len(taps), groups)
        stamps = np.broadcast_to(stamps, (*array.shape[:-1], *taps, groups))
        done = self._stamp(self.value(stamps), axes).array
        if groups == 1:
            return self._units_of(_spread(done, filters))
        return self._units_of(np.repeat(done, filters, axis=-1))

    def product(self, x: Given, weight: Given) -> Value:
        return self._units_of(_spread(self._reduced(x.array, (-1,)), weight.array.shape[1]))

    def distances(self, x: Given, centres: Given) -> Value:
        return self.product(x, centres)

    def biased(self, x: Given, bias: Given) -> Value:
        if self.combine is np.add:
            self.links += x.array.size
        return x  # type: ignore[no-any-return]


def _whole(windows: Given) -> Patches:
    """Windows over all maps, also over those that are alike."""
    if windows.index is not None:
        windows.array, windows.index = windows.array[..., windows.index], None
    patches: Patches = windows
    return patches


def _stretched(x: Value, y: Value) -> tuple[int, ...]:
    """The shape of two arrays put together."""
    shapes = [
        (len(each.kinds), *each.shape) if isinstance(each, Mixed) else each.array.shape for each in (x, y)
    ]
    return np.broadcast_shapes(*shapes)


def _first(array: Numbers, axis: int) -> Numbers:
    """The first slice along an axis, which stays."""
    where = [slice(None)] * array.ndim
    where[axis] = slice(0, 1)
    first: Numbers = array[tuple(where)]
    return first


def _spread(array: Numbers, channels: int) -> Numbers:
    """So many channels that are all alike, kept once."""
    return np.broadcast_to(array[..., :1], (*array.shape[:-1], channels))


def axis_bits(sizes: Sequence[int], axis: int, positions: Numbers) -> Numbers:
    """(words, positions ..., 1): along an axis, the positions named each have a bit of their own."""
    words = math.ceil(len(positions) / 64)
    bits = np.zeros((words, sizes[axis]), np.uint64)
    for number, position in enumerate(positions):
        bits[number // 64, position] = np.uint64(1 << number % 64)
    shape = [words, *(1 for _ in sizes), 1]
    shape[1 + axis] = sizes[axis]
    return np.broadcast_to(bits.reshape(shape), (words, *sizes, 1))


def seen(value: Value, axis: int, count: int) -> Numbers:
    """(outputs, positions): which of the `count` positions each output along an axis depends on."""
    array = value.kinds if isinstance(value, Mixed) else value.array
    others = tuple(i for i in range(1, array.ndim) if i != 1 + axis)
    for other in others:
        if array.strides[other] == 0:
            array = _first(array, other)
    words = np.bitwise_or.reduce(array, axis=others)
    bits = (words[..., None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    flat: Numbers = bits.transpose(1, 0, 2).reshape(words.shape[1], -1)
    return flat[:, :count].astype(bool)
