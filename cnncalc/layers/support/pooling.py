"""The common base of the pooling kinds. None has weights."""

import math
from collections.abc import Mapping
from math import gcd
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.expr import ceil_div, common_divisor, fraction, product
from cnncalc.layers.support.base import Layer, Shape, Work, options_of, spatial
from cnncalc.layers.support.code import Part, Source, Step, alike, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import choice, flag, option, padding, sizes, sizes_or_kept
from cnncalc.layers.support.padding import Padding, per_axis
from cnncalc.layers.support.reach import EVERYTHING, Reach, Reading, Span, output_spans
from cnncalc.layers.support.sliding import ROUNDINGS, Sizes
from cnncalc.layers.support.windows import Axis, reads_only_padding, resolve


@options_of
class Pool(Layer):
    """A window of `kernel` pixels of one map, which moves by its own size unless told otherwise."""

    family = "Pooling"
    reason_family = "pool"
    short_option = "kernel"
    compact = ("kernel", "")
    label_shows_window = True

    kernel: Sizes = option(sizes, symbol="F", help="the size of the window")
    stride: Sizes | None = option(
        sizes, None, symbol="S", help="how far the window moves; the kernel's size unless said"
    )
    padding: Padding = option(padding, 0, symbol="P", help="pixels added at each side; or same, valid, full")
    rounding: str = option(choice(*ROUNDINGS), "floor", help="how a size that doesn't divide is rounded")

    @property
    def needs_pixels(self) -> bool:
        """Whether a window must hold a pixel of the input: padding alone has no largest value and no mean."""
        return False

    def geometry(self, x: Shape) -> tuple[Axis, ...]:
        positions = spatial(self.kind, x).positions
        stride = self.kernel if self.stride is None else self.stride
        axes = resolve(positions, self.kernel, stride, self.padding, self.dilation, self.rounding)
        if self.needs_pixels:
            for axis in axes:
                if reads_only_padding(axis):
                    raise LayerError(
                        "only_padding",
                        f"a window of {int(axis.kernel)} reads nothing but padding",
                        "a padding below the kernel's size leaves each window something to read",
                        "padding",
                    )
        return axes

    def output(self, x: Shape) -> Shape:
        return (*(axis.output for axis in self.geometry(x)), x[-1])

    def connections(self, x: Shape) -> int:
        return self.taps(x) * product(self.output(x))

    def connections_real(self, x: Shape) -> int:
        return product(axis.inside for axis in self.geometry(x)) * x[-1]

    def work(self, x: Shape) -> Work:
        return pooling(self.pools, self.connections(x), product(self.output(x)))

    def taps(self, x: Shape) -> int:
        """Number of values that a window reads: F*F."""
        return product(axis.kernel for axis in self.geometry(x))


