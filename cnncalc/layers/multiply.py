"""A product of paths, value by value."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.code import Part, Source
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Multiply(Elementwise):
    """The product of its inputs. The gate of squeeze and excitation: Hu et al. (2017)."""

    operation: ClassVar[str] = "multiply"
    one_operation: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "multiply", ("56x56x256", "1x1x256"), "56x56x256", {"params": 0, "macs": 0}, "Hu et al. (2017)"
        ),
    )

    def pair(self, tool: Toolkit[Array, Windows], x: Array, y: Array) -> Array:
        return x * y

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.pytorch_code import merged

        return merged((x, *more), operator="*")

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        from cnncalc.layers.support.keras_code import merging

        return merging("Multiply", (x, *more))
