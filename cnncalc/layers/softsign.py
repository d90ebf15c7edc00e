"""Softsign: x/(1 + |x|)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class Softsign(Activation):
    """x/(1 + |x|)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "add": 1, "divide": 1}
    torch_op: ClassVar[tuple[str, ...]] = ("softsign",)
    torch_class: ClassVar[str] = "Softsign"
    keras_function: ClassVar[str] = "softsign"
    onnx_op: ClassVar[tuple[str, ...]] = ("Softsign",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x / (1 + tool.by_sign(x, x, -x))
