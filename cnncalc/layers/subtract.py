"""A difference of paths, value by value."""

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.code import Part, Source, keras
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Subtract(Elementwise):
    """The first input less each of the others."""

    aliases = ("sub",)
    operation = "add"
    one_operation = True
    torch_merge = "-"
    examples = (
        Example(
            "subtract",
            ("56x56x64", "64"),
            "56x56x64",
            {"params": 0, "connections": 0, "macs": 0},
            "by hand: a mean of each channel, at all 56*56 positions",
        ),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return x - y

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        alike = len(more) == 1 and x.rank == more[0].rank
        return keras.merging("Subtract", (x, *more)) if alike else super().keras_code(x, *more)
