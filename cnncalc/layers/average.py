"""The mean of several paths, value by value."""

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Average(Elementwise):
    """The sum of its inputs divided by how many they are."""

    operation = "add"
    one_operation = True
    keras_merge = "Average"
    examples = (
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
        return pytorch.merged((x, *more), "+", divided=True)
