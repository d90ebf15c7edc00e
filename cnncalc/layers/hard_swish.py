"""Swish with the hard sigmoid."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class HardSwish(Activation):
    """x * clip(x + 3, 0, 6)/6. Source: Howard et al. (2019)."""

    per_value: ClassVar[Mapping[str, int]] = {"add": 1, "compare": 2, "divide": 1, "multiply": 1}
    torch_op = ("hardswish",)
    torch_class = "Hardswish"
    keras_function = "hard_silu"
    onnx_op = ("HardSwish",)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x * tool.at_most(tool.at_least(x + 3, 0), 6) / 6
