"""The kernels of `cnncalc.layers.support.kernels`, on NumPy arrays (N, positions ..., channels).

Each kernel counts what it does from the sizes of the arrays that it meets, and leaves on the tape, where one
is kept, how a gradient comes back through it. Shapes fall out of the arrays: no rule of the layer kinds is
called. A weight has a leading axis of 1 in place of the batch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product as every
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.errors import UsageError
from cnncalc.layers.support.windows import Axis, Span, TransposedAxis

Numbers = np.ndarray[Any, np.dtype[Any]]
Pull = Callable[[Numbers], tuple[Numbers, ...]]
Given = Any  # what the protocol calls Array or Windows is a Value or Patches here
AnyValue = TypeVar("AnyValue", bound="Value")
BAND_VALUES = 4_000_000
"""How many values of windows a product copies at a time."""

_erf = np.frompyfunc(math.erf, 1, 1)
FUNCTIONS: Mapping[str, Any] = {
    "sin": ({"sine": 1}, np.sin, lambda x, _: np.cos(x)),
    "cos": ({"sine": 1}, np.cos, lambda x, _: -np.sin(x)),
    "sign": ({"compare": 2}, np.sign, lambda *_: 0),
    "floor": ({"round": 1}, np.floor, lambda *_: 0),
    "ceil": ({"round": 1}, np.ceil, lambda *_: 0),
    "round": ({"round": 1}, np.rint, lambda *_: 0),
}
"""Name -> its work for one value, the function, and the slope from the value and the result."""


class Value:
    """An array on its way, and the kernels that it is computed with."""

    __slots__ = ("array", "tool")

    def __init__(self, array: Numbers, tool: Kernels) -> None:
        self.array, self.tool = array, tool

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def __add__(self, other: Value | float) -> Value:
        return self.tool.both("add", np.add, self, other, lambda g, *_: (g, g))

    def __radd__(self, other: float) -> Value:
        return self + other

    def __sub__(self, other: Value | float) -> Value:
        return self.tool.both("add", np.subtract, self, other, lambda g, *_: (g, -g))

    def __mul__(self, other: Value | float) -> Value:
        return self.tool.both("multiply", np.multiply, self, other, lambda g, x, y, _: (g * y, g * x))

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __truediv__(self, other: Value | float) -> Value:
        return self.tool.both("divide", np.divide, self, other, lambda g, _, y, z: (g / y, -g * (z / y)))

    def __rtruediv__(self, other: float) -> Value:
        return self.tool.constant(other) / self

    def __neg__(self) -> Value:
        return self.tool.each({}, np.negative, self, lambda *_: -1)


class Patches(Value):
    """Windows: (N, positions ..., taps ..., channels).

    The masks say of each (position, tap), axis by axis, whether it is of the window at all, in the padded
    input, and in the input itself.
    """

    __slots__ = ("index", "inside", "members", "padded")

    index: Numbers | None

    def __init__(
        self,
        array: Numbers,
        tool: Kernels,
        members: list[Numbers],
        padded: list[Numbers],
        inside: list[Numbers],
    ) -> None:
        super().__init__(array, tool)
        self.members, self.padded, self.inside = members, padded, inside
        self.index = None  # for a probe: which map each is, where those that are alike are kept once

    @property
    def rank(self) -> int:
        return len(self.members)

    @property
    def taps(self) -> tuple[int, ...]:
        """The axes of the taps."""
        return tuple(range(1 + self.rank, 1 + 2 * self.rank))

    @property
    def links(self) -> int:
        """How many values the windows hold, padding among them."""
        outer = self.array.shape[0] * self.array.shape[-1]
        return int(outer * math.prod(int(mask.sum()) for mask in self.members))


class Tally:
    """What kernels have counted: operations; multiply-accumulates with weights; links into units."""

    def __init__(self) -> None:
        self.work: Counter[str] = Counter()
        self.macs = self.links = 0


class Kernels:
    """The toolkit on numbers. With `record`, gradients can be asked of what was computed."""

    combine: np.ufunc = np.add
    """How values that come together in one place are put together."""

    def __init__(self, *, record: bool = False) -> None:
        self.tally = Tally()
        self.tape: list[tuple[Value, tuple[Value, ...], Pull]] | None = [] if record else None

    def value(self, array: Numbers) -> Value:
        return Value(array, self)

    def weight(self, array: Numbers, x: Value) -> Value:
        """A weight, in the type of the numbers that it meets; where those are tokens, in its own."""
        own = array.dtype if array.dtype == np.float64 else np.dtype(np.float32)
        return self.value(np.asarray(array, x.dtype if x.dtype.kind == "f" else own)[None])

    def constant(self, number: float) -> Value:
        return self.value(np.asarray(number))

    def _count(self, **work: int) -> None:
        self.tally.work.update(work)

    def _made(self, array: Numbers, parents: tuple[Value, ...], pull: Pull) -> Value:
        return self._taped(self.value(array), parents, pull)

    def _taped(self, made: AnyValue, parents: tuple[Value, ...], pull: Pull) -> AnyValue:
        if self.tape is not None:
            self.tape.append((made, parents, pull))
        return made

    # ---- value by value

    def each(
        self,
        work: Mapping[str, int],
        function: Callable[[Numbers], Numbers],
        x: Given,
        slope: Callable[[Numbers, Numbers], Any],
    ) -> Value:
        """A function of each value, and its derivative from the value and the result."""
        y = function(x.array)
        self._count(**{name: times * y.size for name, times in work.items()})
        # no gradient stays none, also where the slope has grown beyond all numbers
        return self._made(y, (x,), lambda g: (np.where(g == 0, 0, g * slope(x.array, y)),))

    def both(
        self,
        operation: str,
        function: Callable[[Numbers, Numbers], Numbers],
        x: Given,
        other: Given,
        slopes: Callable[..., tuple[Numbers, Numbers]],
    ) -> Value:
        """A function of two arrays, one of which may be stretched."""
        y = other if isinstance(other, Value) else self.value(np.asarray(other, x.array.dtype))
        if x.array.ndim == 0:
            x = self.value(x.array.astype(y.array.dtype))
        z = function(x.array, y.array)
        self._count(**{operation: z.size})

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            dx, dy = slopes(g, x.array, y.array, z)
            return _shrunk(dx, x.array.shape), _shrunk(dy, y.array.shape)

        return self._made(z, (x, y), pull)

    def exp(self, x: Given) -> Value:
        return self.each({"exp": 1}, np.exp, x, lambda _, y: y)

    def log(self, x: Given) -> Value:
        return self.each({"log": 1}, np.log, x, lambda x, _: 1 / x)

    def sqrt(self, x: Given) -> Value:
        return self.each({"sqrt": 1}, np.sqrt, x, lambda _, y: 0.5 / y)

    def tanh(self, x: Given) -> Value:
        return self.each({"tanh": 1}, np.tanh, x, lambda _, y: 1 - y * y)

    def erf(self, x: Given) -> Value:
        def slope(x: Numbers, _: Numbers) -> Any:
            return 2 / math.sqrt(math.pi) * np.exp(-x * x)

        return self.each({"erf": 1}, lambda x: np.asarray(_erf(x), x.dtype), x, slope)

    def softplus(self, x: Given) -> Value:
        work = {"exp": 1, "add": 1, "log": 1}
        return self.each(work, lambda x: np.logaddexp(x, 0), x, lambda x, y: np.exp(x - y))

    def power(self, x: Given, exponent: float) -> Value:
        return self.each({"power": 1}, lambda x: x**exponent, x, lambda x, _: exponent * x ** (exponent - 1))

    def square(self, x: Given) -> Value:
        return self.each({"multiply": 1}, np.square, x, lambda x, _: 2 * x)

    def at_least(self, x: Given, bound: float) -> Value:
        return self.each({"compare": 1}, lambda x: np.maximum(x, bound), x, lambda x, _: x > bound)

    def at_most(self, x: Given, bound: float) -> Value:
        return self.each({"compare": 1}, lambda x: np.minimum(x, bound), x, lambda x, _: x < bound)

    def by_sign(self, x: Given, above: Given, below: Given) -> Value:
        positive = x.array > 0
        self._count(compare=positive.size)
        y = np.where(positive, above.array, below.array)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            parts = np.where(positive, g, 0), np.where(positive, 0, g)
            return _shrunk(parts[0], above.array.shape), _shrunk(parts[1], below.array.shape)

        return self._made(y, (above, below), pull)

    def larger(self, x: Given, y: Given) -> Value:
        return self.both("compare", np.maximum, x, y, lambda g, x, y, _: (g * (x >= y), g * (x < y)))

    def smaller(self, x: Given, y: Given) -> Value:
        return self.both("compare", np.minimum, x, y, lambda g, x, y, _: (g * (x <= y), g * (x > y)))

    def compare(self, by: str, x: Given, y: Given) -> Value:
        holds: Any = getattr(np, by)

        def function(x: Numbers, y: Numbers) -> Numbers:
            return holds(x, y).astype(np.result_type(x, y))  # type: ignore[no-any-return]

        return self.both("compare", function, x, y, lambda g, *_: (g * 0, g * 0))

    def function(self, name: str, x: Given) -> Value:
        work, function, slope = FUNCTIONS[name]
        return self.each(work, function, x, slope)

    # ---- over axes

    def total(self, x: Given, *axes: int) -> Value:
        y = x.array.sum(_axes(axes), keepdims=True)
        self._count(add=x.array.size - y.size)
        return self._made(y, (x,), lambda g: (np.broadcast_to(g, x.array.shape),))

    def mean(self, x: Given, *axes: int) -> Value:
        total = self.total(x, *axes)
        return total / float(x.array.size // total.array.size)

    def largest(self, x: Given, *axes: int) -> Value:
        y = x.array.max(_axes(axes), keepdims=True)
        self._count(compare=x.array.size - y.size)

        def pull(g: Numbers) -> tuple[Numbers]:
            where = x.array == y
            return (where * (g / where.sum(_axes(axes), keepdims=True)),)

        return self._made(y, (x,), pull)

    def running(self, x: Given, axis: int) -> Value:
        (along,) = _axes((axis,))
        y = x.array.cumsum(along)
        self._count(add=y.size - y.size // y.shape[along])
        return self._made(y, (x,), lambda g: (np.flip(np.flip(g, along).cumsum(along), along),))

    def ranked(self, x: Given, axis: int, count: int) -> Value:
        (along,) = _axes((axis,))
        order = np.argsort(-x.array, along, kind="stable").take(range(count), along)
        lines, size = x.array.size // x.array.shape[along], x.array.shape[along]
        # each of the largest is found among those that are left
        self._count(compare=lines * sum(size - 1 - found for found in range(count)))
        return self._made(order.astype(x.array.dtype), (x,), lambda _: (np.zeros_like(x.array),))

    # ---- the same values elsewhere

    def reshape(self, x: Given, *shape: int) -> Value:
        y = x.array.reshape(len(x.array), *shape)
        return self._made(y, (x,), lambda g: (g.reshape(x.array.shape),))

    def permute(self, x: Given, *order: int) -> Value:
        axes = (0, *_axes(axis % (x.array.ndim - 1) for axis in order))
        return self._made(x.array.transpose(axes), (x,), lambda g: (g.transpose(np.argsort(axes)),))

    def take(self, x: Given, axis: int, indices: Sequence[int]) -> Value:
        (along,) = _axes((axis,))
        chosen = np.asarray(indices)

        def pull(g: Numbers) -> tuple[Numbers]:
            dx = np.zeros_like(x.array)
            np.add.at(np.moveaxis(dx, along, 0), chosen, np.moveaxis(g, along, 0))
            return (dx,)

        return self._made(x.array.take(chosen, along), (x,), pull)

    def take_at(self, x: Given, axis: int, places: Given) -> Value:
        (along,) = _axes((axis,))
        chosen = places.array.astype(np.int64)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            dx = np.zeros_like(x.array)
            index: list[Any] = list(np.indices(chosen.shape, sparse=True))
            index[along] = chosen
            np.add.at(dx, tuple(index), g)
            return dx, np.zeros_like(places.array)

        return self._made(np.take_along_axis(x.array, chosen, along), (x, places), pull)

    def gather(self, x: Given, axis: int, places: Given) -> Value:
        size, chosen = x.shape[axis], places.array.astype(np.int64)
        if not ((chosen == places.array) & (chosen >= -size) & (chosen < size)).all():
            help = f"whole numbers from 0 to {size - 1}"
            raise UsageError("a gather reads where nothing is", help, code="bad_value")
        samples = max(len(chosen), len(x.array))
        whole = np.broadcast_to(x.array, (samples, *x.array.shape[1:]))
        chosen = np.broadcast_to(chosen, (samples, *chosen.shape[1:]))
        y = np.stack([sample.take(each, axis) for sample, each in zip(whole, chosen, strict=True)])

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            dx = np.zeros(whole.shape, g.dtype)
            moved = range(axis, axis + chosen.ndim - 1)
            for sample, each, part in zip(dx, chosen, g, strict=True):
                np.add.at(np.moveaxis(sample, axis, 0), each, np.moveaxis(part, moved, range(len(moved))))
            return _shrunk(dx, x.array.shape), np.zeros_like(places.array)

        return self._made(y, (x, places), pull)

    def stretch(self, x: Given, *shape: int) -> Value:
        y = x.array.reshape(len(x.array), *(1,) * (len(shape) - len(x.shape)), *x.shape)
        whole = np.broadcast_to(y, (len(y), *shape))
        return self._made(whole, (x,), lambda g: (_shrunk(g, y.shape).reshape(x.array.shape),))

    def samples(self, x: Given, like: Given) -> Value:
        """What does not depend on the input, for as many samples as another value has, in its type."""
        kind = like.array.dtype if like.array.dtype.kind == "f" else x.array.dtype
        y = np.broadcast_to(x.array.astype(kind), (len(like.array), *x.array.shape[1:]))
        return self._made(y, (x,), lambda g: (_shrunk(g, x.array.shape),))

    def part(self, x: Given, axis: int, start: int, stop: int) -> Value:
        (along,) = _axes((axis,))
        where = (slice(None),) * (along % x.array.ndim) + (slice(start, stop),)

        def pull(g: Numbers) -> tuple[Numbers]:
            dx = np.zeros_like(x.array)
            dx[where] = g
            return (dx,)

        return self._made(x.array[where], (x,), pull)

    def pad(self, x: Given, spans: Mapping[int, Span]) -> Value:
        widths = [(0, 0)] * x.array.ndim
        for axis, span in spans.items():
            widths[_axes((axis,))[0]] = span
        inner = tuple(slice(a, a + n) for (a, _), n in zip(widths, x.array.shape, strict=True))
        return self._made(np.pad(x.array, widths), (x,), lambda g: (g[inner],))

    def concat(self, xs: Sequence[Given], axis: int) -> Value:
        (along,) = _axes((axis,))
        ends = np.cumsum([x.array.shape[along] for x in xs])[:-1]
        y = np.concatenate([x.array for x in xs], along)
        return self._made(y, tuple(xs), lambda g: tuple(np.split(g, ends, along)))

    def scale_by(self, x: Given, axis: int, factors: Sequence[float]) -> Value:
        shape = [1] * x.array.ndim
        shape[_axes((axis,))[0]] = len(factors)
        return x * self.value(np.asarray(factors, x.array.dtype).reshape(shape))  # type: ignore[no-any-return]

    def lookup(self, weight: Given, tokens: Given) -> Value:
        vocabulary = weight.array.shape[1]
        if not ((tokens.array >= 0) & (tokens.array < vocabulary)).all():
            help = f"whole numbers from 0 to {vocabulary - 1}"
            raise UsageError("an embedding reads what is no token", help, code="bad_value")
        chosen = tokens.array.astype(np.int64)

        def pull(g: Numbers) -> tuple[Numbers]:
            dw = np.zeros_like(weight.array)
            np.add.at(dw[0], chosen, g)
            return (dw,)

        return self._made(weight.array[0][chosen], (weight,), pull)

    # ---- units: what they read

    def windows(self, x: Given, axes: Sequence[Axis], fill: float = 0.0) -> Patches:
        sizes = x.array.shape[1:-1]
        reads = [_reads(n, axis) for n, axis in zip(sizes, axes, strict=True)]
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

    def spans(self, x: Given, spans: Sequence[Sequence[Span]], fill: float = 0.0) -> Patches:
        # what a shorter window lacks is read from a last position added to the input
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

    def whole(self, x: Given) -> Patches:
        sizes = x.array.shape[1:-1]
        y = x.array.reshape(len(x.array), *(1,) * len(sizes), *x.array.shape[1:])
        masks = [np.ones((1, n), bool) for n in sizes]
        return self._patches(y, masks, masks, masks, x, lambda g: (g.reshape(x.array.shape),))

    def values_of(self, windows: Given) -> Value:
        return self._made(np.ascontiguousarray(windows.array), (windows,), lambda g: (g,))

    def maps(self, windows: Given, maps: Sequence[int]) -> Patches:
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

    # ---- units: what they compute

    def filtered(self, windows: Given, weight: Given, groups: int = 1) -> Value:
        p, w = windows.array, weight.array[0]
        positions, taps, depth = p.shape[: 1 + windows.rank], math.prod(w.shape[2:]), w.shape[1]
        filters = len(w)
        # a matrix (taps and maps, filters) for each group
        matrix = (
            w.reshape(groups, filters // groups, depth, taps)
            .transpose(0, 3, 2, 1)
            .reshape(groups, -1, filters // groups)
        )
        y = np.empty((math.prod(positions), filters), np.result_type(p, w))
        for band, rows in _bands(p, windows.rank):
            by_group = _by_group(rows, groups)
            y[band] = (by_group @ matrix).transpose(1, 0, 2).reshape(-1, filters)
        self._multiplied(p.size * (filters // groups), y.size)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            dp, dm = np.empty(p.shape, g.dtype), np.zeros(matrix.shape, g.dtype)
            flat = dp.reshape(-1, *p.shape[1 + windows.rank :])
            for band, rows in _bands(p, windows.rank):
                out = g.reshape(-1, groups, filters // groups)[band].transpose(1, 0, 2)
                dm += _by_group(rows, groups).transpose(0, 2, 1) @ out
                back = (out @ matrix.transpose(0, 2, 1)).reshape(groups, len(rows), taps, depth)
                flat[band] = back.transpose(1, 2, 0, 3).reshape(rows.shape)
            dw = dm.reshape(groups, taps, depth, -1).transpose(0, 3, 2, 1).reshape(weight.array.shape)
            return dp, dw

        return self._made(y.reshape(*positions, filters), (windows, weight), pull)

    def filtered_each(self, windows: Given, weight: Given, groups: int = 1) -> Value:
        p, w = windows.array, weight.array[0]
        positions, taps, depth = p.shape[: 1 + windows.rank], math.prod(w.shape[3:]), w.shape[2]
        filters = w.shape[1]
        # for each position and group: samples by (taps and maps), and those by filters
        rows = (
            p.reshape(len(p), -1, taps, groups, depth)
            .transpose(1, 3, 0, 2, 4)
            .reshape(len(w), groups, len(p), -1)
        )
        matrix = (
            w.reshape(len(w), groups, -1, depth, taps)
            .transpose(0, 1, 4, 3, 2)
            .reshape(len(w), groups, taps * depth, -1)
        )
        y = (rows @ matrix).transpose(2, 0, 1, 3).reshape(*positions, filters)
        self._multiplied(p.size * (filters // groups), y.size)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            out = g.reshape(len(p), len(w), groups, -1).transpose(1, 2, 0, 3)
            dm = rows.transpose(0, 1, 3, 2) @ out
            dp = (out @ matrix.transpose(0, 1, 3, 2)).reshape(len(w), groups, len(p), taps, depth)
            dw = dm.reshape(len(w), groups, taps, depth, -1).transpose(0, 1, 4, 3, 2)
            return dp.transpose(2, 0, 3, 1, 4).reshape(p.shape), dw.reshape(weight.array.shape)

        return self._made(y, (windows, weight), pull)

    def stamped(self, x: Given, weight: Given, axes: Sequence[TransposedAxis], groups: int = 1) -> Value:
        a, w = x.array, weight.array[0]
        depth, taps = len(w) // groups, w.shape[2:]
        rows = a.reshape(-1, groups, depth).transpose(1, 0, 2)
        # a matrix (maps, taps and filters) for each group
        matrix = np.moveaxis(w, 1, -1).reshape(groups, depth, -1)
        products = (rows @ matrix).reshape(groups, -1, math.prod(taps), w.shape[1])
        y = products.transpose(1, 2, 0, 3).reshape(*a.shape[:-1], *taps, -1)
        self._multiplied(a.size * w[0].size, y.size)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            out = g.reshape(-1, math.prod(taps), groups, w.shape[1]).transpose(2, 0, 1, 3)
            out = out.reshape(groups, -1, matrix.shape[-1])  # type: ignore[assignment]
            dx = (out @ matrix.transpose(0, 2, 1)).transpose(1, 0, 2).reshape(a.shape)
            dw = (rows.transpose(0, 2, 1) @ out).reshape(len(w), *taps, w.shape[1])
            return dx, np.moveaxis(dw, -1, 1)[None]

        return self._stamp(self._made(y, (x, weight), pull), axes)

    def _stamp(self, stamps: Value, axes: Sequence[TransposedAxis]) -> Value:
        """Stamps (N, positions ..., taps ..., channels) put together S apart and cropped."""
        s, rank = stamps.array, len(axes)
        self._count(add=s.size)
        sizes, taps = s.shape[1 : 1 + rank], s.shape[1 + rank : 1 + 2 * rank]
        spans = [
            (n - 1) * axis.stride + (f - 1) * axis.dilation + 1
            for n, f, axis in zip(sizes, taps, axes, strict=True)
        ]
        more = [axis.output_padding - axis.after for axis in axes]
        crop = tuple(
            slice(axis.before, span + extra) for axis, span, extra in zip(axes, spans, more, strict=True)
        )
        whole = (
            len(s),
            *(span + max(extra, 0) for span, extra in zip(spans, more, strict=True)),
            s.shape[-1],
        )

        def places() -> Any:
            for tap in every(*map(range, taps)):
                where = tuple(
                    slice(t * axis.dilation, t * axis.dilation + (n - 1) * axis.stride + 1, axis.stride)
                    for t, n, axis in zip(tap, sizes, axes, strict=True)
                )
                yield (slice(None), *where), (slice(None),) * (1 + rank) + tap

        y = np.zeros(whole, s.dtype)
        for place, tap in places():
            y[place] = self.combine(y[place], s[tap])

        def pull(g: Numbers) -> tuple[Numbers]:
            dy, ds = np.zeros(whole, g.dtype), np.empty(s.shape, g.dtype)
            dy[:, *crop] = g
            for place, tap in places():
                ds[tap] = dy[place]
            return (ds,)

        return self._made(y[:, *crop], (stamps,), pull)

    def product(self, x: Given, weight: Given) -> Value:
        a, w = x.array, weight.array[0]
        y = a @ w.T
        self._multiplied(y.size * a.shape[-1], y.size)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            return g @ w, (g.reshape(-1, len(w)).T @ a.reshape(-1, a.shape[-1]))[None]

        return self._made(y, (x, weight), pull)

    def matmul(self, x: Given, y: Given) -> Value:
        rank = max(x.array.ndim, y.array.ndim)
        a, b = (v.array.reshape(len(v.array), *(1,) * (rank - v.array.ndim), *v.shape) for v in (x, y))
        z = a @ b
        self._multiplied(z.size * a.shape[-1], z.size)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            da, db = g @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ g
            return _shrunk(da, a.shape).reshape(x.array.shape), _shrunk(db, b.shape).reshape(y.array.shape)

        return self._made(z, (x, y), pull)

    def _multiplied(self, products: int, sums: int) -> None:
        """So many products with weights, added up to so many sums."""
        self._count(multiply=products, add=products - sums)
        self.tally.macs += products
        self.tally.links += products

    def distances(self, x: Given, centres: Given) -> Value:
        apart = self.reshape(x, 1, -1) - centres
        self.tally.links += apart.array.size
        return self.reshape(self.total(self.square(apart), -1), -1)

    def biased(self, x: Given, bias: Given) -> Value:
        y: Value = x + bias
        self.tally.links += y.array.size
        return y

    def sum_of(self, windows: Given) -> Value:
        y = windows.array.sum(windows.taps)
        self.tally.links += windows.links
        self._count(add=windows.links - y.size)
        back = np.expand_dims
        return self._made(
            y, (windows,), lambda g: (np.broadcast_to(back(g, windows.taps), windows.array.shape),)
        )

    def mean_of(self, windows: Given, padding: bool = True) -> Value:
        total = self.sum_of(windows)
        counts = np.ones(1, total.array.dtype)
        for mask in windows.padded if padding else windows.inside:
            counts = counts[..., None] * mask.sum(1).astype(counts.dtype)
        return total / self.value(counts.reshape(1, *counts.shape[1:], 1))

    def largest_of(self, windows: Given) -> Value:
        p, rank = windows.array, windows.rank
        taps = list(every(*(range(p.shape[axis]) for axis in windows.taps)))
        leading = (slice(None),) * (1 + rank)
        y = p[leading + taps[0]].copy()
        for tap in taps[1:]:
            np.maximum(y, p[leading + tap], out=y)
        self.tally.links += windows.links
        self._count(compare=windows.links - y.size)

        def pull(g: Numbers) -> tuple[Numbers]:
            dp, left = np.zeros(p.shape, g.dtype), g
            for tap in taps:  # of equal values the first is the winner
                won = p[leading + tap] == y
                dp[leading + tap] = np.where(won, left, 0)
                left = np.where(won, 0, left)
            return (dp,)

        return self._made(y, (windows,), pull)

    # ---- gradients

    def gradients(self, seeds: Sequence[tuple[Value, Numbers]], wanted: Sequence[Value]) -> list[Numbers]:
        """The gradients of the sum of seed * value with respect to what is wanted; zeros where none comes."""
        found: dict[int, Numbers] = {}

        def arrive(value: Value, gradient: Numbers) -> None:
            known = found.get(id(value))
            found[id(value)] = gradient if known is None else known + gradient

        for value, seed in seeds:
            arrive(value, seed)
        kept = {id(value) for value in wanted}
        for made, parents, pull in reversed(self.tape or []):
            gradient = found.get(id(made)) if id(made) in kept else found.pop(id(made), None)
            if gradient is not None:
                for parent, part in zip(parents, pull(gradient), strict=True):
                    arrive(parent, part)
        return [found.get(id(value), np.zeros_like(value.array)) for value in wanted]


def _axes(axes: Any) -> tuple[int, ...]:
    """A sample's axes as an array's, which has the batch first."""
    return tuple(axis if axis < 0 else axis + 1 for axis in axes)


def _shrunk(gradient: Numbers, shape: tuple[int, ...]) -> Numbers:
    """The gradient of an array that was stretched to the shape of `gradient`."""
    if gradient.shape == shape:
        return gradient
    leading = gradient.ndim - len(shape)
    stretched = tuple(i + leading for i, n in enumerate(shape) if n == 1)
    summed: Numbers = gradient.sum((*range(leading), *stretched), keepdims=True)
    return summed.reshape(shape)


def _reads(size: int, axis: Axis) -> Numbers:
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


def _bands(patches: Numbers, rank: int) -> Any:
    """Windows in bands of rows, each (windows, taps ..., channels), and where in the result a band lies."""
    rows = math.prod(patches.shape[2 : 1 + rank])
    each = math.prod(patches.shape[1 + rank :])
    step = max(BAND_VALUES // max(rows * each, 1), 1)
    at = 0
    for sample in patches:
        for first in range(0, len(sample), step):
            band = sample[first : first + step]
            windows = band.reshape(-1, *patches.shape[1 + rank :])
            yield slice(at, at + len(windows)), windows
            at += len(windows)


def _by_group(rows: Numbers, groups: int) -> Numbers:
    """(windows, taps ..., channels) as (groups, windows, taps and maps of the group)."""
    if groups == 1:
        return rows.reshape(1, len(rows), -1)
    depth = rows.shape[-1] // groups
    by_group: Numbers = rows.reshape(len(rows), -1, groups, depth).transpose(2, 0, 1, 3)
    return by_group.reshape(groups, len(rows), -1)
