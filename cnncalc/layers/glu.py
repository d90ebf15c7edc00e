"""Gated linear unit: one half of the values, each times the sigmoid of one of the other half."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Layer, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option
from cnncalc.layers.support.reach import ITSELF, Reach


@layer
class Glu(Layer):
    """a*sigmoid(b), a and b the halves of a dimension. Source: Dauphin et al. (2016)."""

    family = "Activations"
    short_option = "axis"
    reason_family = "activation"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "One half of the dimension gates the other, which is what comes out.",
            "zh": "该维的一半作为门控，另一半被输出。",
        }
    }
    channels_last = True
    examples = (
        Example(
            "glu",
            "100x512",
            "100x256",
            {"params": 0, "connections": 0, "macs": 0},
            "Gulati et al. (2020), Conformer: 2C channels to C",
        ),
    )

    axis: AxisOption = option(axis, "channels", help="the dimension that is halved")

    def output(self, x: Shape) -> Shape:
        at = place(x, self.axis)
        if x[at] % 2:
            raise LayerError("not_divisible", f"glu halves a dimension, and {int(x[at])} is odd", "", "axis")
        return (*x[:at], exact_div(x[at], 2), *x[at + 1 :])

    def reach(self, x: Shape) -> tuple[Reach, ...] | None:
        return (ITSELF,) * (len(x) - 1) or None if place(x, self.axis) == len(x) - 1 else None

    def work(self, x: Shape) -> Work:
        values = product(self.output(x))
        return {"exp": values, "add": values, "divide": values, "multiply": values}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        at = place(x.shape, self.axis)
        half = x.shape[at] // 2
        return tool.part(x, at, 0, half) * (1 / (1 + tool.exp(-tool.part(x, at, half, 2 * half))))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.glu(x, 1 + place(tuple(x.shape[1:]), self.axis))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        at = 1 + place(x.shape[1:], self.axis)
        kept, gate = onnx.several(2, "Split", x, axis=at, num_outputs=2)
        return onnx.Mul(kept, onnx.Sigmoid(gate))

    def torch_code(self, x: Source) -> Part | None:
        return Part((pytorch.module("GLU", dim=(x.dim(place(x.shape, self.axis)), -1)),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("ops.glu({0}, axis={axis})", axis=x.dim(place(x.shape, self.axis)))
