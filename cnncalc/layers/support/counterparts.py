"""Counterparts that are written as the kinds' rules are: with the channels last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.layers.support.base import Layer


class ChannelsLast(Layer):
    """A kind whose `in_torch` and `in_onnx` read and give (N, positions ..., channels)."""

    def in_torch(self, *given: Any, **_: Any) -> Any:
        """The same in PyTorch: `in_torch(torch, weights, *tensors)`."""
        raise NotImplementedError

    def in_onnx(self, *given: Any, **_: Any) -> Any:
        """The same in ONNX: `in_onnx(graph, weights, *values)`; a value knows its sample's `shape`."""
        raise NotImplementedError

    def to_torch(self, torch: Any, weights: Mapping[str, Any], *xs: Any) -> Any:
        return self.in_torch(torch, weights, *(x.movedim(1, -1) for x in xs)).movedim(-1, 1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], *xs: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import channels_first, channels_last

        shapes = [x.shape for x in xs]
        turned = [channels_last(onnx, x) for x in xs]
        for x, shape in zip(turned, shapes, strict=True):
            x.shape = shape
        return channels_first(onnx, self.in_onnx(onnx, weights, *turned), len(self.output(*shapes)))


def of_joined(function: Any, x: Any, axes: Sequence[int]) -> Any:
    """A function of PyTorch's along one dimension, of some of a sample's taken together."""
    last = x.movedim([1 + axis for axis in axes], list(range(-len(axes), 0)))
    done = (
        function(last.flatten(-len(axes)), -1).reshape(last.shape)
        if axes
        else function(x[..., None], -1)[..., 0]
    )
    return done.movedim(list(range(-len(axes), 0)), [1 + axis for axis in axes])


def onnx_of_joined(onnx: Any, function: Any, x: Any, axes: Sequence[int]) -> Any:
    """The same in ONNX."""
    sizes = [1, *map(int, x.shape)]
    rest = [axis for axis in range(len(sizes)) if axis - 1 not in axes]
    order = [*rest, *(1 + axis for axis in axes)]
    turned = onnx.Reshape(onnx.Transpose(x, perm=order), [*(sizes[axis] for axis in rest), -1])
    done = onnx.Reshape(function(turned, axis=-1), [sizes[axis] for axis in order])
    return onnx.Transpose(done, perm=[order.index(axis) for axis in range(len(order))])
