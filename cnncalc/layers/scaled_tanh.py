"""LeNet's squashing function: 1.7159 tanh(2x/3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, Example, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class ScaledTanh(Activation):
    """1.7159 tanh(2x/3). Source: LeCun et al. (1998), appendix A."""

    per_value: ClassVar[Mapping[str, int]] = {"multiply": 2, "tanh": 1}
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "scaled_tanh",
            "28x28x6",
            "28x28x6",
            {"params": 0, "connections": 0, "macs": 0},
            "no units, no weights",
        ),
    )

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return 1.7159 * tool.tanh(2 / 3 * x)
