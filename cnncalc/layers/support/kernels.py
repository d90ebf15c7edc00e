"""The arrays and kernels with which a kind's `forward` is written.

Arrays are (N, positions ..., channels), N samples; an axis is counted from the sample's own, so that axis -1
is the channels and axis 0 the first position. The kernels count what they do from the arrays that they are
given. Implementations of the same contract, each held to it by the type checker:
`cnncalc.execute.numpy_kernels` computes values, `cnncalc.execute.probe` finds which values depend on which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from cnncalc.layers.support.reach import Span
    from cnncalc.layers.support.windows import Axis, TransposedAxis


class Values(Protocol):
    """The operators of an array work value by value and are counted; shapes stretch as NumPy's do."""

    @property
    def shape(self) -> tuple[int, ...]:
        """One sample's shape, the batch left out; a weight's whole shape."""

    def __add__(self, other: Self | float) -> Self: ...
    def __radd__(self, other: float) -> Self: ...
    def __sub__(self, other: Self | float) -> Self: ...
    def __mul__(self, other: Self | float) -> Self: ...
    def __rmul__(self, other: float) -> Self: ...
    def __truediv__(self, other: Self | float) -> Self: ...
    def __rtruediv__(self, other: float) -> Self: ...
    def __neg__(self) -> Self: ...


Array = TypeVar("Array", bound=Values)
"""The arrays of an implementation."""
Windows = TypeVar("Windows")
"""The values that the units of a layer read, in an implementation: for each window, map by map."""
Arrays = Mapping[str, Array]
"""The arrays that a layer keeps, by their names."""
COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
Map = TypeVar("Map")
"""The maps of the fast path."""
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def makes_units(kernel: Kernel) -> Kernel:
    """Marks a kernel whose results are units: each value that a unit reads is counted as a link into it."""
    kernel.makes_units = True  # type: ignore[attr-defined]
    return kernel


