"""Local response normalisation: each value divided by the activity of its neighbours in other maps."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.base import Example, Layer, Shape, Work, elementwise, layer
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import count, number, option


@layer
class Lrn(Layer):
    """x / (k + alpha/n * sum of squares of n neighbouring maps)^beta. Source: Krizhevsky et al. (2012)."""

    family = "Normalisation"
    short_option = "size"
    compact = ("size", "")
    torch_op = ("local_response_norm", "size", "alpha", "beta", "k")
    torch_class = "LocalResponseNorm"
    examples = (
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

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return None if x.ndim == 2 else super().to_torch(torch, weights, x)  # PyTorch normalises maps alone

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if x.ndim != 4 or self.size % 2 == 0:
            return None  # onnxruntime has it for images and odd sizes alone
        return onnx.LRN(x, size=self.size, alpha=self.alpha, beta=self.beta, bias=self.k)

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.of_function(self, x, FIRST) if x.rank else None

    def keras_code(self, x: Source) -> Part | None:
        options = {"alpha": (self.alpha, 1e-4), "beta": (self.beta, 0.75), "k": (self.k, 1.0)}
        return keras.own_class(_KERAS, "LRN", ("size", int(self.size)), **options)


_KERAS = """
class LRN(layers.Layer):
    \"""Local response normalisation across channels.\"""

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0, **kwargs):
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        sides = [(0, 0)] * (len(x.shape) - 1)
        sides.append((self.size // 2, (self.size - 1) // 2))
        squares = ops.pad(ops.square(x), sides)
        channels = x.shape[-1]
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / (self.k + self.alpha / self.size * total) ** self.beta
"""
