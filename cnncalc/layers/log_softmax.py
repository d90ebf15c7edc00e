"""The logarithm of softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Activation, Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option
from cnncalc.layers.support.reach import EVERYTHING, Reading
from cnncalc.layers.support.softmaxing import of_joined, onnx_of_joined


@layer
class LogSoftmax(Activation):
    """x - max - log(sum of exp(x - max)), over the channels at each position, or over other dimensions."""

    channels_last: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example("log_softmax", "10", "10", {"params": 0, "connections": 0}, "the end of a classifier"),
    )

    over: AxesOption = option(axes, "channels", help="the dimensions that are summed over together")

    def _over(self, x: Shape) -> tuple[int, ...]:
        return places(x, self.over)

    def output(self, x: Shape) -> Shape:
        self._over(x)
        return x

    def reach(self, x: Shape) -> Reading:
        over = self._over(x)
        if over == (len(x) - 1,):
            return super().reach(x)
        return EVERYTHING if len(over) == len(x) else None

    def work(self, x: Shape) -> Work:
        values = product(x)
        sums = exact_div(values, product(x[axis] for axis in self._over(x)))
        # the largest of each sum, subtracted; exp; the sum and its logarithm, subtracted
        return {"compare": values - sums, "add": 3 * values - sums, "exp": values, "log": sums}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        over = self._over(x.shape)
        below = x - tool.largest(x, *over)
        return below - tool.log(tool.total(tool.exp(below), *over))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return of_joined(torch.log_softmax, x, self._over(x.shape[1:]))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx_of_joined(onnx, "LogSoftmax", x, self._over(x.shape[1:]))
