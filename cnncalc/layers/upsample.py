"""Upsampling: maps made larger by repeating values, or by interpolating between them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import starmap
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import ceil_div, fraction, product
from cnncalc.layers.support.base import Example, Layer, Shape, Work, layer, spatial
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option, sizes
from cnncalc.layers.support.sliding import Sizes
from cnncalc.layers.support.windows import ITSELF, Reach, named_along, per_axis, phases


@layer
class Upsample(Layer):
    """Position i comes from i/scale rounded down; bilinear, from the two around (i + 0.5)/scale - 0.5."""

    family: ClassVar[str] = "Values laid out anew"
    short_option: ClassVar[str] = "scale"
    compact: ClassVar[tuple[str, str]] = ("scale", "")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "upsample2",
            "7x7x256",
            "14x14x256",
            {"params": 0, "connections": 0, "macs": 0},
            "Lin et al. (2016), feature pyramid: nearest, by 2",
        ),
        Example(
            {"upsample": {"size": 520, "mode": "bilinear"}},
            "65x65x21",
            "520x520x21",
            {"params": 0},
            "torchvision's DeepLab v3",
        ),
        Example({"upsample": {"scale": [1, 3]}}, "4x4x2", "4x12x2", {}, "one number a dimension, by hand"),
    )

    scale: Sizes | None = option(sizes, None, symbol="r", help="how many times larger; or say size")
    size: Sizes | None = option(sizes, None, help="the spatial size that comes out; or say scale")
    mode: str = option(
        choice("nearest", "bilinear"), "nearest", help="values repeated, or interpolated along each dimension"
    )

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        if (self.scale is None) == (self.size is None):
            told = "needs scale or size" if self.scale is None else "takes scale or size, not both"
            option = "" if self.scale is None else "size"
            raise LayerError("bad_value", f"upsample {told}", "such as upsample: 2", option)
        if self.size is not None:
            return (*per_axis(self.size, len(positions), "size"), channels)
        scales = per_axis(self.scale or 1, len(positions), "scale")
        return (*(n * r for n, r in zip(positions, scales, strict=True)), channels)

    def reach(self, x: Shape) -> tuple[Reach, ...] | None:
        if any(n == 1 < s for n, s in zip(x[:-1], self.output(x)[:-1], strict=True)):
            return None  # all outputs along an axis read its one position: their own positions are lost
        return tuple(starmap(self._reach, zip(x[:-1], self.output(x)[:-1], strict=True)))

    def _reach(self, n: int, s: int) -> Reach:
        if n == s:
            return ITSELF
        s = named_along("M", s, n)
        if self.mode == "nearest":
            return Reach(1, fraction(n, s), 0, phases(n, s, lambda o: (o * n // s, o * n // s)))

        def between(output: int) -> tuple[int, int]:
            """From the position below (o + 0.5)*N/S - 0.5 to the one above."""
            twice = (2 * output + 1) * n - s
            return twice // (2 * s), ceil_div(twice, 2 * s)

        reads = phases(n, s, between) or (between(0),)
        widest = max(last - first + 1 for first, last in reads)
        return Reach(widest, fraction(n, s), reads[0][0], reads if len(reads) > 1 else ())

    def work(self, x: Shape) -> Work:
        if self.mode == "nearest":
            return {}
        # along each dimension (1 - w)*a + w*b, the next dimension between two of these: 1, 3, 7 such steps
        steps = (2 ** (len(x) - 1) - 1) * product(self.output(x))
        return {"multiply": 2 * steps, "add": steps}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return self._along(tool, x, 0, self.output(x.shape)[:-1])

    def _along(self, tool: Toolkit[Array, Windows], x: Array, axis: int, sizes: tuple[int, ...]) -> Array:
        """x made so large along this axis and those after it."""
        if axis == len(sizes):
            return x
        n, s = x.shape[axis], sizes[axis]
        if self.mode == "nearest":
            return self._along(tool, tool.take(x, axis, [i * n // s for i in range(s)]), axis + 1, sizes)
        sources = [min(max((i + 0.5) * n / s - 0.5, 0), n - 1) for i in range(s)]
        below = [int(source) for source in sources]
        above = [min(i + 1, n - 1) for i in below]
        part = [source - i for source, i in zip(sources, below, strict=True)]
        one, other = (self._along(tool, tool.take(x, axis, i), axis + 1, sizes) for i in (below, above))
        return tool.scale_by(one, axis, [1 - w for w in part]) + tool.scale_by(other, axis, part)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        mode = "nearest" if self.mode == "nearest" else ("linear", "bilinear", "trilinear")[x.ndim - 3]
        sizes = {"scale_factor": self.scale} if self.size is None else {"size": self.size}
        return torch.nn.functional.interpolate(x, **sizes, mode=mode)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if (self.size is not None and self.mode == "nearest") or x.ndim == 3:
            return None  # Resize divides in float32, and interpolates over two dimensions or three
        rank = x.ndim - 2
        how = {"mode": "linear"}
        if self.mode == "nearest":
            how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        if self.size is not None:
            return onnx.Resize(x, None, None, [*x.shape[:2], *per_axis(self.size, rank, "size")], **how)
        import numpy as np

        scales = per_axis(self.scale or 1, rank, "scale")
        return onnx.Resize(x, None, np.array([1.0, 1.0, *scales]), **how)
