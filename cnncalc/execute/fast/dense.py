"""A dense layer."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnncalc.execute.fast.arrays import Array, Scratch, Step, Unbordered
from cnncalc.execute.fast.finish import Finish


class DenseKernel(Unbordered):
    """y = W x + b, finished."""

    def __init__(self, weight: Array, finish: Finish) -> None:
        """weight is (K, C), as it comes: it is read once a run, so that no other layout pays for its copy."""
        self.weight = weight
        self.finish = finish

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, H, W, K)."""
        (x,) = xs
        alone = x.shape[1:3] == (1, 1)
        read, written = (x[:, 0, 0], out[:, 0, 0]) if alone else (x, out)
        return [
            partial(np.matmul, read, self.weight.T, out=written),
            *self.finish.steps(out, out),
        ]
