"""Power: each value raised to a fixed exponent."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, Example, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class Power(Activation):
    """x to the power of `exponent`: 2 squares, 0.5 takes the root, -1 the reciprocal."""

    aliases = ("pow",)
    short_option = "exponent"
    per_value: ClassVar[Mapping[str, int]] = {"power": 1}
    one_operation = True
    examples = (
        Example(
            {"power": 2},
            "8x8x4",
            "8x8x4",
            {"params": 0, "connections": 0, "macs": 0},
            "value by value, by hand",
        ),
    )

    exponent: float = option(number, help="the power to which each value is raised")

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.power(x, self.exponent)

    def torch_code(self, x: Source) -> Part | None:
        return Part((pytorch.function("{0}.pow({exponent})", exponent=self.exponent),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("ops.power({0}, {exponent})", exponent=self.exponent)
