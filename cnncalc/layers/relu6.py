"""ReLU capped at 6: min(max(x, 0), 6)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Relu6(Activation):
    """min(max(x, 0), 6). Source: Howard et al. (2017)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 2}
    fast_activation = "relu6"
    torch_op = ("relu6",)
    torch_class = "ReLU6"
    keras_function = "relu6"

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.at_most(tool.at_least(x, 0), 6)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Clip(x, 0, 6)
