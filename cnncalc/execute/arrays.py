"""Arrays (N, positions ..., channels) on their way, and the kernels that move values without computing any.

Shapes fall out of the arrays: no rule of the layer kinds is called. A weight has a leading axis of 1 in place
of the batch. What computes is told apart: `cnncalc.execute.numpy_kernels`, `cnncalc.execute.probe`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product as every
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.errors import UsageError
from cnncalc.execute.values import AnyValue, Numbers, Patches, Pull, Value, shrunk
from cnncalc.layers.support.reach import Span
from cnncalc.layers.support.windows import Axis, TransposedAxis


class ArrayKernels(ABC):
    """The kernels that move values; a subclass adds kernels that compute, and keeps account of the work."""

    def value(self, array: Numbers) -> Value:
        return Value(array, self)

    def hand(self, inputs: Sequence[Value]) -> Sequence[Value]:
        """The inputs of a layer, as its `forward` gets them."""
        return inputs

    @abstractmethod
    def weight(self, array: Numbers, x: Value) -> Value:
        """A weight that meets x."""

    @abstractmethod
    def constant(self, values: Any, like: Value) -> Value: ...

    @abstractmethod
    def add(self, x: Value, y: Value) -> Value: ...

    @abstractmethod
    def subtract(self, x: Value, y: Value) -> Value: ...

    @abstractmethod
    def multiply(self, x: Value, y: Value) -> Value: ...

    @abstractmethod
    def divide(self, x: Value, y: Value) -> Value: ...

    @abstractmethod
    def negative(self, x: Value) -> Value: ...

    def _made(self, array: Numbers, parents: tuple[Value, ...], pull: Pull) -> Value:
        return self._taped(self.value(array), parents, pull)

    def _taped(self, made: AnyValue, parents: tuple[Value, ...], pull: Pull) -> AnyValue:
        """A result; kernels that record gradients keep it with its parents and its pull."""
        made.trained = any(parent.trained for parent in parents)
        made.computed = any(parent.computed for parent in parents)
        return made

    # ---- the same values elsewhere

    def reshape(self, x: Value, *shape: int) -> Value:
        y = x.array.reshape(len(x.array), *shape)
        return self._made(y, (x,), lambda g: (g.reshape(x.array.shape),))

    def permute(self, x: Value, *order: int) -> Value:
        axes = (0, *array_axes(axis % (x.array.ndim - 1) for axis in order))
        return self._made(x.array.transpose(axes), (x,), lambda g: (g.transpose(np.argsort(axes)),))

    def take(self, x: Value, axis: int, indices: Sequence[int]) -> Value:
        (along,) = array_axes((axis,))
        chosen = np.asarray(indices)

        def pull(g: Numbers) -> tuple[Numbers]:
            dx = np.zeros_like(x.array)
            np.add.at(np.moveaxis(dx, along, 0), chosen, np.moveaxis(g, along, 0))
            return (dx,)

        return self._made(x.array.take(chosen, along), (x,), pull)

    def take_at(self, x: Value, axis: int, places: Value) -> Value:
        (along,) = array_axes((axis,))
        chosen = _read_places(places, x.shape[axis])

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            dx = np.zeros(whole.shape, g.dtype)
            index: list[Any] = list(np.indices(chosen.shape, sparse=True))
            index[along] = chosen
            np.add.at(dx, tuple(index), g)
            return shrunk(dx, x.array.shape), np.zeros_like(places.array)

        # a constant is one sample for all
        whole = np.broadcast_to(x.array, (len(chosen), *x.array.shape[1:]))
        return self._made(np.take_along_axis(whole, chosen, along), (x, places), pull)

    def put_at(self, x: Value, axis: int, places: Value, size: int) -> Value:
        (along,) = array_axes((axis,))
        chosen = places.array.astype(np.int64)
        if not ((chosen >= 0) & (chosen < size)).all():
            help = f"whole numbers from 0 to {size - 1}"
            raise UsageError("values are put where no place is", help, code="bad_value")
        shape = list(x.array.shape)
        shape[along] = size
        y = np.zeros(shape, x.dtype)
        np.put_along_axis(y, chosen, x.array, along)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            each: list[Any] = list(np.indices(chosen.shape, sparse=True))
            number = np.broadcast_to(each[along], chosen.shape)
            last = np.zeros(shape, np.int64)
            np.put_along_axis(last, chosen, number, along)
            stays: Numbers = np.take_along_axis(last, chosen, along) == number
            return np.take_along_axis(g, chosen, along) * stays, np.zeros_like(places.array)

        return self._made(y, (x, places), pull)

    def gather(self, x: Value, axis: int, places: Value) -> Value:
        chosen = _read_places(places, x.shape[axis])
        samples = max(len(chosen), len(x.array))
        whole = np.broadcast_to(x.array, (samples, *x.array.shape[1:]))
        chosen = np.broadcast_to(chosen, (samples, *chosen.shape[1:]))
        y = np.stack([sample.take(each, axis) for sample, each in zip(whole, chosen, strict=True)])

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            dx = np.zeros(whole.shape, g.dtype)
            moved = range(axis, axis + chosen.ndim - 1)
            for sample, each, part in zip(dx, chosen, g, strict=True):
                np.add.at(np.moveaxis(sample, axis, 0), each, np.moveaxis(part, moved, range(len(moved))))
            return shrunk(dx, x.array.shape), np.zeros_like(places.array)

        return self._made(y, (x, places), pull)

    def stretch(self, x: Value, *shape: int) -> Value:
        y = x.array.reshape(len(x.array), *(1,) * (len(shape) - len(x.shape)), *x.shape)
        whole = np.broadcast_to(y, (len(y), *shape))
        return self._made(whole, (x,), lambda g: (shrunk(g, y.shape).reshape(x.array.shape),))

    def samples(self, x: Value, like: Value) -> Value:
        """A value that does not depend on the input, for as many samples as `like` has, in its type."""
        kind = like.array.dtype if like.array.dtype.kind == "f" else x.array.dtype
        y = np.broadcast_to(x.array.astype(kind), (len(like.array), *x.array.shape[1:]))
        return self._made(y, (x,), lambda g: (shrunk(g, x.array.shape),))

    def part(self, x: Value, axis: int, start: int, stop: int) -> Value:
        (along,) = array_axes((axis,))
        where = (slice(None),) * (along % x.array.ndim) + (slice(start, stop),)

        def pull(g: Numbers) -> tuple[Numbers]:
            dx = np.zeros_like(x.array)
            dx[where] = g
            return (dx,)

        return self._made(x.array[where], (x,), pull)

    def pad(self, x: Value, spans: Mapping[int, Span], value: float = 0.0) -> Value:
        widths = [(0, 0)] * x.array.ndim
        for axis, span in spans.items():
            widths[array_axes((axis,))[0]] = span
        inner = tuple(slice(a, a + n) for (a, _), n in zip(widths, x.array.shape, strict=True))
        return self._made(np.pad(x.array, widths, constant_values=value), (x,), lambda g: (g[inner],))

    def concat(self, xs: Sequence[Value], axis: int) -> Value:
        (along,) = array_axes((axis,))
        ends = np.cumsum([x.array.shape[along] for x in xs])[:-1]
        y = np.concatenate([x.array for x in xs], along)
        return self._made(y, tuple(xs), lambda g: tuple(np.split(g, ends, along)))

    # ---- the values that units read

    def windows(self, x: Value, axes: Sequence[Axis], fill: float = 0.0) -> Patches:
        sizes = x.array.shape[1:-1]
        reads = [taps_of(n, axis) for n, axis in zip(sizes, axes, strict=True)]
        befores = [int(axis.before) for axis in axes]
        places = list(zip(reads, befores, strict=True))
        inside = [(read >= 0) & (read < n) for read, n in zip(reads, sizes, strict=True)]
        padded = [
            (read >= -axis.before) & (read < n + axis.after)
            for read, n, axis in zip(reads, sizes, axes, strict=True)
        ]
        lengths = [max(int(read[-1, -1]) + 1, n) + p for (read, p), n in zip(places, sizes, strict=True)]
        inner = (slice(None), *(slice(p, p + n) for p, n in zip(befores, sizes, strict=True)))
        whole = x.array
        if tuple(lengths) != sizes:
            whole = np.full((len(whole), *lengths, whole.shape[-1]), fill, whole.dtype)
            whole[inner] = x.array
        steps = whole.strides[1:-1]
        patches = as_strided(
            whole,
            (len(whole), *map(len, reads), *(read.shape[1] for read in reads), whole.shape[-1]),
            (
                whole.strides[0],
                *(s * int(axis.stride) for s, axis in zip(steps, axes, strict=True)),
                *(s * int(axis.dilation) for s, axis in zip(steps, axes, strict=True)),
                whole.strides[-1],
            ),
            writeable=False,
        )

        def pull(g: Numbers) -> tuple[Numbers]:
            dx = np.zeros(whole.shape, g.dtype)
            for tap in every(*(range(read.shape[1]) for read in reads)):
                # the pixels that the windows read by this tap: no pixel twice
                where = tuple(
                    slice(int(read[0, t]) + p, int(read[-1, t]) + p + 1, int(axis.stride))
                    for (read, p), t, axis in zip(places, tap, axes, strict=True)
                )
                dx[:, *where] += g[(slice(None),) * (1 + len(reads)) + tap]
            return (dx[inner],)

        members = [np.ones_like(mask) for mask in inside]
        return self._patches(patches, members, padded, inside, x, pull)

    def spans(self, x: Value, spans: Sequence[Sequence[Span]], fill: float = 0.0) -> Patches:
        # a shorter window reads the values that it lacks from a last position added to the input
        whole = np.pad(x.array, [(0, 0), *[(0, 1)] * len(spans), (0, 0)], constant_values=fill)
        reads = []
        for n, axis in zip(x.array.shape[1:-1], spans, strict=True):
            longest = max(stop - start for start, stop in axis)
            taps = np.arange(longest)
            reads.append(np.array([np.where(start + taps < stop, start + taps, n) for start, stop in axis]))
        rank = len(reads)
        # (position, 1 ..., tap, 1 ...) for each axis: together they index (positions ..., taps ...)
        index: Any = tuple(
            read.reshape(
                [len(read) if i == a else read.shape[1] if i == rank + a else 1 for i in range(2 * rank)]
            )
            for a, read in enumerate(reads)
        )

        def pull(g: Numbers) -> tuple[Numbers]:
            dx = np.zeros(whole.shape, g.dtype)
            np.add.at(dx, (slice(None), *index), g)
            return (dx[(slice(None), *(slice(-1) for _ in reads))],)

        members = [read < n for read, n in zip(reads, x.array.shape[1:-1], strict=True)]
        return self._patches(whole[(slice(None), *index)], members, members, members, x, pull)

    def whole(self, x: Value) -> Patches:
        sizes = x.array.shape[1:-1]
        y = x.array.reshape(len(x.array), *(1,) * len(sizes), *x.array.shape[1:])
        masks = [np.ones((1, n), bool) for n in sizes]
        return self._patches(y, masks, masks, masks, x, lambda g: (g.reshape(x.array.shape),))

    def values_of(self, windows: Patches) -> Value:
        return self._made(np.ascontiguousarray(windows.array), (windows,), lambda g: (g,))

    def as_windows(self, x: Value, rank: int) -> Patches:
        sizes = zip(x.shape[:rank], x.shape[rank : 2 * rank], strict=True)
        masks = [np.ones(size, bool) for size in sizes]
        return self._patches(x.array, masks, masks, masks, x, lambda g: (g,))

    def maps(self, windows: Patches, maps: Sequence[int]) -> Patches:
        chosen = list(maps)

        def pull(g: Numbers) -> tuple[Numbers]:
            dx = np.zeros_like(windows.array)
            dx[..., chosen] = g
            return (dx,)

        masks = windows.members, windows.padded, windows.inside
        return self._patches(windows.array[..., chosen], *masks, windows, pull)

    def _patches(
        self,
        array: Numbers,
        members: list[Numbers],
        padded: list[Numbers],
        inside: list[Numbers],
        parent: Value,
        pull: Pull,
    ) -> Patches:
        return self._taped(Patches(array, self, members, padded, inside), (parent,), pull)


def _read_places(places: Value, size: int) -> Numbers:
    """Places along an axis as whole numbers; raises UsageError where one is none of the axis."""
    chosen = places.array.astype(np.int64)
    if not ((chosen == places.array) & (chosen >= -size) & (chosen < size)).all():
        help = f"whole numbers from 0 to {size - 1}"
        raise UsageError("a gather reads where nothing is", help, code="bad_value")
    return chosen


def array_axes(axes: Iterable[int]) -> tuple[int, ...]:
    """A sample's axes as an array's, which has the batch first."""
    return tuple(axis if axis < 0 else axis + 1 for axis in axes)


def taps_of(size: int, axis: Axis) -> Numbers:
    """Along an axis, the pixel that each window reads by each tap; padding lies below 0 and past the end."""
    taps = np.arange(axis.kernel) * int(axis.dilation)
    starts = list(range(0, size + axis.before + axis.after - int(taps[-1]), axis.stride))
    if axis.rounding == "ceil":
        last = starts[-1] if starts else -axis.stride
        if not starts or last + taps[-1] + 1 < size + axis.before + axis.after:
            starts.append(last + axis.stride)
        if starts[-1] >= size + axis.before:
            starts.pop()
    reads: Numbers = np.array(starts)[:, None] + taps - int(axis.before)
    return reads


def stamping(
    stamps: tuple[int, ...], axes: Sequence[TransposedAxis]
) -> tuple[Callable[[Numbers, np.ufunc], Numbers], Callable[[Numbers], Numbers]]:
    """How stamps (N, positions ..., taps ..., channels) are put together S apart and cropped, and back.

    The first function puts stamps together by a ufunc; the second gives each stamp its part of a result.
    """
    rank = len(axes)
    sizes, taps = stamps[1 : 1 + rank], stamps[1 + rank : 1 + 2 * rank]
    spans = [
        (n - 1) * axis.stride + (f - 1) * axis.dilation + 1
        for n, f, axis in zip(sizes, taps, axes, strict=True)
    ]
    more = [axis.output_padding - axis.after for axis in axes]
    crop = tuple(
        slice(axis.before, span + extra) for axis, span, extra in zip(axes, spans, more, strict=True)
    )
    whole = (
        stamps[0],
        *(span + max(extra, 0) for span, extra in zip(spans, more, strict=True)),
        stamps[-1],
    )

    def places() -> Any:
        for tap in every(*map(range, taps)):
            where = tuple(
                slice(t * axis.dilation, t * axis.dilation + (n - 1) * axis.stride + 1, axis.stride)
                for t, n, axis in zip(tap, sizes, axes, strict=True)
            )
            yield (slice(None), *where), (slice(None),) * (1 + rank) + tap

    def put_together(s: Numbers, combine: np.ufunc) -> Numbers:
        y = np.zeros(whole, s.dtype)
        for place, tap in places():
            y[place] = combine(y[place], s[tap])
        return y[:, *crop]

    def taken_apart(g: Numbers) -> Numbers:
        dy, ds = np.zeros(whole, g.dtype), np.empty(stamps, g.dtype)
        dy[:, *crop] = g
        for place, tap in places():
            ds[tap] = dy[place]
        return ds

    return put_together, taken_apart
