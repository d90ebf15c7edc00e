"""Softmax: values made positive and made to sum to 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Activation, Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import option
from cnncalc.layers.support.reach import EVERYTHING, Reading
from cnncalc.layers.support.softmaxing import of_joined, onnx_of_joined, softmax, softmax_work


@layer
class Softmax(Activation):
    """exp(x - max)/sum of exp(x - max), over the channels at each position, or over other dimensions."""

    written_once: ClassVar[bool] = True
    channels_last: ClassVar[bool] = True
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

    over: AxesOption = option(axes, "channels", help="the dimensions whose values sum to 1 together")

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
        return softmax_work(product(x), product(x[axis] for axis in self._over(x)))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return softmax(tool, x, *self._over(x.shape))

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.softmax(x, self._over(shape))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return of_joined(torch.softmax, x, self._over(x.shape[1:]))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx_of_joined(onnx, "Softmax", x, self._over(x.shape[1:]))
