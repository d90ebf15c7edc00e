"""The logarithm of the sigmoid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class LogSigmoid(Activation):
    """-log(1 + exp(-x))."""

    per_value: ClassVar[Mapping[str, int]] = {"exp": 1, "add": 1, "log": 1}
    torch_op: ClassVar[tuple[str, ...]] = ("logsigmoid",)
    torch_class: ClassVar[str] = "LogSigmoid"
    keras_function: ClassVar[str] = "log_sigmoid"

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return -tool.softplus(-x)
