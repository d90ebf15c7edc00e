"""What the pooling kinds have in common. None has weights."""

from __future__ import annotations

from math import gcd
from typing import ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import ceil_div, common_divisor, fraction, product
from cnncalc.layers.support.base import Layer, Shape, Work, options_of, spatial
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.options import choice, flag, option, padding, sizes, sizes_or_kept
from cnncalc.layers.support.padding import Padding, per_axis
from cnncalc.layers.support.reach import EVERYTHING, Reach, Reading, Span, output_spans
from cnncalc.layers.support.sliding import ROUNDINGS, Sizes
from cnncalc.layers.support.windows import Axis, reads_only_padding, resolve


@options_of
class Pool(Layer):
    """A window of `kernel` pixels of one map, which moves by its own size unless told otherwise."""

    family: ClassVar[str] = "Pooling"
    reason_family: ClassVar[str] = "pool"
    short_option: ClassVar[str] = "kernel"
    compact: ClassVar[tuple[str, str]] = ("kernel", "")
    label_shows_window: ClassVar[bool] = True

    kernel: Sizes = option(sizes, symbol="F", help="the size of the window")
    stride: Sizes | None = option(
        sizes, None, symbol="S", help="how far the window moves; the kernel's size unless said"
    )
    padding: Padding = option(padding, 0, symbol="P", help="pixels added at each side; or same, valid, full")
    rounding: str = option(choice(*ROUNDINGS), "floor", help="what becomes of a size that doesn't divide")

    @property
    def needs_pixels(self) -> bool:
        """Whether a window must hold a pixel of the input: padding alone has no largest value and no mean."""
        return False

    def geometry(self, x: Shape) -> tuple[Axis, ...]:
        positions = spatial(self.kind, x).positions
        stride = self.kernel if self.stride is None else self.stride
        dilation = getattr(self, "dilation", 1)
        axes = resolve(positions, self.kernel, stride, self.padding, dilation, self.rounding)
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

    def taps(self, x: Shape) -> int:
        """How many values a window reads: F*F."""
        return product(axis.kernel for axis in self.geometry(x))


@options_of
class GlobalPool(Layer):
    """One value for each map, from all of its positions."""

    family: ClassVar[str] = "Pooling"
    reason_family: ClassVar[str] = "pool"
    reads_all: ClassVar[bool] = True

    keep_dims: bool = option(flag, True, help="1x1xC rather than a vector")

    def reach(self, x: Shape) -> Reading:
        return tuple(Reach(size, 1, 0) for size in x[:-1]) if self.keep_dims else EVERYTHING

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        return (1,) * len(positions) + (channels,) if self.keep_dims else (channels,)

    def connections(self, x: Shape) -> int:
        return product(x)

    def kept(self, tool: Toolkit[Array, Windows], pooled: Array) -> Array:
        """What comes out, with its dimensions or without."""
        return pooled if self.keep_dims else tool.reshape(pooled, -1)


@options_of
class AdaptivePool(Layer):
    """Output i of S reads the positions from floor(iN/S) to ceil((i+1)N/S)."""

    family: ClassVar[str] = "Pooling"
    reason_family: ClassVar[str] = "adaptive_pool"
    short_option: ClassVar[str] = "size"
    compact: ClassVar[tuple[str, str]] = ("size", "")

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


def averaging(reads: int, units: int) -> Work:
    """The work of averages: `reads` values in `units` windows."""
    return {"add": reads - units, "divide": units}


def comparing(reads: int, units: int) -> Work:
    """The work of maxima: `reads` values in `units` windows."""
    return {"compare": reads - units}
