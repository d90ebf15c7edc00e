"""Threshold: values above a bound as they are, and nothing of the others."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, Example, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class Threshold(Activation):
    """x where x > at, else `value`."""

    short_option = "at"
    per_value: ClassVar[Mapping[str, int]] = {"compare": 2}
    examples = (
        Example(
            {"threshold": 1.0},
            "28x28x6",
            "28x28x6",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of torch.nn.Threshold",
        ),
    )

    at: float = option(number, help="the bound")
    value: float = option(number, 0.0, help="the output for values that are not above the bound")

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        above = tool.compare("greater", x, self.at)
        return tool.by_sign(above, x, tool.constant(self.value, x))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.threshold(x, self.at, self.value)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Where(onnx.Greater(x, self.at), x, self.value)

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.unary("Threshold", "F.threshold", x, ("threshold", self.at), ("value", self.value))

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("ops.where({0} > {at}, {0}, {value})", at=self.at, value=self.value)
