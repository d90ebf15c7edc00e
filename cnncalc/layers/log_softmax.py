"""The logarithm of softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import exact_div, product
from cnncalc.layers.support.base import Activation, Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option
from cnncalc.layers.support.windows import EVERYTHING, Reading


@layer
class LogSoftmax(Activation):
    """x - max - log(sum of exp(x - max)), over the channels at each position, or over all values."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example("log_softmax", "10", "10", {"params": 0, "connections": 0}, "the end of a classifier"),
    )

    over: str = option(
        choice("channels", "all"), "channels", help="what is summed over: the channels, or all values"
    )

    def reach(self, x: Shape) -> Reading:
        return EVERYTHING if self.over == "all" else super().reach(x)

    def work(self, x: Shape) -> Work:
        values = product(x)
        sums = 1 if self.over == "all" else exact_div(values, x[-1])
        # the largest of each sum, subtracted; exp; the sum and its logarithm, subtracted
        return {"compare": values - sums, "add": 3 * values - sums, "exp": values, "log": sums}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        axes = range(len(x.shape)) if self.over == "all" else (-1,)
        below = x - tool.largest(x, *axes)
        return below - tool.log(tool.total(tool.exp(below), *axes))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.log_softmax(x.flatten(1) if self.over == "all" else x, 1).reshape(x.shape)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_dims

        if self.over == "all":
            return onnx.Reshape(onnx.LogSoftmax(onnx.Flatten(x), axis=1), onnx_dims(x.shape))
        return onnx.LogSoftmax(x, axis=1)
