"""A dense layer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnncalc.execute.fast.arrays import Array, Scratch, Step, Unbordered
from cnncalc.execute.fast.finish import Finish


class Dense(Unbordered):
    """y = W x + b, finished."""

    def __init__(self, weight: Array, finish: Finish) -> None:
        """weight is (K, C), as it comes: it is read once a run, so that no other layout pays for its copy."""
        self.weight = weight
        self.finish = finish

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, 1, 1, C) -> out (N, 1, 1, K)."""
        (x,) = xs
        return [
            partial(np.matmul, x[:, 0, 0], self.weight.T, out=out[:, 0, 0]),
            *self.finish.steps(out, out),
        ]
