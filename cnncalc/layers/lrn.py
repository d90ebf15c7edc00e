"""Local response normalisation: each value divided by the activity of its neighbours in other maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Example, Layer, Shape, Work, elementwise, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, number, option


@layer
class Lrn(Layer):
    """x / (k + alpha/n * sum of squares of n neighbouring maps)^beta. Source: Krizhevsky et al. (2012)."""

    family: ClassVar[str] = "Normalisation"
    short_option: ClassVar[str] = "size"
    compact: ClassVar[tuple[str, str]] = ("size", "")
    examples: ClassVar[tuple[Example, ...]] = (
        Example("lrn", "55x55x96", "55x55x96", {"params": 0, "macs": 0}, "Krizhevsky et al. (2012), norm1"),
    )

    size: int = option(count, 5, help="how many neighbouring maps, n")
    alpha: float = option(number, 1e-4, help="the weight of their squares, divided by n")
    beta: float = option(number, 0.75, help="the power")
    k: float = option(number, 1.0, help="the constant")

    def output(self, x: Shape) -> Shape:
        return x

    def work(self, x: Shape) -> Work:
        # square; n - 1 additions; times alpha/n; plus k; to the power; divide
        return elementwise(x, multiply=2, add=self.size, power=1, divide=1)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        channels = x.shape[-1]
        squares = tool.pad(tool.square(x), {-1: (self.size // 2, (self.size - 1) // 2)})
        total = tool.part(squares, -1, 0, channels)
        for first in range(1, self.size):
            total = total + tool.part(squares, -1, first, first + channels)
        return x / tool.power(self.k + self.alpha / self.size * total, self.beta)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_dims

        # onnxruntime's own takes neither even sizes nor other ranks: means over windows of channels
        rows = onnx.Reshape(x * x, [1, 1, x.shape[-1], -1])
        rows = onnx.Pad(rows, [0, 0, self.size // 2, 0, 0, 0, (self.size - 1) // 2, 0])
        means = onnx.Reshape(onnx.AveragePool(rows, kernel_shape=[self.size, 1]), onnx_dims(x.shape))
        return x / onnx.Pow(means * self.alpha + self.k, self.beta)
