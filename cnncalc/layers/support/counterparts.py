"""Counterparts that are written as the kinds' rules are: with the channels last."""

from __future__ import annotations

from collections.abc import Mapping
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
