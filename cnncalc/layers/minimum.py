"""The smallest of several paths, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Example, layer
from cnncalc.layers.support.counterparts import ChannelsLast
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Elementwise


@layer
class Minimum(ChannelsLast, Elementwise):
    """Value by value the smallest of its inputs."""

    operation: ClassVar[str] = "compare"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "minimum",
            ("28x28x48", "28x28x48"),
            "28x28x48",
            {"params": 0, "connections": 0, "macs": 0},
            "value by value, by hand",
        ),
    )

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        result, *rest = self.aligned(tool, x, *more)
        for other in rest:
            result = tool.smaller(result, other)
        return result

    def in_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        result, *rest = self.ranked(x, *more)
        for other in rest:
            result = torch.minimum(result, other)
        return result

    def in_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        return onnx.Min(*self.of_one_rank(onnx, x, *more))
