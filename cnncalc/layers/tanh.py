"""The hyperbolic tangent."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Tanh(Activation):
    """tanh(x)."""

    per_value: ClassVar[Mapping[str, int]] = {"tanh": 1}
    fast_activation = "tanh"
    torch_op = ("tanh",)
    torch_class = "Tanh"
    keras_function = "tanh"
    onnx_op = ("Tanh",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.tanh(x)
