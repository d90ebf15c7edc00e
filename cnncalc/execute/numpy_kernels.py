"""The kernels of `cnncalc.layers.support.kernels`, on NumPy arrays (N, positions ..., channels).

Each kernel counts its work from the sizes of its arrays. With `record`, a kernel also notes the function that
takes a gradient of its result back to its operands. The kernels that move values are in
`cnncalc.execute.arrays`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product as every
from typing import Any

import numpy as np

from cnncalc.errors import UsageError
from cnncalc.execute.arrays import ArrayKernels, array_axes, stamping
from cnncalc.execute.values import AnyValue, Numbers, Patches, Pull, Value, shrunk
from cnncalc.layers.support.kernels import Toolkit, sampling
from cnncalc.layers.support.windows import TransposedAxis

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


class Tally:
    """The counts of kernels: operations; multiply-accumulates with weights; links into units.

    `back_to_values` and `back_to_weights` are the multiply-accumulates that the same products take backwards.
    """

    def __init__(self) -> None:
        self.work: Counter[str] = Counter()
        self.macs = self.links = 0
        self.back_to_values = self.back_to_weights = 0
        self.uncounted: set[str] = set()
        """The kernels used that keep no count."""


class NumpyKernels(ArrayKernels):
    """The toolkit on numbers. With `record`, results have gradients."""

    def __init__(self, *, record: bool = False) -> None:
        self.tally = Tally()
        self.tape: list[tuple[Value, tuple[Value, ...], Pull]] | None = [] if record else None

    def weight(self, array: Numbers, x: Value) -> Value:
        """A weight, in the type of the numbers that it meets; where those are tokens, in its own."""
        own = array.dtype if array.dtype == np.float64 else np.dtype(np.float32)
        return self.value(np.asarray(array, x.dtype if x.dtype.kind == "f" else own)[None])

    def constant(self, values: Any, like: Value) -> Value:
        array = np.asarray(values, like.dtype)
        return self.value(array[None] if array.ndim else array)

    def _count(self, **work: int) -> None:
        self.tally.work.update(work)

    def _taped(self, made: AnyValue, parents: tuple[Value, ...], pull: Pull) -> AnyValue:
        if self.tape is not None:
            self.tape.append((made, parents, pull))
        return super()._taped(made, parents, pull)

    # ---- value by value

    def each(
        self,
        work: Mapping[str, int],
        function: Callable[[Numbers], Numbers],
        x: Value,
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
        x: Value,
        y: Value,
        slopes: Callable[..., tuple[Numbers, Numbers]],
    ) -> Value:
        """A function of two arrays, one of which may be stretched."""
        z = function(x.array, y.array)
        self._count(**{operation: z.size})

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            dx, dy = slopes(g, x.array, y.array, z)
            return shrunk(dx, x.array.shape), shrunk(dy, y.array.shape)

        return self._made(z, (x, y), pull)

    def add(self, x: Value, y: Value) -> Value:
        return self.both("add", np.add, x, y, lambda g, *_: (g, g))

    def subtract(self, x: Value, y: Value) -> Value:
        return self.both("add", np.subtract, x, y, lambda g, *_: (g, -g))

    def multiply(self, x: Value, y: Value) -> Value:
        return self.both("multiply", np.multiply, x, y, lambda g, x, y, _: (g * y, g * x))

    def divide(self, x: Value, y: Value) -> Value:
        return self.both("divide", np.divide, x, y, lambda g, _, y, z: (g / y, -g * (z / y)))

    def negative(self, x: Value) -> Value:
        return self.each({}, np.negative, x, lambda *_: -1)

    def exp(self, x: Value) -> Value:
        return self.each({"exp": 1}, np.exp, x, lambda _, y: y)

    def log(self, x: Value) -> Value:
        return self.each({"log": 1}, np.log, x, lambda x, _: 1 / x)

    def sqrt(self, x: Value) -> Value:
        return self.each({"sqrt": 1}, np.sqrt, x, lambda _, y: 0.5 / y)

    def tanh(self, x: Value) -> Value:
        return self.each({"tanh": 1}, np.tanh, x, lambda _, y: 1 - y * y)

    def erf(self, x: Value) -> Value:
        def slope(x: Numbers, _: Numbers) -> Any:
            return 2 / math.sqrt(math.pi) * np.exp(-x * x)

        return self.each({"erf": 1}, lambda x: np.asarray(_erf(x), x.dtype), x, slope)

    def softplus(self, x: Value) -> Value:
        work = {"exp": 1, "add": 1, "log": 1}
        return self.each(work, lambda x: np.logaddexp(x, 0), x, lambda x, y: np.exp(x - y))

    def power(self, x: Value, exponent: float) -> Value:
        return self.each({"power": 1}, lambda x: x**exponent, x, lambda x, _: exponent * x ** (exponent - 1))

    def square(self, x: Value) -> Value:
        return self.each({"multiply": 1}, np.square, x, lambda x, _: 2 * x)

    def at_least(self, x: Value, bound: float) -> Value:
        return self.each({"compare": 1}, lambda x: np.maximum(x, bound), x, lambda x, _: x > bound)

    def at_most(self, x: Value, bound: float) -> Value:
        return self.each({"compare": 1}, lambda x: np.minimum(x, bound), x, lambda x, _: x < bound)

    def by_sign(self, x: Value, above: Value, below: Value) -> Value:
        positive = x.array > 0
        self._count(compare=positive.size)
        y = np.where(positive, above.array, below.array)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            parts = np.where(positive, g, 0), np.where(positive, 0, g)
            return shrunk(parts[0], above.array.shape), shrunk(parts[1], below.array.shape)

        return self._made(y, (above, below), pull)

    def larger(self, x: Value, y: Value) -> Value:
        return self.both("compare", np.maximum, x, y, lambda g, x, y, _: (g * (x >= y), g * (x < y)))

    def smaller(self, x: Value, y: Value) -> Value:
        return self.both("compare", np.minimum, x, y, lambda g, x, y, _: (g * (x <= y), g * (x > y)))

    def compare(self, by: str, x: Value, y: Value | float) -> Value:
        holds: Any = getattr(np, by)

        def function(x: Numbers, y: Numbers) -> Numbers:
            return holds(x, y).astype(np.result_type(x, y))  # type: ignore[no-any-return]

        return self.both("compare", function, x, x.lift(y), lambda g, *_: (g * 0, g * 0))

    def function(self, name: str, x: Value) -> Value:
        work, function, slope = FUNCTIONS[name]
        return self.each(work, function, x, slope)

    # ---- over axes

    def total(self, x: Value, *axes: int) -> Value:
        y = x.array.sum(array_axes(axes), keepdims=True)
        self._count(add=x.array.size - y.size)
        return self._made(y, (x,), lambda g: (np.broadcast_to(g, x.array.shape),))

    def mean(self, x: Value, *axes: int) -> Value:
        total = self.total(x, *axes)
        return total / float(x.array.size // total.array.size)

    def largest(self, x: Value, *axes: int) -> Value:
        y = x.array.max(array_axes(axes), keepdims=True)
        self._count(compare=x.array.size - y.size)

        def pull(g: Numbers) -> tuple[Numbers]:
            where = x.array == y
            return (where * (g / where.sum(array_axes(axes), keepdims=True)),)

        return self._made(y, (x,), pull)

    def running(self, x: Value, axis: int) -> Value:
        (along,) = array_axes((axis,))
        y = x.array.cumsum(along)
        self._count(add=y.size - y.size // y.shape[along])
        return self._made(y, (x,), lambda g: (np.flip(np.flip(g, along).cumsum(along), along),))

    def ranked(self, x: Value, axis: int, count: int) -> Value:
        (along,) = array_axes((axis,))
        order = np.argsort(-x.array, along, kind="stable").take(range(count), along)
        lines, size = x.array.size // x.array.shape[along], x.array.shape[along]
        # each of the largest is found among those that are left
        self._count(compare=lines * sum(size - 1 - found for found in range(count)))
        return self._made(order.astype(x.array.dtype), (x,), lambda _: (np.zeros_like(x.array),))

    def scale_by(self, x: Value, axis: int, factors: Sequence[float]) -> Value:
        shape = [1] * x.array.ndim
        shape[array_axes((axis,))[0]] = len(factors)
        return x * self.value(np.asarray(factors, x.array.dtype).reshape(shape))

    def lookup(self, weight: Value, tokens: Value) -> Value:
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

    def sample(self, x: Value, places: Value) -> Value:
        samples, sizes, channels = len(x.array), x.array.shape[1:-1], x.array.shape[-1]
        rank, rows = len(sizes), x.array.reshape(len(x.array), -1, channels)
        at = np.broadcast_to(places.array, (samples, *places.array.shape[1:])).reshape(samples, -1, rank)
        below = np.floor(at)
        part = at - below
        number = np.arange(samples)[:, None]

        def corners() -> Iterator[tuple[Numbers, Numbers, list[Numbers], tuple[int, ...]]]:
            """The pixels around each place: which, whether they exist, their weights along each axis."""
            for corner in every((0, 1), repeat=rank):
                pixel = below.astype(np.int64) + corner
                exists = ((pixel >= 0) & (pixel < sizes)).all(-1)
                along = [part[..., a] if corner[a] else 1 - part[..., a] for a in range(rank)]
                flat = np.ravel_multi_index(tuple(np.where(exists[..., None], pixel, 0).T), sizes).T
                yield flat, exists, along, corner

        y = np.zeros((samples, at.shape[1], channels), np.result_type(x.array, at))
        for flat, exists, along, _ in corners():
            y += (math.prod(along) * exists)[..., None] * rows[number, flat]
        self._count(**sampling(samples * at.shape[1], channels, rank))

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            g = g.reshape(samples, -1, channels)
            dx, dat = np.zeros(rows.shape, g.dtype), np.zeros(at.shape, g.dtype)
            for flat, exists, along, corner in corners():
                np.add.at(dx, (number, flat), (math.prod(along) * exists)[..., None] * g)
                slope = (g * rows[number, flat]).sum(-1) * exists
                for a in range(rank):
                    others = math.prod([*along[:a], *along[a + 1 :]])
                    dat[..., a] += slope * others * (1 if corner[a] else -1)
            return dx.reshape(x.array.shape), shrunk(
                dat.reshape(samples, *places.array.shape[1:]), places.array.shape
            )

        return self._made(y.reshape(samples, *places.array.shape[1:-1], channels), (x, places), pull)

    # ---- the values that units compute

    def filtered(self, windows: Patches, weight: Value, groups: int = 1) -> Value:
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
        self._multiplied(p.size * (filters // groups), y.size, windows, weight)

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

    def filtered_each(self, windows: Patches, weight: Value, groups: int = 1) -> Value:
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
        self._multiplied(p.size * (filters // groups), y.size, windows, weight)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            out = g.reshape(len(p), len(w), groups, -1).transpose(1, 2, 0, 3)
            dm = rows.transpose(0, 1, 3, 2) @ out
            dp = (out @ matrix.transpose(0, 1, 3, 2)).reshape(len(w), groups, len(p), taps, depth)
            dw = dm.reshape(len(w), groups, taps, depth, -1).transpose(0, 1, 4, 3, 2)
            return dp.transpose(2, 0, 3, 1, 4).reshape(p.shape), dw.reshape(weight.array.shape)

        return self._made(y, (windows, weight), pull)

    def stamped(self, x: Value, weight: Value, axes: Sequence[TransposedAxis], groups: int = 1) -> Value:
        a, w = x.array, weight.array[0]
        depth, taps = len(w) // groups, w.shape[2:]
        rows = a.reshape(-1, groups, depth).transpose(1, 0, 2)
        # a matrix (maps, taps and filters) for each group
        matrix = np.moveaxis(w, 1, -1).reshape(groups, depth, -1)
        products = (rows @ matrix).reshape(groups, -1, math.prod(taps), w.shape[1])
        y = products.transpose(1, 2, 0, 3).reshape(*a.shape[:-1], *taps, -1)
        self._multiplied(a.size * w[0].size, y.size, x, weight)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            out = g.reshape(-1, math.prod(taps), groups, w.shape[1]).transpose(2, 0, 1, 3)
            out = out.reshape(groups, -1, matrix.shape[-1])  # type: ignore[assignment]
            dx = (out @ matrix.transpose(0, 2, 1)).transpose(1, 0, 2).reshape(a.shape)
            dw = (rows.transpose(0, 2, 1) @ out).reshape(len(w), *taps, w.shape[1])
            return dx, np.moveaxis(dw, -1, 1)[None]

        stamps = self._made(y, (x, weight), pull)
        self._count(add=y.size)
        put_together, taken_apart = stamping(y.shape, axes)
        return self._made(put_together(y, np.add), (stamps,), lambda g: (taken_apart(g),))

    def product(self, x: Value, weight: Value) -> Value:
        a, w = x.array, weight.array[0]
        y = a @ w.T
        self._multiplied(y.size * a.shape[-1], y.size, x, weight)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            return g @ w, (g.reshape(-1, len(w)).T @ a.reshape(-1, a.shape[-1]))[None]

        return self._made(y, (x, weight), pull)

    def matmul(self, x: Value, y: Value) -> Value:
        rank = max(x.array.ndim, y.array.ndim)
        a, b = (v.array.reshape(len(v.array), *(1,) * (rank - v.array.ndim), *v.shape) for v in (x, y))
        z = a @ b
        self._multiplied(z.size * a.shape[-1], z.size, x, y)

        def pull(g: Numbers) -> tuple[Numbers, Numbers]:
            da, db = g @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ g
            return shrunk(da, a.shape).reshape(x.array.shape), shrunk(db, b.shape).reshape(y.array.shape)

        return self._made(z, (x, y), pull)

    def _multiplied(self, products: int, sums: int, *factors: Value) -> None:
        """So many products with weights, added up to so many sums.

        Backwards each product is one product more for each of both factors whose gradient is wanted.
        """
        for factor in factors:
            if factor.trained and factor.computed:
                self.tally.back_to_values += products
            elif factor.trained:
                self.tally.back_to_weights += products
        self._count(multiply=products, add=products - sums)
        self.tally.macs += products
        self.tally.links += products

    def distances(self, x: Value, centres: Value) -> Value:
        apart = self.reshape(x, 1, -1) - centres
        self.tally.links += apart.array.size
        return self.reshape(self.total(self.square(apart), -1), -1)

    def biased(self, x: Value, bias: Value) -> Value:
        y: Value = x + bias
        self.tally.links += y.array.size
        return y

    def sum_of(self, windows: Patches) -> Value:
        y = windows.array.sum(windows.taps)
        self.tally.links += windows.links
        self._count(add=windows.links - y.size)
        back = np.expand_dims
        return self._made(
            y, (windows,), lambda g: (np.broadcast_to(back(g, windows.taps), windows.array.shape),)
        )

    def weighted_sum_of(self, windows: Patches, factors: Sequence[float]) -> Value:
        taps = [windows.array.shape[axis] for axis in windows.taps]
        each = np.asarray(factors, windows.array.dtype).reshape(*taps, 1)
        y = (windows.array * each).sum(windows.taps)
        self.tally.links += windows.links
        self._count(multiply=windows.links, add=windows.links - y.size)
        return self._made(y, (windows,), lambda g: (np.expand_dims(g, windows.taps) * each,))

    def mean_of(self, windows: Patches, padding: bool = True) -> Value:
        total = self.sum_of(windows)
        masks = windows.padded if padding else windows.inside
        # what hangs over, or is padding that doesn't count, is no value that is added up
        averaged = total.array.shape[0] * total.array.shape[-1] * math.prod(int(each.sum()) for each in masks)
        self._count(add=averaged - windows.links)
        counts = np.ones(1, total.array.dtype)
        for mask in masks:
            counts = counts[..., None] * mask.sum(1).astype(counts.dtype)
        return total / self.value(counts.reshape(1, *counts.shape[1:], 1))

    def largest_of(self, windows: Patches) -> Value:
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
        """The gradients of the sum of seed * value by the wanted values; zeros for values not reached."""
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


def _held_to_the_contract(kernels: NumpyKernels) -> Toolkit[Value, Patches]:
    return kernels  # the type checker names a kernel that is missing here
