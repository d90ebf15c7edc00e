"""The hyperbolic tangent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, Example, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Tanh(Activation):
    """tanh(x)."""

    per_value: ClassVar[Mapping[str, int]] = {"tanh": 1}
    fast_activation: ClassVar[str] = "tanh"
    torch_op: ClassVar[tuple[str, ...]] = ("tanh",)
    onnx_op: ClassVar[tuple[str, ...]] = ("Tanh",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "tanh", "28x28x6", "28x28x6", {"params": 0, "connections": 0, "macs": 0}, "no units, no weights"
        ),
    )

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.tanh(x)
