"""Operations value by value: sums, a scale and shift a channel, activations."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnncalc.execute.fast.arrays import Array, Scratch, Step, Unbordered, bands, merged
from cnncalc.execute.fast.finish import Finish


class AddKernel(Unbordered):
    """The sum of several maps, finished."""

    def __init__(self, finish: Finish) -> None:
        """Keep what follows."""
        self.finish = finish

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """Each x (N, H, W, C) -> out (N, H, W, C), which may be one of them."""
        images, rows, columns, channels = out.shape
        steps: list[Step] = []
        for band in bands(images, rows, (len(xs) + 1) * columns * channels):
            target = out[band]
            steps.append(partial(np.add, xs[0][band], xs[1][band], out=target))
            steps += [partial(np.add, target, x[band], out=target) for x in xs[2:]]
            steps += self.finish.steps(target, target)
        return steps


class Affine(Unbordered):
    """scale * x + shift channel by channel (a batch normalisation that nothing takes in), finished."""

    def __init__(self, scale: Array, shift: Array, activation: str | None = None) -> None:
        """Both are (C,)."""
        self.scale = scale
        self.finish = Finish(shift, activation)

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, H, W, C), which may be x."""
        (x,) = xs
        images, rows, columns, channels = out.shape
        steps: list[Step] = []
        for band in bands(images, rows, 2 * columns * channels):
            source, target = x[band], out[band]
            lines, target_lines = merged(source), merged(target)
            if lines is None or target_lines is None:
                steps.append(partial(np.multiply, source, self.scale, out=target))
            else:
                steps.append(partial(np.multiply, lines, np.tile(self.scale, columns), out=target_lines))
            steps += self.finish.steps(target, target)
        return steps


class Activate(Unbordered):
    """An activation on its own."""

    def __init__(self, activation: str) -> None:
        """activation is one of ACTIVATIONS."""
        self.finish = Finish(None, activation)

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, H, W, C), which may be x."""
        (x,) = xs
        images, rows, columns, channels = out.shape
        steps: list[Step] = []
        for band in bands(images, rows, 2 * columns * channels):
            steps += self.finish.steps(x[band], out[band], keep=True)
        return steps
