"""Rectified linear unit: max(x, 0)."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Relu(Activation):
    """max(x, 0)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1}
    fast_activation = "relu"
    torch_op = ("relu",)
    torch_class = "ReLU"
    keras_function = "relu"
    onnx_op = ("Relu",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.at_least(x, 0)
