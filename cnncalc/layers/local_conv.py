"""Locally connected layer: a convolution in which each position has filters of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, activation, divides, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, flag, option
from cnncalc.layers.support.sliding import Sliding


@layer
class LocalConv(Sliding):
    """Each output unit has F x F x C/G weights and a bias of its own."""

    compact: ClassVar[tuple[str, str]] = ("kernel", "filters")
    counts_in_depth: ClassVar[bool] = True
    shares_kernel: ClassVar[bool] = False
    units_option: ClassVar[str] = "filters"
    groups_option: ClassVar[str] = "groups"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "local_conv3-2", "4x4x3", "2x2x2", {"params": 224, "connections": 224}, "(3*3*3 + 1) * 8 units"
        ),
        Example(
            "local_conv3-1 nobias", "5x5x1", "3x3x1", {"params": 81}, "9 features of 9 weights, not shared"
        ),
    )

    filters: int = option(count, symbol="K", help="how many maps come out")
    groups: int = option(count, 1, symbol="G", help="groups of maps that are convolved apart")
    bias: bool = option(flag, True, help="whether each output unit adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")

    def output(self, x: Shape) -> Shape:
        divides(self.groups, self.filters, "filters")
        divides(self.groups, x[-1], "input channels")
        return (*self.positions(x), self.filters)

    def weights(self, x: Shape) -> dict[str, Weight]:
        positions, kernel = product(self.positions(x)), tuple(axis.kernel for axis in self.geometry(x))
        depth = divides(self.groups, x[-1], "input channels")
        weights = {"weight": Weight((positions, self.filters, depth, *kernel))}
        return weights | ({"bias": Weight((positions, self.filters))} if self.bias else {})

    def connections(self, x: Shape) -> int:
        return self.macs(x) + (product(self.output(x)) if self.bias else 0)

    def connections_real(self, x: Shape) -> int:
        depth = divides(self.groups, x[-1], "input channels")
        return self.pairs_inside(x) * depth * self.filters + (product(self.output(x)) if self.bias else 0)

    def macs(self, x: Shape) -> int:
        return self.taps(x) * divides(self.groups, x[-1], "input channels") * product(self.output(x))

    def work(self, x: Shape) -> Work:
        macs = self.macs(x)
        return {"multiply": macs, "add": macs if self.bias else macs - product(self.output(x))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = tool.filtered_each(tool.windows(x, self.geometry(x.shape)), weights["weight"], self.groups)
        return tool.biased(y, tool.reshape(weights["bias"], *y.shape)) if self.bias else y

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_padded, torch_shape

        axes = self.geometry(torch_shape(x))
        windows, rank = torch_padded(torch, x, axes), len(axes)
        for i, axis in enumerate(axes):
            windows = windows.unfold(2 + i, int(axis.extent), int(axis.stride))[..., :: int(axis.dilation)]
        # (N, C, positions ..., taps ...) -> (N, positions, groups, 1, C/G, taps)
        windows = windows.flatten(2 + rank).flatten(2, 1 + rank)
        n, channels, positions, taps = windows.shape
        windows = windows.reshape(n, self.groups, 1, channels // self.groups, positions, taps).movedim(4, 1)
        kernels = weights["weight"].flatten(3).unflatten(1, (self.groups, -1))
        y = (windows * kernels).sum((-1, -2)).flatten(2)
        if self.bias:
            y = y + weights["bias"]
        return y.movedim(1, 2).reshape(n, self.filters, *(int(axis.output) for axis in axes))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_padded

        axes = self.geometry(x.shape)
        windows, rank = onnx_padded(onnx, x, axes), len(axes)
        for i, axis in enumerate(axes):
            reads = [
                [o * axis.stride + tap * axis.dilation for tap in range(axis.kernel)]
                for o in range(axis.output)
            ]
            windows = onnx.Gather(windows, reads, axis=2 + 2 * i)
        # (N, C, position, tap, position, tap ...) -> (N, positions, groups, 1, C/G, taps)
        order = [0, *range(2, 2 + 2 * rank, 2), 1, *range(3, 3 + 2 * rank, 2)]
        depth = x.shape[-1] // self.groups
        windows = onnx.Transpose(windows, perm=order)
        windows = onnx.Reshape(windows, [1, product(self.positions(x.shape)), self.groups, 1, depth, -1])
        kernels = weights["weight"]
        kernels = kernels.reshape(len(kernels), self.groups, -1, depth, product(kernels.shape[3:]))
        y = onnx.ReduceSum(windows * kernels, [-1, -2], keepdims=0)
        y = onnx.Reshape(y, [1, -1, self.filters])
        if self.bias:
            y = y + weights["bias"]
        return onnx.Reshape(onnx.Transpose(y, perm=[0, 2, 1]), [1, self.filters, *self.positions(x.shape)])
