"""Pooling, first down the columns and then along the rows: a k x k window takes 2 k passes, not k * k."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from cnncalc.execute.fast.arrays import Array, Scratch, SlidingWindow, Step, Unbordered, bands


class MaxPoolKernel(Unbordered):
    """The largest value under each window; padding never is."""

    def __init__(self, window: SlidingWindow) -> None:
        """Keep the window."""
        self.window = window

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, H', W', C)."""
        (x,) = xs
        return _pool(np.maximum, self.window, x, out, scratch)


class AveragePool(Unbordered):
    """The mean under each window."""

    def __init__(self, window: SlidingWindow, after: tuple[int, int], *, count_padding: bool) -> None:
        """With count_padding the divisor counts padding: `after` is how much of it follows the map."""
        self.window = window
        self.after = after
        self.count_padding = count_padding

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, H', W', C)."""
        (x,) = xs
        down, along = (self._counts(axis, x.shape[axis + 1], out.shape[axis + 1]) for axis in (0, 1))
        counts = np.multiply.outer(down, along)
        steps = _pool(np.add, self.window, x, out, scratch)
        if (counts == counts[0, 0]).all():
            steps.append(partial(np.multiply, out, float(1 / counts[0, 0]), out=out))
        else:
            steps.append(partial(np.divide, out, counts[:, :, None].astype(out.dtype), out=out))
        return steps

    def _counts(self, axis: int, size: int, out_size: int) -> npt.NDArray[np.float64]:
        """Number of values along one axis that each window divides by."""
        before, after = (self.window.before[axis], self.after[axis]) if self.count_padding else (0, 0)
        taps = np.arange(self.window.kernel[axis]) * self.window.dilation[axis]
        places = np.arange(out_size)[:, None] * self.window.stride[axis] - self.window.before[axis] + taps
        counted = (places >= -before) & (places < size + after)
        return np.asarray(counted.sum(axis=1), np.float64)


class GlobalAverage(Unbordered):
    """The mean of each channel."""

    def bind(self, xs: Sequence[Array], out: Array, scratch: Scratch) -> list[Step]:
        """x (N, H, W, C) -> out (N, 1, 1, C)."""
        (x,) = xs
        pixels = x.shape[1] * x.shape[2]
        target = out[:, 0, 0]
        return [
            partial(np.add.reduce, x, axis=(1, 2), out=target),
            partial(np.multiply, target, 1 / pixels, out=target),
        ]


def _pool(function: np.ufunc, window: SlidingWindow, x: Array, out: Array, scratch: Scratch) -> list[Step]:
    """The windows of x (N, H, W, C) reduced by function into out (N, H', W', C); padding takes no part."""
    images, rows = out.shape[:2]
    width, channels = x.shape[2:]
    steps: list[Step] = []
    for of_images, of_rows in bands(images, rows, 2 * width * channels):
        scratch.restart()
        target = out[of_images, of_rows]
        down = scratch.take(target.shape[0], target.shape[1], width, channels)
        _reduce(function, window, 0, x[of_images], down, of_rows.start, steps)
        _reduce(function, window, 1, down, target, 0, steps)
    return steps


def _reduce(
    function: np.ufunc, window: SlidingWindow, axis: int, x: Array, out: Array, start: int, steps: list[Step]
) -> None:
    """Reduce the windows along one axis (0: rows, 1: columns) of x; out begins with the window `start`."""
    stride, size, count = window.stride[axis], x.shape[axis + 1], out.shape[axis + 1]
    taps = []
    for tap in range(window.kernel[axis]):
        offset = tap * window.dilation[axis] - window.before[axis]
        first = max(start, -(offset // stride))  # the first window whose value at this tap is not padding
        last = min(start + count - 1, (size - 1 - offset) // stride)
        if first <= last:
            taps.append((first - start, last - start + 1, first * stride + offset))
    # the taps that every window has come first: out holds nothing yet that others could be reduced with
    taps.sort(key=lambda tap: tap[0] - tap[1])
    values = [_along(axis, x, place, first, last, stride) for first, last, place in taps]
    parts = [_slice(axis, out, first, last) for first, last, _ in taps]
    whole = sum(last - first == count for first, last, _ in taps)
    if whole >= 2:
        steps.append(partial(function, values[0], values[1], out=out))
    elif whole == 1:
        steps.append(partial(np.copyto, out, values[0]))
    else:
        steps.append(partial(out.fill, -np.inf if function is np.maximum else 0))
    rest = slice(min(whole, 2), None)
    steps += [
        partial(function, part, value, out=part)
        for part, value in zip(parts[rest], values[rest], strict=True)
    ]


def _along(axis: int, x: Array, place: int, first: int, last: int, stride: int) -> Array:
    """The values of x that windows first to last have at one tap, the first of them at this place."""
    return _slice(axis, x, place, place + (last - first - 1) * stride + 1, stride)


def _slice(axis: int, x: Array, first: int, last: int, step: int = 1) -> Array:
    """x[first:last:step] along rows or columns."""
    return x[:, first:last:step] if axis == 0 else x[:, :, first:last:step]
