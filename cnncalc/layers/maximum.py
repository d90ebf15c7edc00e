"""The largest of several paths, value by value."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.code import Part, Source
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Maximum(Elementwise):
    """Value by value the largest of its inputs."""

    operation: ClassVar[str] = "compare"
    one_operation: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "maximum",
            ("28x28x48", "28x28x48"),
            "28x28x48",
            {"params": 0, "connections": 0, "macs": 0},
            "Goodfellow et al. (2013): maxout over two maps, by hand",
        ),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return tool.larger(x, y)

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.pytorch_code import merged

        return merged((x, *more), function="torch.maximum")

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.keras_code import merging

        return merging("Maximum", (x, *more))
