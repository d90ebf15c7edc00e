"""Adaptive average pooling: windows laid so that a wanted size comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.pooling import AdaptivePool, averaging


@layer
class AdaptiveAvgPool(AdaptivePool):
    """The average of each window; the windows overlap where the size doesn't divide."""

    pools: ClassVar[str] = "avg"
    examples: ClassVar[tuple[Example, ...]] = (
        Example({"adaptive_avg_pool": 7}, "14x14x512", "7x7x512", {"connections": 100352}, "windows of 2x2"),
        Example(
            {"adaptive_avg_pool": 2}, "5x1", "2x1", {"connections": 6}, "windows of 3 that share the middle"
        ),
    )

    def work(self, x: Shape) -> Work:
        return averaging(self.connections(x), product(self.output(x)))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.mean_of(tool.spans(x, self.spans(x.shape)))

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        axes = self.sliding(shape)
        return fast.average_pool(x, axes) if axes else None

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_pooled

        return torch_pooled(torch, "avg", x, self.size)
