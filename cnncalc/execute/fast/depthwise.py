"""Depthwise convolution: one kernel a channel, so no matrix product; einsum multiplies and adds in one go."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.execute.fast.arrays import Array, Border, Pair, Scratch, SlidingWindow, Step, bands, merged
from cnncalc.execute.fast.finish import Finish


class Depthwise:
    """A convolution with as many groups as input channels and as output channels."""

    def __init__(self, weight: Array, window: SlidingWindow, finish: Finish) -> None:
        """weight is (C, 1, kernel rows, kernel columns)."""
        self.window = window
        self.finish = finish
        # (kernel rows, kernel columns, C)
        self.weight = np.ascontiguousarray(weight[:, 0].transpose(1, 2, 0))

    def border(self, size: Pair, out_size: Pair) -> Border:
        """The padding."""
        return self.window.border(size, out_size)

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H + border, W + border, C) -> out (N, H', W', C)."""
        (x,) = xs
        images, rows, columns, channels = out.shape
        windows = self.window.view(x, (rows, columns))
        flat = self.window.stride[1] == 1 and merged(x) is not None and merged(out) is not None
        weight = np.tile(self.weight, columns) if flat else self.weight
        steps: list[Step] = []
        for band in bands(images, rows, 2 * columns * channels):
            scratch.restart()
            source, target = windows[band], out[band]
            if flat:
                # with the weights repeated along the row, a whole row of outputs is one run per tap
                n, r, _, *kernel, _ = source.shape
                image, row, _, kernel_row, kernel_column, value = source.strides
                by_tap = as_strided(
                    source,
                    (n, r, *kernel, columns * channels),
                    (image, row, kernel_row, kernel_column, value),
                )
                steps.append(partial(np.einsum, "nrijv,ijv->nrv", by_tap, weight, out=merged(target)))
            else:
                steps.append(partial(np.einsum, "nrcijv,ijv->nrcv", source, self.weight, out=target))
            steps += self.finish.steps(target, target)
        return steps
