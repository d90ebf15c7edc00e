"""Scaled exponential linear unit."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


@layer
class Selu(Activation):
    """elu with the alpha and the scale that keep mean 0 and variance 1. Source: Klambauer et al. (2017)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "exp": 1, "add": 1, "multiply": 2}
    torch_op = ("selu",)
    torch_class = "SELU"
    keras_function = "selu"
    onnx_op = ("Selu",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return SCALE * tool.by_sign(x, x, ALPHA * (tool.exp(x) - 1))
