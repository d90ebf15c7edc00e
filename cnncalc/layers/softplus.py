"""A smooth ReLU: log(1 + exp(x))."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, Shape, Work, elementwise, layer
from cnncalc.layers.support.code import Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class Softplus(Activation):
    """log(1 + exp(beta*x))/beta."""

    per_value: ClassVar[Mapping[str, int]] = {"exp": 1, "add": 1, "log": 1}

    beta: float = option(number, 1.0, help="how sharply the curve bends at 0")

    def work(self, x: Shape) -> Work:
        return super().work(x) | (elementwise(x, multiply=1, divide=1) if self.beta != 1 else {})

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.softplus(x) if self.beta == 1 else tool.softplus(x * self.beta) / self.beta

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.softplus(x, self.beta, threshold=100)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Softplus(x) if self.beta == 1 else None

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.unary("Softplus", "F.softplus", x, beta=(self.beta, 1.0))

    @property
    def keras_activation(self) -> str:
        return "softplus" if self.beta == 1 else ""
