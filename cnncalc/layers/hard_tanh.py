"""Hard hyperbolic tangent: a value outside of two bounds becomes the bound."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import Activation, Shape, layer
from cnncalc.layers.support.code import Part, Source, keras
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class HardTanh(Activation):
    """The values from `low` to `high`; a value below or above becomes the bound itself."""

    torch_op = ("hardtanh", "low", "high")
    torch_class = "Hardtanh"
    aliases = ("clip",)

    per_value: ClassVar[Mapping[str, int]] = {"compare": 2}

    low: float = option(number, -1.0, help="the lower bound")
    high: float = option(number, 1.0, help="the upper bound")

    def output(self, x: Shape) -> Shape:
        if self.low > self.high:
            raise LayerError("bad_value", f"low = {self.low} is above high = {self.high}", "", "low")
        return x

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.at_most(tool.at_least(x, self.low), self.high)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Clip(x, self.low, self.high)

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("ops.clip({0}, {low}, {high})", low=self.low, high=self.high)
