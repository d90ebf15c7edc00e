"""The kernels once more, on the arrays of another framework: PyTorch's, or what onnxruntime computes with.

A kind whose counterpart a framework lacks is run there by its own `forward`: NumPy's arithmetic is then held
to the framework's, the formula is not. All is built from a handful of operations, which a subclass gives;
arrays are (N, positions ..., channels), as NumPy's.
"""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from itertools import product as every
from typing import Any

import numpy as np

from cnncalc.execute.arrays import ArrayKernels, array_axes
from cnncalc.execute.values import Numbers, Patches, Value
from cnncalc.layers.support.kernels import Toolkit
from cnncalc.layers.support.reach import Span
from cnncalc.layers.support.windows import Axis, TransposedAxis


class FrameworkKernels(ArrayKernels):
    """Kernels from the operations of a framework. `raw` values are arrays of the framework."""

    # ---- the operations of a framework

    @abstractmethod
    def raw(self, numbers: Numbers, like: Any = None) -> Any:
        """NumPy's numbers as a raw array, floats in the type of another raw array."""

    @abstractmethod
    def apply(self, operator: str, *raws: Any) -> Any:
        """An operator by its name in ONNX: Add, Exp, Greater, ... Shapes stretch as NumPy's do."""

    @abstractmethod
    def reduced(self, how: str, raw: Any, axes: Sequence[int]) -> Any:
        """The sum or the max over axes, which stay with size 1."""

    @abstractmethod
    def shaped(self, raw: Any, shape: Sequence[int]) -> Any: ...

    @abstractmethod
    def turned(self, raw: Any, order: Sequence[int]) -> Any: ...

    @abstractmethod
    def gathered(self, raw: Any, axis: int, indices: Numbers) -> Any:
        """The slices along an axis at whole numbers."""

    @abstractmethod
    def rows(self, raw: Any, indices: Any) -> Any:
        """(N, L, C) at the raw whole numbers (N, M): (N, M, C)."""

    @abstractmethod
    def bordered(self, raw: Any, widths: Sequence[Span], value: float) -> Any: ...

    @abstractmethod
    def joined(self, raws: Sequence[Any], axis: int) -> Any: ...

    @abstractmethod
    def multiplied(self, one: Any, other: Any) -> Any:
        """Products of matrices, the axes before them stretched."""

    @abstractmethod
    def stretched(self, raw: Any, shape: Sequence[int]) -> Any: ...

    @abstractmethod
    def running_sums(self, raw: Any, axis: int) -> Any: ...

    @abstractmethod
    def places_of_largest(self, raw: Any, axis: int, count: int) -> Any:
        """Whole numbers, in the type of the array."""

    # ---- value by value

    def weight(self, array: Numbers, x: Value) -> Value:
        return self.value(self.raw(np.asarray(array)[None], x.array))

    def constant(self, values: Any, like: Value) -> Value:
        array = np.asarray(values, np.float64)
        return self.value(self.raw(array[None] if array.ndim else array, like.array))

    def _of(self, operator: str, *values: Value | float) -> Value:
        """An operator on values and numbers, the first of them a value."""
        first = values[0]
        assert isinstance(first, Value)
        return self.value(self.apply(operator, *(first.lift(value).array for value in values)))

    def add(self, x: Value, y: Value) -> Value:
        return self._of("Add", x, y)

    def subtract(self, x: Value, y: Value) -> Value:
        return self._of("Sub", x, y)

    def multiply(self, x: Value, y: Value) -> Value:
        return self._of("Mul", x, y)

    def divide(self, x: Value, y: Value) -> Value:
        return self._of("Div", x, y)

    def negative(self, x: Value) -> Value:
        return self._of("Neg", x)

    def exp(self, x: Value) -> Value:
        return self._of("Exp", x)

    def log(self, x: Value) -> Value:
        return self._of("Log", x)

    def sqrt(self, x: Value) -> Value:
        return self._of("Sqrt", x)

    def tanh(self, x: Value) -> Value:
        return self._of("Tanh", x)

    def erf(self, x: Value) -> Value:
        return self._of("Erf", x)

    def softplus(self, x: Value) -> Value:
        return self.at_least(x, 0) + self.log(1 + self.exp(-self.larger(x, -x)))

    def power(self, x: Value, exponent: float) -> Value:
        return self._of("Pow", x, exponent)

    def square(self, x: Value) -> Value:
        return x * x

    def at_least(self, x: Value, bound: float) -> Value:
        return self._of("Max", x, bound)

    def at_most(self, x: Value, bound: float) -> Value:
        return self._of("Min", x, bound)

    def larger(self, x: Value, y: Value) -> Value:
        return self._of("Max", x, y)

    def smaller(self, x: Value, y: Value) -> Value:
        return self._of("Min", x, y)

    def by_sign(self, x: Value, above: Value, below: Value) -> Value:
        positive = self.apply("Greater", x.array, x.lift(0).array)
        return self.value(self.apply("Where", positive, above.array, below.array))

    def compare(self, by: str, x: Value, y: Value | float) -> Value:
        operator, negated = _COMPARISONS[by]
        holds = self.apply(operator, x.array, x.lift(y).array)
        return self.value(
            self.apply("Where", holds, *(x.lift(n).array for n in ((0, 1) if negated else (1, 0))))
        )

    def function(self, name: str, x: Value) -> Value:
        return self._of(name.capitalize(), x)

    # ---- over axes

    def total(self, x: Value, *axes: int) -> Value:
        return self.value(self.reduced("sum", x.array, self._counted(x, axes)))

    def largest(self, x: Value, *axes: int) -> Value:
        return self.value(self.reduced("max", x.array, self._counted(x, axes)))

    def mean(self, x: Value, *axes: int) -> Value:
        return self.total(x, *axes) / float(math.prod(x.array.shape[axis] for axis in array_axes(axes)))

    def running(self, x: Value, axis: int) -> Value:
        return self.value(self.running_sums(x.array, self._counted(x, (axis,))[0]))

    def ranked(self, x: Value, axis: int, count: int) -> Value:
        return self.value(self.places_of_largest(x.array, self._counted(x, (axis,))[0], count))

    def _counted(self, x: Value, axes: Sequence[int]) -> list[int]:
        """A sample's axes as the array's, from 0."""
        return [axis % (len(x.shape) + 1) for axis in array_axes(axes)]

    # ---- the same values elsewhere

    def reshape(self, x: Value, *shape: int) -> Value:
        return self.value(self.shaped(x.array, (len(x.array), *shape)))

    def permute(self, x: Value, *order: int) -> Value:
        return self.value(self.turned(x.array, (0, *(1 + axis % len(x.shape) for axis in order))))

    def take(self, x: Value, axis: int, indices: Sequence[int]) -> Value:
        return self.value(self.gathered(x.array, self._counted(x, (axis,))[0], np.asarray(indices)))

    def part(self, x: Value, axis: int, start: int, stop: int) -> Value:
        size = x.array.shape[self._counted(x, (axis,))[0]]
        return self.take(x, axis, range(size)[start:stop])

    def take_at(self, x: Value, axis: int, places: Value) -> Value:
        # the axis last, and each line of the others a row of its own
        rank, axis = len(x.shape), axis % len(x.shape)
        order = [*(other for other in range(rank) if other != axis), axis]
        lines, at = self.permute(x, *order), self.permute(places, *order)
        rows = self.shaped(lines.array, (-1, lines.shape[-1], 1))
        found = self.rows(rows, self.apply("Floor", self.shaped(at.array, (-1, at.shape[-1]))))
        turned = self.value(self.shaped(found, (len(at.array), *at.shape)))
        return self.permute(turned, *(order.index(place) for place in range(rank)))

    def put_at(self, x: Value, axis: int, places: Value, size: int) -> Value:
        # each value in a row of zeros of its own, and the rows put together
        rank, axis = len(x.shape), axis % len(x.shape)
        order = [*(other for other in range(rank) if other != axis), axis]
        values, at = (self.permute(each, *order) for each in (x, places))
        values, at = (self.reshape(each, *each.shape, 1) for each in (values, at))
        count = at.shape[-2]
        later = self.constant([[float(other > own) for other in range(count)] for own in range(count)], x)
        same = self.compare("equal", at, self.reshape(at, *at.shape[:-2], 1, count))
        values = values * (-self.largest(same * later, -1) + 1)  # of several at one place the last stays
        rows = values * self.compare("equal", at, self.constant([float(place) for place in range(size)], x))
        found = self.reshape(self.total(rows, -2), *values.shape[:-2], size)
        return self.permute(found, *(order.index(place) for place in range(rank)))

    def gather(self, x: Value, axis: int, places: Value) -> Value:
        rank = len(x.shape)
        before, after = x.shape[:axis], x.shape[axis + 1 :]
        first = self.permute(x, axis, *(other for other in range(rank) if other != axis))
        rows = self.shaped(first.array, (len(x.array), x.shape[axis], -1))
        count = max(len(x.array), len(places.array))
        rows = self.stretched(rows, (count, *rows.shape[1:]))
        size = float(x.shape[axis])
        counted = self.by_sign(places + 1, places, places + size)  # places below 0 count from the end
        at = self.stretched(self.shaped(counted.array, (len(places.array), -1)), (count, -1))
        found = self.value(self.shaped(self.rows(rows, at), (count, *places.shape, *before, *after)))
        moved = len(places.shape)
        order = [*range(moved, moved + axis), *range(moved), *range(moved + axis, moved + rank - 1)]
        return self.permute(found, *order)

    def stretch(self, x: Value, *shape: int) -> Value:
        raw = self.shaped(x.array, (len(x.array), *(1,) * (len(shape) - len(x.shape)), *x.shape))
        return self.value(self.stretched(raw, (len(x.array), *shape)))

    def samples(self, x: Value, like: Value) -> Value:
        return self.value(self.stretched(x.array, (len(like.array), *x.shape)))

    def pad(self, x: Value, spans: Mapping[int, Span], value: float = 0.0) -> Value:
        widths = [(0, 0)] * (len(x.shape) + 1)
        for axis, (before, after) in spans.items():
            widths[self._counted(x, (axis,))[0]] = int(before), int(after)
        return self.value(self.bordered(x.array, widths, value))

    def concat(self, xs: Sequence[Value], axis: int) -> Value:
        whole = max(xs, key=lambda x: len(x.array))
        raws = [x.array if len(x.array) == len(whole.array) else self.samples(x, whole).array for x in xs]
        return self.value(self.joined(raws, self._counted(xs[0], (axis,))[0]))

    def scale_by(self, x: Value, axis: int, factors: Sequence[float]) -> Value:
        shape = [1] * len(x.shape)
        shape[axis] = len(factors)
        return x * self.reshape(self.constant(list(factors), x), *shape)

    def lookup(self, weight: Value, tokens: Value) -> Value:
        rows = self.stretched(weight.array, (len(tokens.array), *weight.shape))
        return self.value(self.rows(rows, tokens.array))

    def sample(self, x: Value, places: Value) -> Value:
        count, *sizes, channels = x.array.shape
        rank, shape = len(sizes), places.shape[:-1]
        at = self.reshape(places, -1, rank)
        below = self._of("Floor", at)
        part = at - below
        rows = self.shaped(x.array, (count, -1, channels))
        total: Value | None = None
        for corner in every((0, 1), repeat=rank):
            pixel = below + self.constant([list(corner)], at)
            kept = self.smaller(self.at_least(pixel, 0), self.constant([[size - 1 for size in sizes]], at))
            exists = self.compare("equal", kept, pixel)
            along = self.by_sign(self.constant([[c - 0.5 for c in corner]], at), part, -part + 1) * exists
            weight = math.prod(
                (self.part(along, -1, a, a + 1) for a in range(1, rank)), start=self.part(along, -1, 0, 1)
            )
            steps = [float(math.prod(sizes[a + 1 :])) for a in range(rank)]
            flat = self.total(self.scale_by(kept, -1, steps), -1)
            found = self.value(self.rows(rows, self.reshape(flat, -1).array)) * weight
            total = found if total is None else total + found
        assert total is not None
        return self.reshape(total, *shape, channels)

    # ---- the values that units read

    def _read(
        self,
        x: Value,
        reads: Sequence[Numbers],
        padded: Sequence[Numbers],
        fill: float,
        members: Sequence[Numbers],
    ) -> Patches:
        """Windows from the pixels (positions, taps) that are read along each axis; outside lies the fill."""
        raw, sizes = x.array, x.shape[:-1]
        inside = [(read >= 0) & (read < size) for read, size in zip(reads, sizes, strict=True)]
        widths = [(0, 0), *((0, 0 if each.all() else 1) for each in inside), (0, 0)]
        raw = self.bordered(raw, widths, fill)
        for axis, (read, each, size) in enumerate(zip(reads, inside, sizes, strict=True), 1):
            raw = self.gathered(raw, axis, np.where(each, read, size).ravel())
        rank = len(sizes)
        raw = self.shaped(raw, (len(x.array), *(n for read in reads for n in read.shape), x.shape[-1]))
        order = [0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1]
        return Patches(self.turned(raw, order), self, list(members), list(padded), inside)

    def windows(self, x: Value, axes: Sequence[Axis], fill: float = 0.0) -> Patches:
        reads = [
            np.arange(int(axis.output))[:, None] * int(axis.stride)
            + np.arange(int(axis.kernel)) * int(axis.dilation)
            - int(axis.before)
            for axis in axes
        ]
        padded = [
            (read >= -int(axis.before)) & (read < int(axis.size + axis.after))
            for read, axis in zip(reads, axes, strict=True)
        ]
        return self._read(x, reads, padded, fill, [np.ones_like(mask) for mask in padded])

    def spans(self, x: Value, spans: Sequence[Sequence[Span]], fill: float = 0.0) -> Patches:
        reads, members = [], []
        for along, size in zip(spans, x.shape, strict=False):
            taps = np.arange(max(stop - start for start, stop in along))
            member = np.array([start + taps < stop for start, stop in along])
            starts = np.array([start for start, _ in along])[:, None]
            members.append(member)
            reads.append(np.where(member, starts + taps, size))
        return self._read(x, reads, members, fill, members)

    def whole(self, x: Value) -> Patches:
        reads = [np.arange(size)[None] for size in x.shape[:-1]]
        masks = [np.ones(read.shape, bool) for read in reads]
        return self._read(x, reads, masks, 0.0, masks)

    def values_of(self, windows: Patches) -> Value:
        return self.value(windows.array)

    def maps(self, windows: Patches, maps: Sequence[int]) -> Patches:
        chosen = self.gathered(windows.array, len(windows.shape), np.asarray(maps))
        return Patches(chosen, self, windows.members, windows.padded, windows.inside)

    # ---- the values that units compute

    def _matrices(self, windows: Patches, groups: int) -> Any:
        """Windows as (N, groups, positions, taps and maps of the group)."""
        count, depth = len(windows.array), windows.shape[-1] // groups
        positions = math.prod(windows.shape[: windows.rank])
        raw = self.shaped(windows.array, (count, positions, -1, groups, depth))
        return self.shaped(self.turned(raw, (0, 3, 1, 2, 4)), (count, groups, positions, -1))

    def filtered(self, windows: Patches, weight: Value, groups: int = 1) -> Value:
        filters, depth = weight.shape[:2]
        kernels = self.shaped(weight.array, (groups, filters // groups, depth, -1))
        kernels = self.shaped(self.turned(kernels, (0, 3, 2, 1)), (1, groups, -1, filters // groups))
        y = self.turned(self.multiplied(self._matrices(windows, groups), kernels), (0, 2, 1, 3))
        return self.value(self.shaped(y, (len(windows.array), *windows.shape[: windows.rank], filters)))

    def filtered_each(self, windows: Patches, weight: Value, groups: int = 1) -> Value:
        positions, filters, depth = weight.shape[:3]
        kernels = self.shaped(weight.array, (positions, groups, filters // groups, depth, -1))
        kernels = self.shaped(
            self.turned(kernels, (1, 0, 4, 3, 2)), (1, groups, positions, -1, filters // groups)
        )
        read = self._matrices(windows, groups)
        y = self.multiplied(self.shaped(read, (*read.shape[:3], 1, read.shape[3])), kernels)
        y = self.turned(self.shaped(y, (len(windows.array), groups, positions, -1)), (0, 2, 1, 3))
        return self.value(self.shaped(y, (len(windows.array), *windows.shape[: windows.rank], filters)))

    def stamped(self, x: Value, weight: Value, axes: Sequence[TransposedAxis], groups: int = 1) -> Value:
        count, rank, taps = len(x.array), len(axes), weight.shape[2:]
        depth, filters = x.shape[-1] // groups, weight.shape[1]
        read = self.shaped(x.array, (count, -1, groups, depth))
        kernels = self.shaped(weight.array, (groups, depth, filters, -1))
        kernels = self.shaped(self.turned(kernels, (0, 1, 3, 2)), (1, groups, depth, -1))
        stamps = self.turned(self.multiplied(self.turned(read, (0, 2, 1, 3)), kernels), (0, 2, 1, 3))
        stamps = self.shaped(stamps, (count, -1, groups, math.prod(taps), filters))
        sizes = x.shape[:-1]
        total: Value | None = None
        for number, tap in enumerate(every(*map(range, taps))):
            one = self.gathered(stamps, 3, np.array([number]))
            raw = self.shaped(one, (count, *sizes, groups * filters))
            for axis, (n, t, along, f) in enumerate(zip(sizes, tap, axes, taps, strict=True), 1):
                # S - 1 zeros between one value and the next, then the tap's own place in the stamp
                widths = [(0, 0)] * (rank + 3)
                widths[axis + 1] = 0, int(along.stride) - 1
                raw = self.bordered(
                    self.shaped(raw, (*raw.shape[: axis + 1], 1, *raw.shape[axis + 1 :])), widths, 0.0
                )
                shape = raw.shape
                raw = self.shaped(raw, (*shape[:axis], -1, *shape[axis + 2 :]))
                raw = self.gathered(raw, axis, np.arange((n - 1) * int(along.stride) + 1))
                ends = [(0, 0)] * (rank + 2)
                ends[axis] = t * int(along.dilation), (f - 1 - t) * int(along.dilation)
                raw = self.bordered(raw, ends, 0.0)
            total = self.value(raw) if total is None else total + self.value(raw)
        assert total is not None
        for axis, along in enumerate(axes):
            more = max(int(along.output_padding - along.after), 0)
            total = self.pad(total, {axis: (0, more)})
            total = self.part(total, axis, int(along.before), int(along.before) + int(along.output))
        return total

    def product(self, x: Value, weight: Value) -> Value:
        return self.value(
            self.multiplied(x.array, self.turned(self.shaped(weight.array, weight.shape), (1, 0)))
        )

    def matmul(self, x: Value, y: Value) -> Value:
        rank = max(len(x.shape), len(y.shape))
        one, other = (self.stretch(v, *(1,) * (rank - len(v.shape)), *v.shape) for v in (x, y))
        return self.value(self.multiplied(one.array, other.array))

    def distances(self, x: Value, centres: Value) -> Value:
        apart = self.reshape(x, 1, -1) - centres
        return self.reshape(self.total(apart * apart, -1), -1)

    def biased(self, x: Value, bias: Value) -> Value:
        return x + bias

    def _summed(self, how: str, windows: Patches) -> Value:
        raw = self.reduced(how, windows.array, windows.taps)
        return self.value(self.shaped(raw, (len(raw), *windows.shape[: windows.rank], windows.shape[-1])))

    def sum_of(self, windows: Patches) -> Value:
        return self._summed("sum", windows)

    def largest_of(self, windows: Patches) -> Value:
        return self._summed("max", windows)

    def weighted_sum_of(self, windows: Patches, factors: Sequence[float]) -> Value:
        taps = windows.shape[windows.rank : -1]
        each = self.reshape(self.constant(list(factors), windows), *taps, 1)
        weighted = self.apply("Mul", windows.array, each.array)
        return self._summed("sum", Patches(weighted, self, windows.members, windows.padded, windows.inside))

    def mean_of(self, windows: Patches, padding: bool = True) -> Value:
        counts: Numbers = np.ones(1)
        for mask in windows.padded if padding else windows.inside:
            counts = counts[..., None] * mask.sum(1)
        return self.sum_of(windows) / self.constant(counts.reshape(*counts.shape[1:], 1), windows)


_COMPARISONS = {
    "greater": ("Greater", False),
    "greater_equal": ("Less", True),
    "less": ("Less", False),
    "less_equal": ("Greater", True),
    "equal": ("Equal", False),
    "not_equal": ("Equal", True),
}
"""Name -> the operator of ONNX that says the same, and whether of the opposite."""


def _held_to_the_contract(kernels: FrameworkKernels) -> Toolkit[Value, Patches]:
    return kernels  # the type checker names a kernel that is missing here
