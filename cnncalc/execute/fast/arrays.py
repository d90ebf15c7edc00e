"""What all kernels share: arrays (N, H, W, C), channels last; borders, views, bands, scratch memory.

A kernel is bound once to its inputs, its output and scratch memory; what comes back is a flat list of
steps, each one NumPy call on arrays that exist already. To run it is to call the steps in order: nothing is
allocated, sliced or decided on the way.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

Array = npt.NDArray[np.floating[Any]]
"""Of float32 or float64, all arrays of a run alike."""
Pair = tuple[int, int]
Step = Callable[[], object]

BAND = 1 << 19  # the values of a band of a large map: in float32, 2 MB, which stay in the cache
LARGEST_BAND = 1 << 22  # the values of a band at most, where weights are large
SCRATCH = 1 << 24  # address space only: pages that no kernel touches are never given out


class Border(NamedTuple):
    """Numbers of rows and columns of zeros around a map."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def around(self, other: "Border") -> "Border":
        """The smallest border that holds both."""
        return Border(*(max(pair) for pair in zip(self, other, strict=True)))


NO_BORDER = Border()


class Kernel(Protocol):
    """A prepared operation on maps: its weights are laid out, its geometry is fixed."""

    def border(self, size: Pair, out_size: Pair) -> Border:
        """The zeros that the input (rows, columns) must carry around it for an output of this size."""

    def bind(self, xs: Sequence[Array], out: Array, scratch: "Scratch") -> list[Step]:
        """The steps that write all of out (N, H', W', K) from the xs, each (N, H + border, W + border, C)."""


class Unbordered:
    """The part of a kernel that needs no border."""

    def border(self, size: Pair, out_size: Pair) -> Border:
        return NO_BORDER


@dataclass(frozen=True)
class SlidingWindow:
    """A sliding window over rows and columns. `padding` is the one before; the output tells the rest."""

    kernel: Pair
    stride: Pair = (1, 1)
    before: Pair = (0, 0)
    dilation: Pair = (1, 1)

    @property
    def extent(self) -> Pair:
        """Rows and columns from the first to the last value under the window."""
        return (self.kernel[0] - 1) * self.dilation[0] + 1, (self.kernel[1] - 1) * self.dilation[1] + 1

    def border(self, size: Pair, out_size: Pair) -> Border:
        """The zeros that the windows of an output of this size reach beyond the input."""
        after = [
            max(
                0,
                (out_size[axis] - 1) * self.stride[axis] + self.extent[axis] - self.before[axis] - size[axis],
            )
            for axis in (0, 1)
        ]
        return Border(self.before[0], after[0], self.before[1], after[1])

    def view(self, x: Array, out_size: Pair) -> Array:
        """The windows of the bordered x, uncopied: (N, H', W', kernel rows, kernel columns, C)."""
        image, row, column, channel = x.strides
        return as_strided(
            x,
            (x.shape[0], *out_size, *self.kernel, x.shape[3]),
            (
                image,
                row * self.stride[0],
                column * self.stride[1],
                row * self.dilation[0],
                column * self.dilation[1],
                channel,
            ),
        )


class Scratch:
    """Memory for values within one band of a kernel: always the same memory, so that it stays cached."""

    def __init__(self, dtype: npt.DTypeLike = np.float32) -> None:
        self._memory: Array = np.empty(SCRATCH, dtype)
        self._used = 0

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The type of the numbers."""
        return self._memory.dtype

    def restart(self) -> None:
        """Give out the memory from its beginning again; memory given out before may be overwritten."""
        self._used = 0

    def take(self, *shape: int) -> Array:
        """An array of this shape, its contents unknown."""
        size = math.prod(shape)
        if self._used + size > self._memory.size:
            self._memory = np.empty(max(size, 2 * self._memory.size), self._memory.dtype)
            self._used = 0
        array = self._memory[self._used : self._used + size].reshape(shape)
        self._used += -(-size // 16) * 16  # the next begins on a cache line
        return array


def bands(images: int, rows: int, row_size: int, weight_size: int = 0) -> Iterator[tuple[slice, slice]]:
    """Cut a batch of maps into (images, rows) of about BAND values each: several maps, or rows of one.

    row_size is how many values one row needs. Large weights, read anew for each band, make for larger bands.
    """
    per_band = max(1, min(max(BAND, weight_size), LARGEST_BAND) // max(1, row_size))
    if per_band >= rows:
        group = max(1, per_band // max(1, rows))
        for image in range(0, images, group):
            yield slice(image, min(image + group, images)), slice(0, rows)
        return
    even = -(-rows // -(-rows // per_band))  # no thin last band
    for image in range(images):
        for row in range(0, rows, even):
            yield slice(image, image + 1), slice(row, min(row + even, rows))


def merged(array: Array, axes: int = 2) -> Array | None:
    """A view with the last `axes` axes as one, or None where their values don't lie evenly in memory."""
    step = array.itemsize
    size = 1
    for axis in range(array.ndim - 1, array.ndim - axes - 1, -1):
        if array.shape[axis] > 1 and array.strides[axis] != step * size:
            return None
        size *= array.shape[axis]
    return as_strided(array, (*array.shape[:-axes], size), (*array.strides[:-axes], step))


def as_matrix(x: Array) -> Array | None:
    """x (N, H, W, C) as a matrix (N * H * W, C) without a copy, or None where its pixels don't lie evenly."""
    if x.shape[3] > 1 and x.strides[3] != x.itemsize:
        return None
    pixel = 0
    count = 1
    for axis in (2, 1, 0):
        if x.shape[axis] == 1:
            continue
        if count == 1:
            pixel = x.strides[axis]
        elif x.strides[axis] != pixel * count:
            return None
        count *= x.shape[axis]
    pixel = pixel or x.shape[3] * x.itemsize
    return (
        as_strided(x, (count, x.shape[3]), (pixel, x.itemsize)) if pixel >= x.shape[3] * x.itemsize else None
    )


def run(steps: Sequence[Step]) -> None:
    """Call every step."""
    for step in steps:
        step()
