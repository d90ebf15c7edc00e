"""Scaled exponential linear unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


@layer
class Selu(Activation):
    """elu with the alpha and the scale that keep mean 0 and variance 1. Source: Klambauer et al. (2017)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "exp": 1, "add": 1, "multiply": 2}
    torch_op: ClassVar[tuple[str, ...]] = ("selu",)
    torch_class: ClassVar[str] = "SELU"
    keras_function: ClassVar[str] = "selu"
    onnx_op: ClassVar[tuple[str, ...]] = ("Selu",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return SCALE * tool.by_sign(x, x, ALPHA * (tool.exp(x) - 1))
