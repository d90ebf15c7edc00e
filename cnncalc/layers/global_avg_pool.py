"""Global average pooling: the average of each whole map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.pooling import GlobalPool, averaging


@layer
class GlobalAvgPool(GlobalPool):
    """The average of each map, as 1x1xC, or as a vector with `keep_dims: false`."""

    aliases: ClassVar[tuple[str, ...]] = ("gap",)
    pools: ClassVar[str] = "avg"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "global_avg_pool", "7x7x512", "1x1x512", {"params": 0, "connections": 25088}, "49 values a map"
        ),
        Example(
            {"global_avg_pool": {"keep_dims": False}},
            "48x100",
            "100",
            {"params": 0},
            "over time, in one dimension",
        ),
    )

    def work(self, x: Shape) -> Work:
        return averaging(product(x), x[-1])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return self.kept(tool, tool.mean_of(tool.whole(x)))

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.global_average(x)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_pooled

        pooled = torch_pooled(torch, "avg", x, 1)
        return pooled if self.keep_dims else pooled.flatten(1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        pooled = onnx.GlobalAveragePool(x)
        return pooled if self.keep_dims else onnx.Flatten(pooled)
