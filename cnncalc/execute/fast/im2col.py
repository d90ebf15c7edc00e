"""Any convolution as matrix products: the windows of a band of rows are copied to be the rows of a matrix."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncalc.execute.fast.arrays import Array, Border, Pair, Scratch, SlidingWindow, Step, as_matrix, bands
from cnncalc.execute.fast.finish import Finish


class Im2col:
    """A convolution with any window and any number of groups."""

    def __init__(
        self,
        weight: Array,
        window: SlidingWindow,
        finish: Finish,
        groups: int = 1,
        *,
        as_it_comes: bool = False,
    ) -> None:
        """weight is (K, C / groups, kernel rows, kernel columns).

        It is laid out in the order in which windows lie; `as_it_comes`, the windows are in its own order.
        """
        outputs, inputs, rows, columns = weight.shape
        self.window = window
        self.finish = finish
        self.groups, self.as_it_comes = groups, as_it_comes
        self.weight: Array
        if as_it_comes:
            self.weight = weight.reshape(groups, outputs // groups, -1).transpose(0, 2, 1)
            return
        by_group = weight.reshape(groups, outputs // groups, inputs, rows, columns)
        # (groups, kernel rows * kernel columns * C / groups, K / groups): the order in which windows lie
        self.weight = np.ascontiguousarray(by_group.transpose(0, 3, 4, 2, 1)).reshape(
            groups, rows * columns * inputs, outputs // groups
        )

    def border(self, size: Pair, out_size: Pair) -> Border:
        """The padding."""
        return self.window.border(size, out_size)

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H + border, W + border, C) -> out (N, H', W', K)."""
        (x,) = xs
        images, rows, columns, outputs = out.shape
        windows = self.window.view(x, (rows, columns))
        row_size = columns * max(self.groups * self.weight.shape[1], outputs)
        steps: list[Step] = []
        for band in bands(images, rows, row_size, self.weight.size):
            scratch.restart()
            target = out[band]
            patches = self._patches(windows[band], scratch, steps)  # (groups, positions, depth)
            product = as_matrix(target) if target.flags.c_contiguous else None
            if product is None:
                product = scratch.take(target.size // outputs, outputs)
            if self.groups == 1:
                steps.append(partial(np.matmul, patches[0], self.weight[0], out=product))
            else:
                by_group = product.reshape(-1, self.groups, outputs // self.groups).transpose(1, 0, 2)
                steps.append(partial(np.matmul, patches, self.weight, out=by_group))
            steps += self.finish.steps(product.reshape(target.shape), target)
        return steps

    def _patches(self, windows: Array, scratch: Scratch, steps: list[Step]) -> Array:
        """Windows (N, H', W', kernel rows, kernel columns, C) as (groups, N * H' * W', depth).

        Where that takes a copy, the step that makes it is added to steps.
        """
        if self.groups == 1 and self.window.kernel == (1, 1):
            matrix = as_matrix(windows[..., 0, 0, :])
            if matrix is not None:
                return matrix[None]
        inputs = windows.shape[-1] // self.groups
        by_group = as_strided(
            windows,
            (self.groups, *windows.shape[:-1], inputs),
            (inputs * windows.strides[-1], *windows.strides),
        )
        if self.as_it_comes:
            by_group = np.moveaxis(by_group, -1, -3)
        patches = scratch.take(*by_group.shape)
        steps.append(partial(np.copyto, patches, by_group))
        return patches.reshape(self.groups, -1, self.weight.shape[1])
