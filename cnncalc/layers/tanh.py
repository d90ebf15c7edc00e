"""The hyperbolic tangent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Tanh(Activation):
    """tanh(x)."""

    per_value: ClassVar[Mapping[str, int]] = {"tanh": 1}
    fast_activation: ClassVar[str] = "tanh"
    torch_op: ClassVar[tuple[str, ...]] = ("tanh",)
    torch_class: ClassVar[str] = "Tanh"
    keras_function: ClassVar[str] = "tanh"
    onnx_op: ClassVar[tuple[str, ...]] = ("Tanh",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.tanh(x)
