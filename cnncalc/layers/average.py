"""The mean of several paths, value by value."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Average(Elementwise):
    """The sum of its inputs divided by how many they are."""

    operation: ClassVar[str] = "add"
    one_operation: ClassVar[bool] = True
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
        return super().forward(tool, weights, x, *more) / float(1 + len(more))

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return x + y

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.pytorch_code import merged

        return merged((x, *more), operator="+", divided=True)

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.keras_code import merging

        return merging("Average", (x, *more))
