"""Leaky ReLU: x above 0, a fraction of it below."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.code import Part, Source, keras
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class LeakyRelu(Activation):
    """x where x > 0, else slope*x."""

    short_option = "slope"
    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "multiply": 1}
    torch_op = ("leaky_relu", "slope")
    torch_class = "LeakyReLU"
    onnx_op = ("LeakyRelu", "alpha=slope")

    slope: float = option(number, 0.01, help="the slope below 0")

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.by_sign(x, x, self.slope * x)

    def keras_code(self, x: Source) -> Part | None:
        return Part((keras.keras_layer("LeakyReLU", negative_slope=(self.slope, 0.3)),), last=True)
