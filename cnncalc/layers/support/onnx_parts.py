"""What the counterparts of several kinds in ONNX have in common. Arrays are (N, channels, positions ...).

The graph is given: `onnx.Relu(x)` adds a node. What a layer reads knows its shape: channels last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.windows import Axis, Span


def onnx_sides(onnx: Any, x: Any, spans: Iterable[Span], fill: float = 0.0) -> Any:
    """The input with so much around it; what is below 0 crops."""
    sides = [(int(before), int(after)) for before, after in spans]
    if not any(map(any, sides)):
        return x
    befores, afters = zip(*sides, strict=True)
    return onnx.Pad(x, [0, 0, *befores, 0, 0, *afters], fill)


def onnx_padded(onnx: Any, x: Any, axes: Sequence[Axis], fill: float = 0.0) -> Any:
    """The input with what its windows read around it, and without what none reads at the far side."""
    ends = ((axis.output - 1) * axis.stride + axis.extent - axis.size - axis.before for axis in axes)
    return onnx_sides(onnx, x, [(axis.before, end) for axis, end in zip(axes, ends, strict=True)], fill)


def onnx_conv(onnx: Any, x: Any, kernels: Any, bias: Any, axes: Sequence[Axis], groups: int) -> Any:
    """A convolution of any rank, padded beforehand."""
    strides, dilations = [int(axis.stride) for axis in axes], [int(axis.dilation) for axis in axes]
    padded = onnx_padded(onnx, x, axes)
    return onnx.Conv(padded, kernels, bias, strides=strides, dilations=dilations, group=int(groups))


def onnx_sums(onnx: Any, padded: Any, axes: Sequence[Axis]) -> Any:
    """The sum of each window, map by map, of an input that is padded already."""
    kernel, strides = [int(axis.kernel) for axis in axes], [int(axis.stride) for axis in axes]
    return onnx.AveragePool(padded, kernel_shape=kernel, strides=strides) * int(product(kernel))


def onnx_flat(onnx: Any, x: Any, order: str = "chw") -> Any:
    """All values of a sample in one row."""
    return onnx.Flatten(channels_last(onnx, x) if order == "hwc" else x)


def channels_last(onnx: Any, x: Any) -> Any:
    """An input as (N, positions ..., channels)."""
    rank = len(x.shape)
    return onnx.Transpose(x, perm=[0, *range(2, rank + 1), 1])


def channels_first(onnx: Any, x: Any, rank: int) -> Any:
    """(N, positions ..., channels), of so many positions and channels, as (N, channels, positions ...)."""
    return onnx.Transpose(x, perm=[0, rank, *range(1, rank)])


def onnx_dims(x: Shape) -> list[int]:
    """The shape (..., channels) of a sample as the graph has it."""
    return [1, int(x[-1]), *map(int, x[:-1])]


def by_channel(weight: Any, x: Any) -> Any:
    """A weight of one number a channel, to be stretched over the positions."""
    return weight.reshape(-1, *(1,) * (len(x.shape) - 1))


def onnx_spans(onnx: Any, x: Any, spans: Sequence[Sequence[Span]], reduce: Any) -> Any:
    """Windows from start to stop along each axis, each made one value by ReduceMean or ReduceMax."""
    for axis, along in enumerate(spans, 2):
        parts = [onnx.Slice(x, [int(start)], [int(stop)], [axis]) for start, stop in along]
        x = onnx.Concat(*(reduce(part, [axis]) for part in parts), axis=axis)
    return x


def onnx_aligned(onnx: Any, *xs: Any) -> list[Any]:
    """Inputs of one rank: what has fewer positions has 1s before its own."""
    rank = max(len(x.shape) for x in xs)
    return [
        onnx.Reshape(x, [1, int(x.shape[-1]), *(1,) * (rank - len(x.shape)), *map(int, x.shape[:-1])])
        if len(x.shape) < rank
        else x
        for x in xs
    ]
