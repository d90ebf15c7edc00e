"""Pixel shuffle: maps made larger by taking positions from the channels."""

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.expr import exact_div, fraction
from cnncalc.layers.support.base import Example, Layer, Shape, layer, spatial
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, option
from cnncalc.layers.support.reach import Reach, output_spans


@layer
class PixelShuffle(Layer):
    """H x W x C*r^2 becomes rH x rW x C: channel c*r^2 + i*r + j goes to offset (i, j) of channel c."""

    family = "Values laid out anew"
    short_option = "scale"
    compact = ("scale", "")
    examples = (
        Example(
            "pixel_shuffle3",
            "4x4x9",
            "12x12x1",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of PyTorch's PixelShuffle; Shi et al. (2016)",
        ),
        Example("pixel_shuffle2", "5x4", "10x2", {}, "in one dimension, by hand"),
    )

    scale: int = option(count, symbol="r", help="how many times larger each dimension becomes")

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        rank, r = len(positions), self.scale
        taken = r if rank == 1 else r**rank
        if channels % taken:
            power = "scale" if rank == 1 else f"scale^{rank}"
            fitting = [n for n in range(2, 65) if channels % n**rank == 0]
            raise LayerError(
                "not_divisible",
                f"{int(channels)} channels are not divisible by {power} = {int(taken)}",
                f"a scale of {', '.join(map(str, fitting))} would do" if fitting else "",
                "scale",
            )
        return (*(n * r for n in positions), exact_div(channels, taken))

    def reach(self, x: Shape) -> tuple[Reach, ...]:
        r = self.scale
        return (Reach(1, fraction(1, r), 0, output_spans(1, r, lambda o: (o // r, o // r))),) * (len(x) - 1)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        rank, r = len(x.shape) - 1, self.scale
        y = tool.reshape(x, *x.shape[:-1], -1, *(r,) * rank)
        # (positions, c, offsets) -> (position, offset, position, offset, ..., c)
        y = tool.permute(y, *(axis for i in range(rank) for axis in (i, rank + 1 + i)), rank)
        return tool.reshape(y, *self.output(x.shape))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.pixel_shuffle(x, self.scale) if x.ndim == 4 else None

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.DepthToSpace(x, blocksize=self.scale, mode="CRD") if x.ndim == 4 else None

    def torch_code(self, x: Source) -> Part | None:
        if x.rank == 2:
            return Part((pytorch.module("PixelShuffle", ("upscale_factor", int(self.scale))),), reads=FIRST)
        # (N, C, r, r, ..., H, W, ...) -> (N, C, H, r, W, r, ...)
        rank, parts = x.rank, ", ".join(["{r}"] * x.rank)
        order = ", ".join(f"{2 + rank + axis}, {2 + axis}" for axis in range(rank))
        joined = "".join(f".flatten({2 + axis}, {3 + axis})" for axis in range(rank))
        told = f"{{0}}.unflatten(1, (-1, {parts})).permute(0, 1, {order}){joined}"
        return Part((pytorch.function(told, r=int(self.scale)),), reads=FIRST)

    def keras_code(self, x: Source) -> Part | None:
        return keras.own_class(_KERAS, "PixelShuffle", ("scale", int(self.scale))) if x.rank == 2 else None


_KERAS = """
class PixelShuffle(layers.Layer):
    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, x):
        _, h, w, c = x.shape
        r = self.scale
        x = ops.reshape(x, (-1, h, w, c // (r * r), r, r))
        x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
        return ops.reshape(x, (-1, h * r, w * r, c // (r * r)))
"""
