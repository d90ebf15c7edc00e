"""Concatenation of paths on their channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit
from cnncalc.layers.support.merging import Merge, unlike


@layer
class Concat(Merge):
    """The maps of all inputs, one after another; their positions must agree. Vectors are joined."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "concat",
            ("28x28x64", "28x28x128", "28x28x32", "28x28x32"),
            "28x28x256",
            {"params": 0, "connections": 0},
            "Szegedy et al. (2014), inception 3a",
        ),
    )

    def output(self, x: Shape, *more: Shape) -> Shape:
        channels = x[-1]
        for shape in more:
            if shape[:-1] != x[:-1]:
                raise unlike(self.kind, (x, *more))
            channels = channels + shape[-1]
        return (*x[:-1], channels)

    def forward(self, tool: Toolkit, weights: Arrays, x: Array, *more: Array) -> Array:
        return tool.concat((x, *more), -1)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        return torch.cat((x, *more), 1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        return onnx.Concat(x, *more, axis=1)
