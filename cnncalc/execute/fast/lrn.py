"""Local response normalisation across channels."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnncalc.execute.fast.arrays import Array, Scratch, Step, Unbordered, bands


class LocalResponseNorm(Unbordered):
    """x / (k + alpha / size * sum of squares over `size` neighbouring channels) ** beta."""

    def __init__(self, size: int, alpha: float, beta: float, k: float) -> None:
        """size channels, of which (size - 1) // 2 ... come before and size // 2 after."""
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, H, W, C), which may be x."""
        (x,) = xs
        images, rows, columns, channels = out.shape
        before = self.size // 2
        steps: list[Step] = []
        for band in bands(images, rows, 3 * columns * channels):
            scratch.restart()
            source, target = x[band], out[band]
            n, r = source.shape[:2]
            # squares lie among zeros, so that every window of channels is whole
            squares = scratch.take(n, r, columns, channels + self.size - 1)
            total = scratch.take(n, r, columns, channels)
            steps.append(partial(squares.fill, 0))
            inner = squares[..., before : before + channels]
            steps.append(partial(np.multiply, source, source, out=inner))
            shifted = [squares[..., shift : shift + channels] for shift in range(self.size)]
            steps.append(partial(np.copyto, total, shifted[0]))
            steps += [partial(np.add, total, other, out=total) for other in shifted[1:]]
            steps.append(partial(np.multiply, total, self.alpha / self.size, out=total))
            steps.append(partial(np.add, total, self.k, out=total))
            steps += _power(total, self.beta, scratch)
            steps.append(partial(np.divide, source, total, out=target))
        return steps


def _power(values: Array, exponent: float, scratch: Scratch) -> list[Step]:
    """values ** exponent in place; square roots where they do, since NumPy's power is twenty times slower."""
    if exponent == 0.5:
        return [partial(np.sqrt, values, out=values)]
    if exponent == 0.75:
        root = scratch.take(*values.shape)
        return [
            partial(np.sqrt, values, out=values),
            partial(np.sqrt, values, out=root),
            partial(np.multiply, values, root, out=values),
        ]
    return [partial(np.power, values, exponent, out=values)]
