"""Average pooling: the mean of each window."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import flag, option
from cnncalc.layers.support.pooling import Pool, pooling


@layer
class AvgPool(Pool):
    """The mean of the values of a window, map by map. An overhang from `ceil` is never counted."""

    aliases = ("avgpool",)
    pools = "avg"
    examples = (
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
        axes = self.geometry(x)
        averaged = product(axis.within if self.count_padding else axis.inside for axis in axes) * x[-1]
        if averaged == self.connections(x):
            return super().work(x)
        return pooling(self.pools, averaged, product(self.output(x)))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.mean_of(tool.windows(x, self.geometry(x.shape)), self.count_padding)

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.average_pool(x, self.geometry(shape), count_padding=self.count_padding)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_mean_pool

        return torch_mean_pool(torch, self, x, self.count_padding)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.as_written import as_written
        from cnncalc.layers.support.onnx_parts import onnx_padding

        window = as_written(self, x.shape[2:])
        if any(max(pad) >= size for pad, size in zip(window.pads, window.kernel, strict=True)):
            return None  # ONNX pads by less than the kernel
        return onnx.AveragePool(
            x,
            kernel_shape=window.kernel,
            strides=window.stride,
            ceil_mode=int(window.ceil),
            count_include_pad=int(self.count_padding),
            **onnx_padding(window),
        )

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.pooled(self, x, "AvgPool", count_include_pad=(self.count_padding, True))

    def keras_code(self, x: Source) -> Part | None:
        return keras.pooling(self, x, "AveragePooling", count_padding=self.count_padding)
