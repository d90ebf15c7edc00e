"""Exponential linear unit."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class Elu(Activation):
    """x where x > 0, else alpha(exp(x) - 1). Source: Clevert et al. (2015)."""

    short_option = "alpha"
    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "exp": 1, "add": 1, "multiply": 1}
    torch_op = ("elu", "alpha")
    torch_class = "ELU"
    onnx_op = ("Elu", "alpha")

    alpha: float = option(number, 1.0, help="the limit below 0")

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.by_sign(x, x, self.alpha * (tool.exp(x) - 1))

    @property
    def keras_activation(self) -> str:
        return "elu" if self.alpha == 1 else ""
