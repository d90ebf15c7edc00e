"""Pixel unshuffle: blocks of positions laid out as channels."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import exact_div
from cnncalc.layers.support.base import Example, Layer, Shape, divides, layer, spatial
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, option
from cnncalc.layers.support.reach import Reach


@layer
class PixelUnshuffle(Layer):
    """The r*r pixels of a block become r*r channels, one after another of each map. Undoes pixel_shuffle."""

    family = "Values laid out anew"
    aliases = ("space_to_depth",)
    short_option = "scale"
    compact = ("scale", "")
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "r positions along each side become channels: r*r times as many in two dimensions.",
            "zh": "每边的 r 个位置变为通道，二维时通道数变为 r*r 倍。",
        }
    }
    examples = (
        Example(
            "pixel_unshuffle3",
            "12x12x1",
            "4x4x9",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of torch.nn.PixelUnshuffle",
        ),
    )

    scale: int = option(count, symbol="r", help="how many positions along each side become channels")

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        fewer = tuple(divides(self.scale, size, "positions", "scale") for size in positions)
        for _ in positions:
            channels = channels * self.scale
        return (*fewer, channels)

    def reach(self, x: Shape) -> tuple[Reach, ...]:
        return tuple(Reach(self.scale, self.scale, 0) for _ in x[:-1])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        rank = len(x.shape) - 1
        blocks = [part for size in x.shape[:-1] for part in (exact_div(size, self.scale), self.scale)]
        y = tool.reshape(x, *blocks, x.shape[-1])
        y = tool.permute(y, *range(0, 2 * rank, 2), 2 * rank, *range(1, 2 * rank, 2))
        return tool.reshape(y, *self.output(x.shape))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if x.ndim == 4:
            return torch.nn.functional.pixel_unshuffle(x, self.scale)
        # PyTorch has it in two dimensions alone
        rank = x.ndim - 2
        blocks = [part for size in x.shape[2:] for part in (size // self.scale, self.scale)]
        y = x.reshape(*x.shape[:2], *blocks)
        y = y.permute(0, 1, *range(3, 2 + 2 * rank, 2), *range(2, 2 + 2 * rank, 2))
        return y.flatten(1, 1 + rank)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if x.ndim != 4:
            return None
        # the operator puts the places of a block before the maps
        batch, maps, height, width = x.shape
        places, fewer = self.scale * self.scale, [height // self.scale, width // self.scale]
        y = onnx.Reshape(onnx.SpaceToDepth(x, blocksize=self.scale), [batch, places, maps, *fewer])
        return onnx.Reshape(onnx.Transpose(y, perm=[0, 2, 1, 3, 4]), [batch, maps * places, *fewer])

    def torch_code(self, x: Source) -> Part | None:
        return (
            Part((pytorch.module("PixelUnshuffle", ("downscale_factor", int(self.scale))),), reads=FIRST)
            if x.rank == 2
            else None
        )

    def keras_code(self, x: Source) -> Part | None:
        return keras.own_class(_KERAS, "PixelUnshuffle", ("scale", int(self.scale))) if x.rank == 2 else None


_KERAS = """
class PixelUnshuffle(layers.Layer):
    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, x):
        _, h, w, c = x.shape
        r = self.scale
        x = ops.reshape(x, (-1, h // r, r, w // r, r, c))
        x = ops.transpose(x, (0, 1, 3, 5, 2, 4))
        return ops.reshape(x, (-1, h // r, w // r, c * r * r))
"""
