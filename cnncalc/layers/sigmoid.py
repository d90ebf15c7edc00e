"""The logistic function."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Sigmoid(Activation):
    """1/(1 + exp(-x))."""

    per_value: ClassVar[Mapping[str, int]] = {"exp": 1, "add": 1, "divide": 1}
    fast_activation = "sigmoid"
    torch_op = ("sigmoid",)
    torch_class = "Sigmoid"
    keras_function = "sigmoid"
    onnx_op = ("Sigmoid",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return 1 / (1 + tool.exp(-x))
