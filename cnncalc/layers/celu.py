"""CELU: x above 0, an exponential below, smooth for every alpha."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class Celu(Activation):
    """x above 0, alpha*(exp(x/alpha) - 1) below. Source: Barron (2017)."""

    short_option = "alpha"
    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "exp": 1, "add": 1, "multiply": 2}
    onnx_op = ("Celu", "alpha")

    alpha: float = option(number, 1.0, help="the output far below 0, without its sign")

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.by_sign(x, x, self.alpha * (tool.exp(x * (1 / self.alpha)) + -1))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        # PyTorch's own celu has a gradient with 1/alpha in float32 alone
        return self.alpha * torch.nn.functional.elu(x / self.alpha)

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.unary("CELU", "F.celu", x, alpha=(self.alpha, 1.0))

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("ops.celu({0}, {alpha})", alpha=self.alpha)
