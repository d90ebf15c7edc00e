"""A sum of paths, value by value."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.kernels import Array, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Add(Elementwise):
    """The sum of its inputs. The end of a residual unit: He et al. (2015)."""

    operation = "add"
    one_operation = True
    torch_merge = "+"
    keras_merge = "Add"
    examples = (
        Example(
            "add",
            ("56x56x64", "56x56x64"),
            "56x56x64",
            {"params": 0, "connections": 0, "macs": 0},
            "He et al. (2015)",
        ),
        Example("add", ("8x8x16", "16"), "8x8x16", {}, "a vector of 16 at each of 64 positions"),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return x + y

    def to_fast(
        self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map, *more: Map
    ) -> Map | None:
        return fast.add(x, *more)
