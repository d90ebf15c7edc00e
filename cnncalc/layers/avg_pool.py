"""Average pooling: the mean of each window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import flag, option
from cnncalc.layers.support.pooling import Pool, averaging


@layer
class AvgPool(Pool):
    """The mean of the values of a window, map by map. An overhang from `ceil` is never counted."""

    aliases: ClassVar[tuple[str, ...]] = ("avgpool",)
    pools: ClassVar[str] = "avg"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("avgpool2", "28x28x6", "14x14x6", {"params": 0, "connections": 4704}, "means of 2x2"),
        Example(
            "avgpool7",
            "7x7x2048",
            "1x1x2048",
            {"params": 0},
            "He et al. (2015): the last pooling of ResNet-50",
        ),
    )

    count_padding: bool = option(flag, True, help="whether padding counts among the values of a window")

    @property
    def needs_pixels(self) -> bool:
        return not self.count_padding

    def work(self, x: Shape) -> Work:
        return averaging(self.connections(x), product(self.output(x)))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.mean_of(tool.windows(x, self.geometry(x.shape)), self.count_padding)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_padded, torch_shape, torch_sums

        axes = self.geometry(torch_shape(x))
        ones = torch_padded(torch, torch.ones_like(x[:1, :1]), axes)
        if self.count_padding:
            # all but an overhang counts
            inside = (slice(int(axis.size + axis.before + axis.after)) for axis in axes)
            ones[(slice(None), slice(None), *inside)] = 1
        return torch_sums(torch, torch_padded(torch, x, axes), axes) / torch_sums(torch, ones, axes)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        import numpy as np

        from cnncalc.layers.support.onnx_parts import onnx_padded, onnx_sums

        axes = self.geometry(x.shape)
        ones = np.zeros((1, 1, *((a.output - 1) * a.stride + a.extent for a in axes)), np.float32)
        if self.count_padding:
            # all but an overhang counts
            inside = [slice(a.size + a.before + a.after) for a in axes]
        else:
            inside = [slice(a.before, a.before + a.size) for a in axes]
        ones[(slice(None), slice(None), *inside)] = 1
        counts = onnx_sums(onnx, onnx.Identity(ones), axes)
        return onnx_sums(onnx, onnx_padded(onnx, x, axes), axes) / counts
