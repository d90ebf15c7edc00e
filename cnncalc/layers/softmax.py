"""Softmax: values made positive and made to sum to 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import exact_div, product
from cnncalc.layers.support.base import Activation, Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option
from cnncalc.layers.support.windows import EVERYTHING, Reading


@layer
class Softmax(Activation):
    """exp(x - max)/sum of exp(x - max), over the channels at each position, or over all values."""

    written_once: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("softmax", "10", "10", {"params": 0, "connections": 0}, "the end of a classifier"),
        Example(
            {"softmax": {"over": "all"}},
            "19x19x1",
            "19x19x1",
            {"params": 0},
            "Silver et al. (2016): 361 points",
        ),
    )

    over: str = option(
        choice("channels", "all"), "channels", help="what sums to 1: the channels, or all values"
    )

    def reach(self, x: Shape) -> Reading:
        return EVERYTHING if self.over == "all" else super().reach(x)

    def work(self, x: Shape) -> Work:
        values = product(x)
        sums = 1 if self.over == "all" else exact_div(values, x[-1])
        # the largest of each sum, subtracted; exp; the sum; the division
        return {"compare": values - sums, "add": 2 * values - sums, "exp": values, "divide": values}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        axes = range(len(x.shape)) if self.over == "all" else (-1,)
        powers = tool.exp(x - tool.largest(x, *axes))
        return powers / tool.total(powers, *axes)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.softmax(x.flatten(1) if self.over == "all" else x, 1).reshape(x.shape)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_dims

        if self.over == "all":
            return onnx.Reshape(onnx.Softmax(onnx.Flatten(x), axis=1), onnx_dims(x.shape))
        return onnx.Softmax(x, axis=1)
