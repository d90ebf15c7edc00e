"""Rescale: a fixed factor and a fixed offset."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.layers.support.base import Activation, Example, Shape, Work, elementwise, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class Rescale(Activation):
    """scale*x + offset: arithmetic with numbers. A factor of 1 and an offset of 0 take no work."""

    short_option: ClassVar[str] = "scale"
    one_operation: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            {"rescale": {"scale": 0.00784313725490196, "offset": -1}},
            "224x224x3",
            "224x224x3",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of Keras's Rescaling: pixels from 0..255 to -1..1",
        ),
    )

    scale: float = option(number, 1.0, help="the factor")
    offset: float = option(number, 0.0, help="what is added then")

    def work(self, x: Shape) -> Work:
        return elementwise(x, multiply=int(self.scale != 1), add=int(self.offset != 0))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = x * self.scale if self.scale != 1 else x
        return y + self.offset if self.offset != 0 else y
