"""Gaussian error linear unit, with erf or with its approximation."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, Shape, Work, elementwise, layer
from cnncalc.layers.support.code import Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option


@layer
class Gelu(Activation):
    """x/2 * (1 + erf(x/sqrt(2))). Source: Hendrycks and Gimpel (2016)."""

    per_value: ClassVar[Mapping[str, int]] = {"multiply": 3, "add": 1, "erf": 1}
    onnx_op = ("Gelu", "approximate")

    approximate: str = option(
        choice("none", "tanh"), "none", help="tanh: x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))"
    )

    def work(self, x: Shape) -> Work:
        if self.approximate == "tanh":
            return elementwise(x, multiply=6, add=2, tanh=1)
        return super().work(x)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        if self.approximate == "tanh":
            inner = x + 0.044715 * (tool.square(x) * x)
            return 0.5 * x * (1 + tool.tanh(math.sqrt(2 / math.pi) * inner))
        return 0.5 * x * (1 + tool.erf(x * (1 / math.sqrt(2))))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.gelu(x, approximate=self.approximate)

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.unary("GELU", "F.gelu", x, approximate=(self.approximate, "none"))

    @property
    def keras_activation(self) -> str:
        return "gelu" if self.approximate == "none" else ""