@options_of
class GlobalPool(Layer):
    """One value for each map, from all of its positions."""

    family = "Pooling"
    reason_family = "pool"
    reads_all = True

    keep_dims: bool = option(flag, True, help="1x1xC rather than a vector")

    def reach(self, x: Shape) -> Reading:
        return tuple(Reach(size, 1, 0) for size in x[:-1]) if self.keep_dims else EVERYTHING

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        return (1,) * len(positions) + (channels,) if self.keep_dims else (channels,)

    def connections(self, x: Shape) -> int:
        return product(x)

    def work(self, x: Shape) -> Work:
        return pooling(self.pools, product(x), x[-1])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        whole = tool.whole(x)
        pooled = tool.mean_of(whole) if self.pools == "avg" else tool.largest_of(whole)
        return pooled if self.keep_dims else tool.reshape(pooled, -1)

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.global_average(x) if self.pools == "avg" else None

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        pooled = torch_adaptive_pool(torch, self.pools, x, 1)
        return pooled if self.keep_dims else pooled.flatten(1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        pooled = onnx.GlobalAveragePool(x) if self.pools == "avg" else onnx.GlobalMaxPool(x)
        return pooled if self.keep_dims else onnx.Flatten(pooled)

    def torch_code(self, x: Source) -> Part | None:
        if not self.keep_dims or x.last or x.rank > 3:
            dims = tuple(x.dim(axis) for axis in range(x.rank))
            keeps = ", keepdim=True" if self.keep_dims else ""
            name = "mean" if self.pools == "avg" else "amax"
            return Part((Step(None, f"{{0}}.{name}({{dims}}{keeps})", {"dims": dims}),), last=x.last)
        return pytorch.adaptive(self.pools, x, 1)

    def keras_code(self, x: Source) -> Part | None:
        if not 1 <= x.rank <= 3:
            return None
        name = {"avg": "Average", "max": "Max"}[self.pools]
        return Part(
            (keras.keras_layer(f"Global{name}Pooling{x.rank}D", keepdims=(self.keep_dims, False)),), last=True
        )


@options_of
class AdaptivePool(Layer):
    """Output i of S reads the positions from floor(iN/S) to ceil((i+1)N/S)."""

    family = "Pooling"
    reason_family = "adaptive_pool"
    short_option = "size"
    compact = ("size", "")

    size: Sizes = option(
        sizes_or_kept, symbol="S", help="the spatial size that comes out; null keeps that of a dimension"
    )

    def output(self, x: Shape) -> Shape:
        positions = spatial(self.kind, x).positions
        wanted = per_axis(self.size, len(positions), "size")
        return (*(s or n for n, s in zip(positions, wanted, strict=True)), x[-1])

    def reach(self, x: Shape) -> tuple[Reach, ...]:
        sizes = zip(x[:-1], self.output(x)[:-1], strict=True)
        return tuple(Reach(widest(n, s), fraction(n, s), 0, adaptive_spans(n, s)) for n, s in sizes)

    def spans(self, x: Shape) -> list[list[Span]]:
        """The windows: from where to where, along each axis."""
        return [
            [(i * n // s, -(-(i + 1) * n // s)) for i in range(s)]
            for n, s in zip(x[:-1], self.output(x)[:-1], strict=True)
        ]

    def sliding(self, x: Shape) -> tuple[Axis, ...]:
        """The windows as those of a sliding pooling, where they are alike along each axis; else ()."""
        sizes = list(zip(x[:-1], self.output(x)[:-1], strict=True))
        return () if any(n % s for n, s in sizes) else tuple(Axis(n, n // s, n // s) for n, s in sizes)

    def connections(self, x: Shape) -> int:
        # Windows i - 1 and i meet at i*N/S. Where that is no whole number, both read the position around it:
        # S - gcd(N, S) positions are read twice. Of N = 5 and S = 2 it is position 2, around 2.5.
        reads = (n + s - common_divisor(n, s) for n, s in zip(x[:-1], self.output(x)[:-1], strict=True))
        return product(reads) * x[-1]

    def work(self, x: Shape) -> Work:
        return pooling(self.pools, self.connections(x), product(self.output(x)))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        if self.pools == "avg":
            return tool.mean_of(tool.spans(x, self.spans(x.shape)))
        return tool.largest_of(tool.spans(x, self.spans(x.shape), fill=-math.inf))

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        axes = self.sliding(shape)
        if not axes:
            return None
        return fast.average_pool(x, axes) if self.pools == "avg" else fast.max_pool(x, axes)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        windows = self.sliding((*x.shape[2:], x.shape[1]))
        if not windows:
            return None  # the windows of a pooling of ONNX are all of one size
        sizes = [int(axis.kernel) for axis in windows]
        pool = onnx.AveragePool if self.pools == "avg" else onnx.MaxPool
        return pool(x, kernel_shape=sizes, strides=sizes)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch_adaptive_pool(torch, self.pools, x, self.size)

    def torch_code(self, x: Source) -> Part | None:
        wanted = per_axis(self.size, x.rank, "size")
        sizes = [int(each or own) for each, own in zip(wanted, x.shape[:-1], strict=True)]
        return pytorch.adaptive(self.pools, x, alike(sizes)) if x.rank <= 3 else None

    def keras_code(self, x: Source) -> Part | None:
        if not 1 <= x.rank <= 3:
            return None
        name = {"avg": "Average", "max": "Max"}[self.pools]
        size = alike(self.output(x.shape)[:-1])
        return Part((keras.keras_layer(f"Adaptive{name}Pooling{x.rank}D", ("output_size", size)),), last=True)


def torch_adaptive_pool(torch: Any, pools: str, x: Any, size: Sizes) -> Any:
    """An adaptive pooling of PyTorch, of any rank; a size of 0 keeps that of a dimension."""
    wanted = per_axis(size, x.ndim - 2, "size")
    sizes = [each or own for each, own in zip(wanted, x.shape[2:], strict=True)]
    return getattr(torch.nn.functional, f"adaptive_{pools}_pool{x.ndim - 2}d")(x, sizes)


def widest(n: int, s: int) -> int:
    """The longest of the S windows from floor(iN/S) to ceil((i+1)N/S).

    >>> widest(5, 2), widest(7, 5)
    (3, 3)
    """
    # A window is N/S long and begins at most 1 - gcd(N, S)/S past the start of a position: the sum of both,
    # rounded up, is how many positions the longest window reads.
    return n // s + (n % s > 0) + (n % s > gcd(n, s))


def adaptive_spans(n: int, s: int) -> tuple[Span, ...]:
    """From where to where the windows of an adaptive pooling read, until that repeats."""
    return output_spans(n, s, lambda i: (i * n // s, ceil_div((i + 1) * n, s) - 1))


def pooling(pools: str, reads: int, units: int) -> Work:
    """The work of averages or maxima: `reads` values in `units` windows."""
    return {"add": reads - units, "divide": units} if pools == "avg" else {"compare": reads - units}
