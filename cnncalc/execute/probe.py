"""The kernels on dependencies in place of numbers: which inputs an output moves with, and how often.

An array holds for each value the set of inputs that the value depends on, as the bits of a word; the batch
axis holds as many words as the inputs take. A probe that counts links takes one bit, which says whether a
value is real, or nothing but padding. Weights are taken to be any numbers, so that nothing hides: no maximum
and no rectifier; and no formula is used. Maps that are all alike are kept once, with a stride of 0.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnncalc.execute.arrays import ArrayKernels, array_axes, stamping
from cnncalc.execute.values import Numbers, Patches, Value
from cnncalc.layers.support.kernels import Toolkit
from cnncalc.layers.support.reach import Span
from cnncalc.layers.support.windows import Axis, TransposedAxis


class Independent(Value):
    """A weight or a constant: no input moves it."""


class SharedMaps(Value):
    """Maps of which many are alike: those that differ, and for each map which it is."""

    __slots__ = ("index", "kinds")

    def __init__(self, kinds: Numbers, index: Numbers, tool: ArrayKernels) -> None:
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


class CannotProbe(Exception):  # noqa: N818 - what a kernel says of itself; verify tells it as a note
    """Raised by a kernel that does not know which inputs its results depend on; its name is the argument."""


class Probe(ArrayKernels):
    """Kernels that follow which inputs a value depends on; with `count_links`, `links` counts the links."""

    def __init__(self, *, count_links: bool = False) -> None:
        self.count_links, self.links = count_links, 0

    def _linked(self, read: Numbers, result: Numbers, times: int = 1) -> Numbers:
        """The result of a kernel that makes units, each value read having been read so many times."""
        if not self.count_links:
            return result
        for axis, step in enumerate(read.strides):
            if step == 0 and read.shape[axis] > 1:
                times *= read.shape[axis]
                read = _first(read, axis)
        self.links += int(np.count_nonzero(read)) * times
        return np.broadcast_to(result.dtype.type(1), result.shape)  # a unit is real, whatever it reads

    def weight(self, array: Numbers, x: Value) -> Value:
        return Independent(np.broadcast_to(x.dtype.type(0), (1, *array.shape)), self)

    def constant(self, values: Any, like: Value) -> Value:
        shape = np.shape(values)
        # where links are counted, a constant is read like any value
        fill = like.dtype.type(self.count_links)
        return Independent(np.full((1, *shape) if shape else (), fill, like.dtype), self)

    # ---- value by value: a result depends on the inputs of its operands

    def _same(self, x: Value) -> Value:
        return x

    exp = log = sqrt = tanh = erf = softplus = square = negative = _same

    def _bounded(self, x: Value, bound: float) -> Value:
        return x

    power = at_least = at_most = _bounded

    def add(self, x: Value, y: Value) -> Value:
        if isinstance(y, Independent):
            shape = _stretched(x, y)
            if y.array.ndim == 0 or (isinstance(x, SharedMaps) and shape[1:] == x.shape):
                return x
            stretched: Value = type(x)(np.broadcast_to(x.array, shape), self)
            return stretched
        if isinstance(x, Independent):
            return self.add(y, x)
        a, b, shape = x.array, y.array, _stretched(x, y)
        if a.strides[-1] == b.strides[-1] == 0 and shape[-1] > 1:
            a, b = a[..., :1], b[..., :1]
        return self.value(np.broadcast_to(a | b, shape))

    subtract = multiply = divide = add

    def by_sign(self, x: Value, above: Value, below: Value) -> Value:
        return self.add(above, below)

    def larger(self, x: Value, y: Value) -> Value:
        return self.add(x, y)

    smaller = larger

    def compare(self, by: str, x: Value, y: Value | float) -> Value:
        return self.add(x, x.lift(y))

    def function(self, name: str, x: Value) -> Value:
        return x

    def running(self, x: Value, axis: int) -> Value:
        return self.stretch(self.total(x, axis), *x.shape)

    def ranked(self, x: Value, axis: int, count: int) -> Value:
        return self.take(self.running(x, axis), axis, range(count))

    def take_at(self, x: Value, axis: int, places: Value) -> Value:
        return self.take(self.running(x, axis), axis, range(places.shape[axis]))

    def put_at(self, x: Value, axis: int, places: Value, size: int) -> Value:
        shape = list(x.shape)
        shape[axis] = size
        return self.stretch(self.total(self.add(x, places), axis), *shape)

    def gather(self, x: Value, axis: int, places: Value) -> Value:
        before, after = x.shape[:axis], x.shape[axis + 1 :]
        one = self.reshape(self.total(x, axis), *before, *(1,) * len(places.shape), *after)
        return self.stretch(one, *before, *places.shape, *after)

    def scale_by(self, x: Value, axis: int, factors: Sequence[float]) -> Value:
        shape = [1] * x.array.ndim
        shape[array_axes((axis,))[0]] = len(factors)
        # a result does not depend on a value that is multiplied by 0
        return self.value(np.where(np.reshape(factors, shape) == 0, x.array.dtype.type(0), x.array))

    def lookup(self, weight: Value, tokens: Value) -> Value:
        return self.value(_spread(tokens.array[..., None], weight.array.shape[-1]))

    # ---- over axes

    def _reduced(self, array: Numbers, axes: Sequence[int], *, keep: bool = True) -> Numbers:
        """The inputs on which any of the values along some axes depends."""
        for axis in axes:
            if array.strides[axis] == 0 and array.shape[axis] > 1:
                array = _first(array, axis)
        reduced: Numbers = np.bitwise_or.reduce(array, axis=tuple(axes), keepdims=keep)  # type: ignore[call-overload]
        return reduced

    def total(self, x: Value, *axes: int) -> Value:
        return self.value(self._reduced(x.array, array_axes(axes)))

    mean = largest = total

    def concat(self, xs: Sequence[Value], axis: int) -> Value:
        alike = all(isinstance(x, SharedMaps) or x.array.strides[-1] == 0 for x in xs)
        if axis != -1 or not alike or self.count_links:
            return super().concat(xs, axis)
        kinds = [x.kinds if isinstance(x, SharedMaps) else x.array[..., :1] for x in xs]
        index, first = [], 0
        for x, kind in zip(xs, kinds, strict=True):
            index.append(first + (x.index if isinstance(x, SharedMaps) else np.zeros(x.shape[-1], int)))
            first += kind.shape[-1]
        return SharedMaps(np.concatenate(kinds, -1), np.concatenate(index), self)

    def sample(self, x: Value, places: Value) -> Value:
        # a place may be any: a value depends on the whole map, and on the coordinates
        anywhere = self._reduced(x.array, tuple(range(1, x.array.ndim - 1)), keep=False)
        anywhere = anywhere.reshape(len(anywhere), *(1,) * (places.array.ndim - 2), -1)
        coordinates = self._reduced(places.array, (-1,))
        return self.value(anywhere | coordinates)

    # ---- units

    def windows(self, x: Value, axes: Sequence[Axis], fill: float = 0.0) -> Patches:
        if isinstance(x, SharedMaps):
            patches = super().windows(self.value(x.kinds), axes)
            patches.index = x.index
            return patches
        if x.array.strides[-1] != 0:
            return super().windows(x, axes)
        patches = super().windows(self.value(x.array[..., :1]), axes)
        patches.array = _spread(patches.array, x.array.shape[-1])
        return patches

    def pad(self, x: Value, spans: Mapping[int, Span], value: float = 0.0) -> Value:
        return super().pad(x, spans)  # whatever fills the padding, nothing depends on it

    def spans(self, x: Value, spans: Sequence[Sequence[Span]], fill: float = 0.0) -> Patches:
        return super().spans(x, spans)

    def maps(self, windows: Patches, maps: Sequence[int]) -> Patches:
        return super().maps(_whole(windows), maps)

    def sum_of(self, windows: Patches) -> Value:
        array = windows.array
        if windows.index is not None:
            return SharedMaps(self._reduced(array, windows.taps, keep=False), windows.index, self)
        if array.strides[-1] != 0:
            return self.value(self._linked(array, self._reduced(array, windows.taps, keep=False)))
        result = _spread(self._reduced(array[..., :1], windows.taps, keep=False), array.shape[-1])
        return self.value(self._linked(array, result))

    largest_of = sum_of

    def mean_of(self, windows: Patches, padding: bool = True) -> Value:
        return self.sum_of(windows)

    def weighted_sum_of(self, windows: Patches, factors: Sequence[float]) -> Value:
        return self.sum_of(windows)

    def filtered(self, windows: Patches, weight: Value, groups: int = 1) -> Value:
        return self._units(windows, weight.array.shape[1], groups)

    def filtered_each(self, windows: Patches, weight: Value, groups: int = 1) -> Value:
        return self._units(windows, weight.array.shape[2], groups)

    def _units(self, windows: Patches, filters: int, groups: int) -> Value:
        array: Numbers = windows.array if groups == 1 else _whole(windows).array
        if groups == 1 or array.strides[-1] == 0:
            # all filters read alike
            depth = array.shape[-1] // groups
            one = self._reduced(array[..., :depth], (*windows.taps, -1), keep=False)
            result = _spread(one[..., None], filters)
        else:
            one = self._reduced(array, windows.taps, keep=False)
            one = self._reduced(one.reshape(*one.shape[:-1], groups, -1), (-1,))
            spread = np.broadcast_to(one, (*one.shape[:-1], filters // groups))
            result = spread.reshape(*one.shape[:-2], filters)
        return self.value(self._linked(array, result, filters // groups))

    def stamped(self, x: Value, weight: Value, axes: Sequence[TransposedAxis], groups: int = 1) -> Value:
        array, (_, filters, *taps) = x.array, weight.array.shape[1:]
        one = array.reshape(*array.shape[:-1], groups, -1) if groups > 1 else array[..., None, :]
        # the number of maps that a stamp adds up, or the inputs on which any of them depends
        one = np.count_nonzero(one, -1) if self.count_links else self._reduced(one, (-1,), keep=False)
        # every tap carries the same; all filters of a group read alike
        stamps = one.reshape(*array.shape[:-1], *(1,) * len(taps), groups)
        stamps = np.broadcast_to(stamps, (*array.shape[:-1], *taps, groups))
        put_together, _ = stamping(stamps.shape, axes)
        done = put_together(stamps, np.add if self.count_links else np.bitwise_or)
        if self.count_links:
            self.links += int(done.sum()) * filters
            done = np.ones(done.shape, array.dtype)
        return self.value(_spread(done, filters) if groups == 1 else np.repeat(done, filters, axis=-1))

    def product(self, x: Value, weight: Value) -> Value:
        units = weight.array.shape[1]
        return self.value(self._linked(x.array, _spread(self._reduced(x.array, (-1,)), units), units))

    distances = product

    def matmul(self, x: Value, y: Value) -> Value:
        if self.count_links:
            # each product is one link, whichever of its factors is called the weight
            products = (x.array != 0).astype(np.int64) @ (y.array != 0)
            self.links += int(products.sum())
            return self.value(np.ones(products.shape, x.dtype))
        rows, columns = self._reduced(x.array, (-1,)), self._reduced(y.array, (-2,))
        rank = max(rows.ndim, columns.ndim)
        rows, columns = (v.reshape(len(v), *(1,) * (rank - v.ndim), *v.shape[1:]) for v in (rows, columns))
        return self.value(rows | columns)

    def biased(self, x: Value, bias: Value) -> Value:
        self.links += x.array.size if self.count_links else 0
        return self.value(x.array)


def _whole(windows: Patches) -> Patches:
    """Windows over all maps, also over those that are alike."""
    if windows.index is not None:
        windows.array, windows.index = windows.array[..., windows.index], None
    patches: Patches = windows
    return patches


def _stretched(x: Value, y: Value) -> tuple[int, ...]:
    """The shape of two arrays put together."""
    shapes = [
        (len(each.kinds), *each.shape) if isinstance(each, SharedMaps) else each.array.shape
        for each in (x, y)
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
    array = value.kinds if isinstance(value, SharedMaps) else value.array
    others = tuple(i for i in range(1, array.ndim) if i != 1 + axis)
    for other in others:
        if array.strides[other] == 0:
            array = _first(array, other)
    words = np.bitwise_or.reduce(array, axis=others)
    bits = (words[..., None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    flat: Numbers = bits.transpose(1, 0, 2).reshape(words.shape[1], -1)
    return flat[:, :count].astype(bool)


def _held_to_the_contract(kernels: Probe) -> Toolkit[Value, Patches]:
    return kernels  # the type checker names a kernel that is missing here
