"""A quotient of paths, value by value."""

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Divide(Elementwise):
    """The first input divided by each of the others."""

    aliases = ("div",)
    operation = "divide"
    one_operation = True
    torch_merge = "/"
    examples = (
        Example(
            "divide",
            ("56x56x64", "64"),
            "56x56x64",
            {"params": 0, "connections": 0, "macs": 0},
            "by hand: a deviation of each channel, at all 56*56 positions",
        ),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return x / y
