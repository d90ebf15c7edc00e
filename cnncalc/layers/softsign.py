"""Softsign: x/(1 + |x|)."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Softsign(Activation):
    """x/(1 + |x|)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "add": 1, "divide": 1}
    torch_op = ("softsign",)
    torch_class = "Softsign"
    keras_function = "softsign"
    onnx_op = ("Softsign",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x / (1 + tool.by_sign(x, x, -x))
