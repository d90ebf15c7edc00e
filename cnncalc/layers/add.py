"""A sum of paths, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Add(Elementwise):
    """The sum of its inputs. The end of a residual unit: He et al. (2015)."""

    operation: ClassVar[str] = "add"
    one_operation: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "add",
            ("56x56x64", "56x56x64"),
            "56x56x64",
            {"params": 0, "connections": 0, "macs": 0},
            "He et al. (2015)",
        ),
        Example("add", ("8x8x16", "16"), "8x8x16", {}, "a vector of 16 at each of 64 positions"),
    )

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        total, *rest = self.aligned(tool, x, *more)
        for other in rest:
            total = total + other
        return total

    def to_fast(
        self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map, *more: Map
    ) -> Map | None:
        return fast.add(x, *more)
