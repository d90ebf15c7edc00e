"""Gaussian error linear unit, with erf."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, Example, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Gelu(Activation):
    """x/2 * (1 + erf(x/sqrt(2))). Source: Hendrycks and Gimpel (2016)."""

    per_value: ClassVar[Mapping[str, int]] = {"multiply": 3, "add": 1, "erf": 1}
    torch_op: ClassVar[tuple[str, ...]] = ("gelu",)
    onnx_op: ClassVar[tuple[str, ...]] = ("Gelu",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "gelu", "28x28x6", "28x28x6", {"params": 0, "connections": 0, "macs": 0}, "no units, no weights"
        ),
    )

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return 0.5 * x * (1 + tool.erf(x * (1 / math.sqrt(2))))
