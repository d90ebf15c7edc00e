"""Average pooling: the mean of each window."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.expr import product
from cnncalc.layers.base import Example, Shape, Work, layer
from cnncalc.layers.options import flag, option
from cnncalc.layers.pooling import Pool, averaging
from cnncalc.layers.toolkit import Array, Arrays, Toolkit


@layer
class AvgPool(Pool):
    """The mean of the values of a window, map by map. An overhang from `ceil` is never counted."""

    aliases: ClassVar[tuple[str, ...]] = ("avgpool",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example("avgpool2", "28x28x6", "14x14x6", {"params": 0, "connections": 4704}, "means of 2x2"),
        Example(
            "avgpool7",
            "7x7x2048",
            "1x1x2048",
            {"params": 0},
            "He et al. (2015): the last pooling of ResNet-50",
        ),
    )

    count_padding: bool = option(flag, True, help="whether padding counts among the values of a window")

    def work(self, x: Shape) -> Work:
        return averaging(self.connections(x), product(self.output(x)))

    def forward(self, tool: Toolkit, weights: Arrays, x: Array) -> Array:
        return tool.mean_of(tool.windows(x, self.window(x.shape)), self.count_padding)
