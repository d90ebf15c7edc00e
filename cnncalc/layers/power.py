"""Power: each value raised to a fixed exponent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, Example, layer
from cnncalc.layers.support.code import Part, Source
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class Power(Activation):
    """x to the power of `exponent`: 2 squares, 0.5 takes the root, -1 the reciprocal."""

    aliases: ClassVar[tuple[str, ...]] = ("pow",)
    short_option: ClassVar[str] = "exponent"
    per_value: ClassVar[Mapping[str, int]] = {"power": 1}
    one_operation: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
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
        from cnncalc.layers.support.pytorch_code import function

        return Part((function("{0}.pow({exponent})", exponent=self.exponent),), last=x.last)
