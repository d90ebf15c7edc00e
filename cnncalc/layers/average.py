"""The mean of several paths, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.counterparts import ChannelsLast
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Average(ChannelsLast, Elementwise):
    """The sum of its inputs divided by how many they are."""

    operation: ClassVar[str] = "add"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "average",
            ("8x8x16", "8x8x16", "8x8x16"),
            "8x8x16",
            {"params": 0, "connections": 0, "macs": 0},
            "by hand: three paths",
        ),
    )

    def work(self, x: Shape, *more: Shape) -> Work:
        return {**super().work(x, *more), "divide": product(self.output(x, *more))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        total, *rest = self.aligned(tool, x, *more)
        for other in rest:
            total = total + other
        return total / float(1 + len(more))

    def in_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        return sum(self.ranked(x, *more)) / (1 + len(more))

    def in_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        return onnx.Mean(*self.of_one_rank(onnx, x, *more))
