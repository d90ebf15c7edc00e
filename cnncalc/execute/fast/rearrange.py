"""The same values in another order."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnncalc.execute.fast.arrays import Array, Scratch, Step, Unbordered


class FlattenKernel(Unbordered):
    """All values in one row: channel by channel (chw), or position by position (hwc)."""

    def __init__(self, order: str) -> None:
        """order is chw or hwc."""
        self.order = order

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, 1, 1, H * W * C)."""
        (x,) = xs
        source = x if self.order == "hwc" else x.transpose(0, 3, 1, 2)
        # a row of out may lie in a longer one, so that each is given its shape by itself
        return [
            partial(np.copyto, row[0, 0].reshape(image.shape), image)
            for image, row in zip(source, out, strict=True)
        ]
