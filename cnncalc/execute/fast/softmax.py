"""Softmax."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnncalc.execute.fast.arrays import Array, Scratch, Step, Unbordered


class SoftmaxKernel(Unbordered):
    """exp(x - max) / sum of exp(x - max), over the channels at each position or over all values."""

    def __init__(self, over: str) -> None:
        """over is channels or all."""
        self.axes = (1, 2, 3) if over == "all" else (3,)

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, H, W, C), which may be x."""
        (x,) = xs
        one = scratch.take(*(1 if axis in self.axes else size for axis, size in enumerate(x.shape)))
        return [
            partial(np.maximum.reduce, x, axis=self.axes, keepdims=True, out=one),
            partial(np.subtract, x, one, out=out),
            partial(np.exp, out, out=out),
            partial(np.add.reduce, out, axis=self.axes, keepdims=True, out=one),
            partial(np.divide, out, one, out=out),
        ]
