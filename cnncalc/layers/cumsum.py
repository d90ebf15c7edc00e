"""Cumulative sum: at each place the sum of all up to there."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Layer, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option


@layer
class Cumsum(Layer):
    """The sum of the values up to each along `axis`, itself included."""

    family = "Values laid out anew"
    short_option = "axis"
    channels_last = True
    has_positions = False
    examples = (
        Example(
            {"cumsum": 0},
            "20x8",
            "20x8",
            {"params": 0, "connections": 0, "macs": 0},
            "by hand: 19 additions in each of 8 channels",
        ),
    )

    axis: AxisOption = option(axis, 0, help="the dimension")

    def output(self, x: Shape) -> Shape:
        place(x, self.axis)
        return x

    def work(self, x: Shape) -> Work:
        values = product(x)
        return {"add": values - exact_div(values, x[place(x, self.axis)])}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.running(x, place(x.shape, self.axis))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return x.cumsum(1 + place(tuple(x.shape[1:]), self.axis))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.CumSum(x, [1 + place(x.shape[1:], self.axis)])

    def torch_code(self, x: Source) -> Part | None:
        return Part(
            (pytorch.function("{0}.cumsum({dim})", dim=x.dim(place(x.shape, self.axis))),), last=x.last
        )

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("ops.cumsum({0}, axis={axis})", axis=x.dim(place(x.shape, self.axis)))
