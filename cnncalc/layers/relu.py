"""Rectified linear unit: max(x, 0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Relu(Activation):
    """max(x, 0)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1}
    fast_activation: ClassVar[str] = "relu"
    torch_op: ClassVar[tuple[str, ...]] = ("relu",)
    torch_class: ClassVar[str] = "ReLU"
    keras_function: ClassVar[str] = "relu"
    onnx_op: ClassVar[tuple[str, ...]] = ("Relu",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.at_least(x, 0)
