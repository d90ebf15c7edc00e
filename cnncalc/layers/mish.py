"""Mish: x times the hyperbolic tangent of softplus."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Mish(Activation):
    """x*tanh(log(1 + exp(x))). Source: Misra (2019)."""

    per_value: ClassVar[Mapping[str, int]] = {"exp": 1, "add": 1, "log": 1, "tanh": 1, "multiply": 1}
    torch_op = ("mish",)
    torch_class = "Mish"
    keras_function = "mish"
    onnx_op = ("Mish",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x * tool.tanh(tool.softplus(x))
