"""The logarithm of the sigmoid."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class LogSigmoid(Activation):
    """-log(1 + exp(-x))."""

    per_value: ClassVar[Mapping[str, int]] = {"exp": 1, "add": 1, "log": 1}
    torch_op = ("logsigmoid",)
    torch_class = "LogSigmoid"
    keras_function = "log_sigmoid"

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return -tool.softplus(-x)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Neg(onnx.Softplus(onnx.Neg(x)))