class Toolkit(Protocol[Array, Windows]):
    """The kernels. Kernels marked `makes_units` count connections; the results of others are no units."""

    def constant(self, values: Any, like: Array) -> Array:
        """A number, or nested lists of numbers, in the number type of another array."""

    # ---- value by value

    def exp(self, x: Array) -> Array: ...
    def log(self, x: Array) -> Array: ...
    def sqrt(self, x: Array) -> Array: ...
    def tanh(self, x: Array) -> Array: ...
    def erf(self, x: Array) -> Array: ...

    def softplus(self, x: Array) -> Array:
        """log(1 + exp(x)), also where exp(x) is too large for a number."""

    def power(self, x: Array, exponent: float) -> Array: ...
    def square(self, x: Array) -> Array: ...

    def at_least(self, x: Array, bound: float) -> Array:
        """The larger of x and the bound."""

    def at_most(self, x: Array, bound: float) -> Array:
        """The smaller of x and the bound."""

    def by_sign(self, x: Array, above: Array, below: Array) -> Array:
        """`above` where x > 0, else `below`; the three are stretched to one shape."""

    def larger(self, x: Array, y: Array) -> Array: ...
    def smaller(self, x: Array, y: Array) -> Array: ...

    def compare(self, by: str, x: Array, y: Array | float) -> Array:
        """1 where the comparison holds, else 0; `by` is one of COMPARISONS."""

    def function(self, name: str, x: Array) -> Array:
        """sin, cos, sign, floor, ceil or round of each value."""

    # ---- over axes, which stay with size 1

    def total(self, x: Array, *axes: int) -> Array: ...
    def mean(self, x: Array, *axes: int) -> Array: ...
    def largest(self, x: Array, *axes: int) -> Array: ...

    def running(self, x: Array, axis: int) -> Array:
        """The sums of the values up to each along an axis, itself included."""

    def ranked(self, x: Array, axis: int, count: int) -> Array:
        """The places of the `count` largest values along an axis, from 0, the largest first."""

    # ---- the same values elsewhere

    def reshape(self, x: Array, *shape: int) -> Array: ...

    def permute(self, x: Array, *order: int) -> Array:
        """Axis i of the result is axis order[i]."""

    def take(self, x: Array, axis: int, indices: Sequence[int]) -> Array: ...

    def take_at(self, x: Array, axis: int, places: Array) -> Array:
        """The values at places that are values themselves, others for each line of the axis."""

    def put_at(self, x: Array, axis: int, places: Array, size: int) -> Array:
        """Zeros, `size` along an axis, but for the values of x: each at its place, which is a value too.

        Of several values at one place the last stays.
        """

    def gather(self, x: Array, axis: int, places: Array) -> Array:
        """The slices of an axis at places that are values themselves; the axis becomes those of `places`."""

    def part(self, x: Array, axis: int, start: int, stop: int) -> Array: ...

    def stretch(self, x: Array, *shape: int) -> Array:
        """The values of an axis of size 1 repeated; a shape with fewer axes has 1s before its own."""

    def pad(self, x: Array, spans: Mapping[int, Span], value: float = 0.0) -> Array:
        """A value so many times before and after, for each axis named; see `padded` for others."""

    def concat(self, xs: Sequence[Array], axis: int) -> Array: ...

    def scale_by(self, x: Array, axis: int, factors: Sequence[float]) -> Array:
        """Each slice along an axis times its factor."""

    def lookup(self, weight: Array, tokens: Array) -> Array:
        """For each token its row of the weight."""

    def sample(self, x: Array, places: Array) -> Array:
        """The values of x at places (M ..., rank), which may lie between pixels: (M ..., channels).

        A place is one coordinate for each of the positions' axes of x; pixel i lies at i. Between pixels the
        values are interpolated linearly along each axis, and beyond the borders they are 0.
        """

    # ---- the values that units read

    def windows(self, x: Array, axes: Sequence[Axis], fill: float = 0.0) -> Windows:
        """The windows that slide over the padded input: those that fit, under `ceil` one that hangs over."""

    def spans(self, x: Array, spans: Sequence[Sequence[Span]], fill: float = 0.0) -> Windows:
        """Windows from start to stop, listed for each axis."""

    def whole(self, x: Array) -> Windows:
        """One window: all positions."""

    def values_of(self, windows: Windows) -> Array:
        """The values in the windows: (positions ..., taps ..., channels)."""

    def as_windows(self, x: Array, rank: int) -> Windows:
        """Windows from an array (positions ..., taps ..., channels), which has `rank` axes of each sort."""

    def maps(self, windows: Windows, maps: Sequence[int]) -> Windows:
        """Windows over some of the maps."""

    # ---- the values that units compute

    @makes_units
    def filtered(self, windows: Windows, weight: Array, groups: int = 1) -> Array:
        """The sum of products of each window with each filter; weight (K, C/G, F ...)."""

    @makes_units
    def filtered_each(self, windows: Windows, weight: Array, groups: int = 1) -> Array:
        """The same where each window has its own filters; weight (windows, K, C/G, F ...)."""

    @makes_units
    def stamped(self, x: Array, weight: Array, axes: Sequence[TransposedAxis], groups: int = 1) -> Array:
        """Each value times the kernel, put together S apart and cropped; weight (C, K/G, F ...)."""

    @makes_units
    def product(self, x: Array, weight: Array) -> Array:
        """The sum of products of the values at each position with each unit's weights; weight (units, C)."""

    @makes_units
    def matmul(self, x: Array, y: Array) -> Array:
        """The products of matrices (..., n, k) and (..., k, m); the axes before them are stretched."""

    @makes_units
    def distances(self, x: Array, centres: Array) -> Array:
        """The squared distance of a vector from each centre; centres (units, values)."""

    @makes_units
    def biased(self, x: Array, bias: Array) -> Array:
        """Each unit and its bias, which is a link into it."""

    @makes_units
    def sum_of(self, windows: Windows) -> Array: ...
    @makes_units
    def largest_of(self, windows: Windows) -> Array: ...

    @makes_units
    def weighted_sum_of(self, windows: Windows, factors: Sequence[float]) -> Array:
        """The sum of each window's values times fixed factors, one for each tap, row by row."""

    @makes_units
    def mean_of(self, windows: Windows, padding: bool = True) -> Array:
        """The mean over the window inside the padded input; without `padding`, inside the input."""


