"""Flip: dimensions read backwards."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option


@layer
class Flip(Layer):
    """The values along `axis` in the opposite order."""

    family = "Values laid out anew"
    short_option = "axis"
    channels_last = True
    has_positions = False
    examples = (
        Example(
            {"flip": 0},
            "20x8",
            "20x8",
            {"params": 0, "connections": 0, "macs": 0},
            "a sequence from its end, by hand",
        ),
    )

    axis: AxesOption = option(axes, 0, help="the dimension, or a list of them")

    def output(self, x: Shape) -> Shape:
        places(x, self.axis, "axis")
        return x

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        for at in places(x.shape, self.axis, "axis"):
            x = tool.take(x, at, list(reversed(range(x.shape[at]))))
        return x

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.flip(x, [1 + at for at in places(tuple(x.shape[1:]), self.axis, "axis")])

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        over = [1 + at for at in places(x.shape[1:], self.axis, "axis")]
        start, stop, back = ([number] * len(over) for number in (-1, -1 - max(x.shape), -1))
        return onnx.Slice(x, start, stop, over, back)

    def torch_code(self, x: Source) -> Part | None:
        dims = tuple(x.dim(at) for at in places(x.shape, self.axis, "axis"))
        return Part((pytorch.function("{0}.flip({dims})", dims=dims),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        dims = tuple(x.dim(at) for at in places(x.shape, self.axis, "axis"))
        return keras.function("ops.flip({0}, {axis})", axis=dims)
