"""Sigmoid linear unit, or swish: x * sigmoid(x)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Silu(Activation):
    """x/(1 + exp(-x)). Source: Ramachandran et al. (2017)."""

    per_value: ClassVar[Mapping[str, int]] = {"exp": 1, "add": 1, "divide": 1}
    torch_op = ("silu",)
    torch_class = "SiLU"
    keras_function = "silu"

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Mul(x, onnx.Sigmoid(x))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x / (1 + tool.exp(-x))