UNIT_KERNELS = tuple(name for name, kernel in vars(Toolkit).items() if hasattr(kernel, "makes_units"))
"""The names of the kernels that count connections."""


class FastPath(Protocol[Map]):
    """The kernels of the fast path, which a kind's `to_fast` is written with.

    Each gives the map that comes out, or None where no fast kernel computes it: the layer then runs by its
    `forward`. An activation or a batch normalisation that follows is folded in by the fast path itself.
    Weights and biases are arrays shaped as the layer keeps them.
    """

    def convolution(
        self, x: Map, axes: Sequence[Axis], weight: Any, bias: Any, groups: int = 1
    ) -> Map | None:
        """Windows with filters; weight (K, C/G, F ...), bias (K,) or None."""

    def dense(self, x: Map, weight: Any, bias: Any) -> Map | None:
        """Units at each position; weight (units, C), bias (units,) or None."""

    def by_channel(self, x: Map, scale: Any, shift: Any) -> Map | None:
        """scale * x + shift, one of each for a channel."""

    def max_pool(self, x: Map, axes: Sequence[Axis]) -> Map | None: ...

    def average_pool(self, x: Map, axes: Sequence[Axis], *, count_padding: bool = True) -> Map | None: ...

    def global_average(self, x: Map) -> Map | None: ...

    def add(self, *xs: Map) -> Map | None: ...

    def concat(self, *xs: Map) -> Map | None:
        """The channels of all, one after another."""

    def flatten(self, x: Map, order: str) -> Map:
        """All values in one row: channel by channel (chw), or position by position (hwc)."""

    def softmax(self, x: Map, over: Sequence[int]) -> Map | None: ...

    def local_response_norm(self, x: Map, size: int, alpha: float, beta: float, k: float) -> Map | None: ...


def sampling(places: int, channels: int, rank: int) -> dict[str, int]:
    """The work of `sample` at so many places, in maps with `rank` axes of positions.

    A coordinate is split into a whole pixel and a part w (one subtraction), and 1 - w is found; each of the
    2^rank pixels around a place has a weight of rank factors, and goes with that into a sum in each map.
    """
    corners = 2**rank
    return {
        "add": places * (2 * rank + (corners - 1) * channels),
        "multiply": places * corners * (rank - 1 + channels),
    }


def flat(tool: Toolkit[Array, Windows], x: Array, order: str = "chw") -> Array:
    """All values in one row: channel by channel, or under hwc position by position."""
    if order == "chw":
        x = tool.permute(x, -1, *range(len(x.shape) - 1))
    return tool.reshape(x, -1)


def padded(tool: Toolkit[Array, Windows], x: Array, spans: Mapping[int, Span], mode: str) -> Array:
    """An array with values of its own before and after, for each axis named.

    `edge` repeats the outermost value; `reflect` goes back from there without repeating that value;
    `circular` goes on at the other end.
    """
    for axis, (before, after) in spans.items():
        size = x.shape[axis]
        places = range(-before, size + after)
        if mode == "edge":
            read = [min(max(place, 0), size - 1) for place in places]
        elif mode == "reflect":
            period = max(2 * (size - 1), 1)
            read = [min(place % period, period - place % period) % size for place in places]
        else:
            read = [place % size for place in places]
        x = tool.take(x, axis, read) if before or after else x
    return x
