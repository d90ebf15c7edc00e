"""Expand: dimensions of size 1 repeated."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import LAYOUTS, Example, Layer, Shape, from_layout, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, long_shape, option


@layer
class Expand(Layer):
    """A size of 1 grows by repeating its values; what has fewer dimensions has 1s before its own."""

    family = "Values laid out anew"
    aliases = ("broadcast_to",)
    short_option = "shape"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "The values are repeated along the dimensions of size 1.",
            "zh": "沿大小为 1 的维度重复这些值。",
        }
    }
    one_operation = True
    has_positions = False
    examples = (
        Example(
            {"expand": "4x4"},
            "1x4",
            "4x4",
            {"params": 0, "connections": 0, "macs": 0},
            "one row four times, by hand",
        ),
        Example({"expand": "8x8"}, "8", "8x8", {}, "a vector at each of 8 positions, by hand"),
    )

    shape: Shape = option(long_shape, symbol="M", help="the shape that comes out, written in the layout")
    layout: str = option(choice(*LAYOUTS), "hwc", help="how the shape is written; the network's unless said")

    def output(self, x: Shape) -> Shape:
        shape = from_layout(self.shape, self.layout)
        own = (1,) * (len(shape) - len(x)) + x
        if len(own) != len(shape) or any(n not in (1, s) for n, s in zip(own, shape, strict=True)):
            told = " to ".join("x".join(map(str, map(int, sizes))) for sizes in (x, shape))
            raise LayerError("unlike_shapes", f"expand can't make {told}", "only a size of 1 grows", "shape")
        return shape

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.stretch(x, *self.output(x.shape))

    def torch_code(self, x: Source) -> Part | None:
        sizes = tuple(map(int, self.output(x.shape)))
        ahead = f"[:, {', '.join(['None'] * more)}]" if (more := len(sizes) - len(x.shape)) else ""
        stretched = pytorch.function(f"{{0}}{ahead}.expand(-1, {', '.join(map(str, sizes))})")
        return Part((stretched,), reads=LAST, last=True)

    def keras_code(self, x: Source) -> Part | None:
        sizes = self.output(x.shape)
        more = len(sizes) - len(x.shape)
        times = (1, *(int(size // own) for size, own in zip(sizes, (1,) * more + x.shape, strict=True)))
        ahead = f"[:, {', '.join(['None'] * more)}]" if more else ""
        return keras.function(f"ops.tile({{0}}{ahead}, {{repeats}})", repeats=times)
