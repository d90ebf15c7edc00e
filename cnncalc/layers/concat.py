"""Concatenation of paths, on their channels or on another dimension."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.code import Part, Source, call, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.merging import Merge, unlike
from cnncalc.layers.support.options import option
from cnncalc.layers.support.reach import Reading


@layer
class Concat(Merge):
    """The maps of all inputs, one after another; all other dimensions must agree. Vectors are joined."""

    joins = True
    one_operation = True
    examples = (
        Example(
            "concat",
            ("28x28x64", "28x28x128", "28x28x32", "28x28x32"),
            "28x28x256",
            {"params": 0, "connections": 0},
            "Szegedy et al. (2014), inception 3a",
        ),
        Example(
            {"concat": {"axis": 0}}, ("1x768", "196x768"), "197x768", {}, "a class token before 196 patches"
        ),
    )

    axis: AxisOption = option(axis, "channels", help="the dimension along which they are joined")

    def output(self, x: Shape, *more: Shape) -> Shape:
        at = place(x, self.axis)
        size = x[at]
        for shape in more:
            if len(shape) != len(x) or shape[:at] != x[:at] or shape[at + 1 :] != x[at + 1 :]:
                raise unlike(self.kind, (x, *more))
            size = size + shape[at]
        return (*x[:at], size, *x[at + 1 :])

    def reach(self, x: Shape, *more: Shape) -> Reading:
        return super().reach(x, *more) if place(x, self.axis) == len(x) - 1 else None

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        return tool.concat((x, *more), place(x.shape, self.axis) - len(x.shape))

    def to_fast(
        self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map, *more: Map
    ) -> Map | None:
        return fast.concat(x, *more) if place(shape, self.axis) == len(shape) - 1 else None

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        return pytorch.joined("cat", (x, *more), place(x.shape, self.axis))

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        joined = keras.merging("Concatenate", (x, *more))
        if joined is None:
            return None
        (step,) = joined.steps
        axis = place(x.shape, self.axis)
        made = call("layers.Concatenate", axis=(-1 if axis == x.rank else axis + 1, -1))
        return joined._replace(steps=(step._replace(make=made),))
