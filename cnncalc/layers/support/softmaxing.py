"""The common parts of softmax, its logarithm and attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.expr import exact_div
from cnncalc.layers.support.base import Work
from cnncalc.layers.support.kernels import Array, Toolkit, Windows


def softmax(tool: Toolkit[Array, Windows], x: Array, *axes: int) -> Array:
    """exp(x - max)/sum of exp(x - max) over some axes together."""
    powers = tool.exp(x - tool.largest(x, *axes))
    return powers / tool.total(powers, *axes)


def softmax_work(values: int, together: int) -> Work:
    """The work on so many values, of which so many together come to 1."""
    sums = exact_div(values, together)
    # the largest of each sum, subtracted; exp; the sum; the division
    return {"compare": values - sums, "add": 2 * values - sums, "exp": values, "divide": values}


def of_joined(function: Any, x: Any, axes: Sequence[int]) -> Any:
    """A function of PyTorch's along one dimension, of some of a sample's taken together."""
    last = x.movedim([1 + axis for axis in axes], list(range(-len(axes), 0)))
    done = (
        function(last.flatten(-len(axes)), -1).reshape(last.shape)
        if axes
        else function(x[..., None], -1)[..., 0]
    )
    return done.movedim(list(range(-len(axes), 0)), [1 + axis for axis in axes])


def onnx_of_joined(onnx: Any, operator: str, x: Any, axes: Sequence[int]) -> Any:
    """An operator of ONNX that works along its last axis, applied along another."""
    import numpy as np

    last = list(range(-len(axes), 0))
    turned = np.moveaxis(x, [1 + axis for axis in axes], last)
    done = onnx.run(operator, turned.reshape(*turned.shape[: x.ndim - len(axes)], -1), axis=-1)
    return np.moveaxis(done.reshape(turned.shape), last, [1 + axis for axis in axes])
