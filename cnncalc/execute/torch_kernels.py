"""The kernels on PyTorch's tensors; PyTorch is given, so that nothing here imports it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnncalc.execute.framework_kernels import FrameworkKernels
from cnncalc.execute.values import Numbers, Value
from cnncalc.layers.support.reach import Span

NAMES = {"Max": "maximum", "Min": "minimum", "Greater": "gt", "Less": "lt", "Equal": "eq"}
"""Operators of ONNX that PyTorch calls otherwise; the others have the same name in small letters."""


class TorchKernels(FrameworkKernels):
    """Kernels on tensors, through which PyTorch's gradients flow."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def weight(self, array: Any, x: Value) -> Value:
        return self.value(array[None])  # a tensor already

    def raw(self, numbers: Numbers, like: Any = None) -> Any:
        tensor = self.torch.from_numpy(np.ascontiguousarray(numbers).reshape(numbers.shape))
        return tensor if like is None or not like.is_floating_point() else tensor.to(like.dtype)

    def apply(self, operator: str, *raws: Any) -> Any:
        return getattr(self.torch, NAMES.get(operator, operator.lower()))(*raws)

    def reduced(self, how: str, raw: Any, axes: Sequence[int]) -> Any:
        return (self.torch.sum if how == "sum" else self.torch.amax)(raw, tuple(axes), keepdim=True)

    def shaped(self, raw: Any, shape: Sequence[int]) -> Any:
        return raw.reshape(tuple(shape))

    def turned(self, raw: Any, order: Sequence[int]) -> Any:
        return raw.permute(*order)

    def gathered(self, raw: Any, axis: int, indices: Numbers) -> Any:
        return raw.index_select(axis, self.raw(indices.astype(np.int64)))

    def rows(self, raw: Any, indices: Any) -> Any:
        return raw[self.torch.arange(len(raw))[:, None], indices.long()]

    def bordered(self, raw: Any, widths: Sequence[Span], value: float) -> Any:
        sides = [side for span in reversed(widths) for side in span]
        return self.torch.nn.functional.pad(raw, sides, value=value) if any(sides) else raw

    def joined(self, raws: Sequence[Any], axis: int) -> Any:
        return self.torch.cat(tuple(raws), axis)

    def multiplied(self, one: Any, other: Any) -> Any:
        return self.torch.matmul(one, other)

    def stretched(self, raw: Any, shape: Sequence[int]) -> Any:
        return raw.expand(tuple(shape))

    def running_sums(self, raw: Any, axis: int) -> Any:
        return raw.cumsum(axis)

    def places_of_largest(self, raw: Any, axis: int, count: int) -> Any:
        order = raw.argsort(dim=axis, descending=True, stable=True)
        return order.narrow(axis, 0, count).to(raw.dtype)
