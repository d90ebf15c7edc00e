"""Softmax: values made positive and made to sum to 1."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.softmaxing import SoftmaxLike, softmax, softmax_work


@layer
class Softmax(SoftmaxLike):
    """exp(x - max)/sum of exp(x - max), over the channels at each position, or over other dimensions."""

    written_once = True
    operators = ("softmax", "Softmax")
    examples = (
        Example("softmax", "10", "10", {"params": 0, "connections": 0}, "the end of a classifier"),
        Example(
            {"softmax": {"over": "all"}},
            "19x19x1",
            "19x19x1",
            {"params": 0},
            "Silver et al. (2016): 361 points",
        ),
    )

    def work(self, x: Shape) -> Work:
        return softmax_work(product(x), product(x[axis] for axis in self._over(x)))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return softmax(tool, x, *self._over(x.shape))

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.softmax(x, self._over(shape))

    @property
    def keras_activation(self) -> str:
        return "softmax" if self.over in ("channels", -1) else ""
