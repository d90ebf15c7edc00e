"""What the counterparts of several kinds in PyTorch have in common. Tensors are (N, channels, positions ...).

PyTorch is given to them: nothing here imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.windows import Axis, Span


def torch_shape(x: Any) -> Shape:
    """A tensor's shape as the kinds have it: channels last, the batch left out."""
    return (*x.shape[2:], x.shape[1])


def torch_flat(x: Any, order: str = "chw") -> Any:
    """All values of a sample in one row."""
    return (x.movedim(1, -1) if order == "hwc" else x).flatten(1)


def torch_sides(spans: Iterable[Span]) -> list[int]:
    """Padding as PyTorch takes it: the last dimension first; what is below 0 crops."""
    return [int(side) for span in reversed(list(spans)) for side in span]


def torch_padded(torch: Any, x: Any, axes: Sequence[Axis], fill: float = 0.0) -> Any:
    """The input with what its windows read around it, and without what none reads at the far side."""
    ends = ((axis.output - 1) * axis.stride + axis.extent - axis.size - axis.before for axis in axes)
    sides = torch_sides((axis.before, end) for axis, end in zip(axes, ends, strict=True))
    return torch.nn.functional.pad(x, sides, value=fill)


def torch_conv(torch: Any, x: Any, kernels: Any, bias: Any, axes: Sequence[Axis], groups: int) -> Any:
    """A convolution of any rank, padded beforehand."""
    convolve = getattr(torch.nn.functional, f"conv{len(axes)}d")
    strides, dilations = [int(axis.stride) for axis in axes], [int(axis.dilation) for axis in axes]
    return convolve(torch_padded(torch, x, axes), kernels, bias, strides, 0, dilations, groups)


def torch_sums(torch: Any, padded: Any, axes: Sequence[Axis]) -> Any:
    """The sum of each window, map by map, of an input that is padded already."""
    kernel, strides = [int(axis.kernel) for axis in axes], [int(axis.stride) for axis in axes]
    pool = getattr(torch.nn.functional, f"avg_pool{len(axes)}d")
    return pool(padded, kernel, strides) * product(kernel)


def torch_pooled(x: Any, keep_dims: bool, pooled: Any) -> Any:
    """What a global pooling gives, with its dimensions or without."""
    return pooled.reshape(*pooled.shape, *(1,) * (x.ndim - 2)) if keep_dims else pooled


def torch_aligned(*xs: Any) -> list[Any]:
    """Inputs of one rank: what has fewer positions has 1s before its own."""
    rank = max(x.ndim for x in xs)
    return [x.reshape(*x.shape[:2], *(1,) * (rank - x.ndim), *x.shape[2:]) for x in xs]
