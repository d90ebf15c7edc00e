"""ReLU capped at 6: min(max(x, 0), 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Relu6(Activation):
    """min(max(x, 0), 6). Source: Howard et al. (2017)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 2}
    fast_activation: ClassVar[str] = "relu6"
    torch_op: ClassVar[tuple[str, ...]] = ("relu6",)
    torch_class: ClassVar[str] = "ReLU6"
    keras_function: ClassVar[str] = "relu6"

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.at_most(tool.at_least(x, 0), 6)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Clip(x, 0, 6)
