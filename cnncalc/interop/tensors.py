"""What a reader knows of a foreign value: which of our axes each of its axes is, and where the batch stands.

A foreign tensor carries a batch axis and an order of its own, (N, C, H, W); ours are (H, W, C). A transpose
that only names axes anew gives another `Tensor` of the same layer. No file's format is known here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from cnncalc.interop.outline import OutlineSource
from cnncalc.layers.support.base import Shape


class UnsupportedError(Exception):
    """An operator, or options of an operator, for which there is no layer kind."""


@dataclass(frozen=True, eq=False)
class Array:
    """An array that the file keeps, or that follows from such arrays alone. `read` gives its values.

    `role` is learned, buffer or constant; `name` is the stored array's own, also where axes were exchanged.
    """

    name: str
    shape: Shape
    role: str
    read: Callable[[], Any]
    zero: bool = False
    """Whether its values are known to be zero."""

    def transposed(self, order: Sequence[int]) -> "Array":
        return replace(
            self,
            shape=tuple(self.shape[axis] for axis in order),
            read=lambda: self.read().transpose(order),
        )

    def reshaped(self, shape: Shape) -> "Array":
        return (
            self
            if shape == self.shape
            else replace(self, shape=shape, read=lambda: self.read().reshape(shape))
        )


@dataclass(frozen=True, eq=False)
class Tensor:
    """A value that a layer or an input puts out, with the source's axes.

    `own` is the shape that the layer puts out; `sizes` are the source's, the batch divided out; `axes` says
    for each of the source's axes which of ours it is, or None where it has size 1 and no place there. `batch`
    is the source's axis that holds the batch, alone or with `outer` values outside of it and others inside.
    """

    source: OutlineSource
    own: Shape
    sizes: Shape
    axes: tuple[int | None, ...]
    batch: int | None = 0
    outer: int = 1
    """How many values of the batch's axis stand outside of the batch."""

    def __post_init__(self) -> None:
        if self.source.axes is None:
            # the first order of a layer's output is the order in which the source writes that output
            self.source.axes = tuple(own for own in self.axes if own is not None)

    @property
    def rank(self) -> int:
        return len(self.sizes)

    @property
    def order(self) -> list[int]:
        """The source's axes in the order of ours; those without a place are left out."""
        placed = {own: axis for axis, own in enumerate(self.axes) if own is not None}
        return [placed[own] for own in range(len(self.own)) if own in placed]

    def relabelled(
        self, sizes: Iterable[int], axes: Iterable[int | None], batch: int | None, outer: int | None = None
    ) -> "Tensor":
        """The same values under other axes of the source's."""
        outer = self.outer if outer is None else outer
        return replace(self, sizes=tuple(sizes), axes=tuple(axes), batch=batch, outer=outer)

    def transposed(self, order: Sequence[int]) -> "Tensor":
        batch = None if self.batch is None else list(order).index(self.batch)
        return self.relabelled((self.sizes[a] for a in order), (self.axes[a] for a in order), batch)


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from 0, given from 0 or from the end. Raises UnsupportedError where there is none."""
    if not -rank <= axis < max(rank, 1):
        raise UnsupportedError(f"axis {axis} of {rank}")
    return axis % rank if rank else 0


def groups_of(before: Sequence[int], after: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """How a reshape parts and joins axes: the least groups of axes (before, after) that hold as many values.

    >>> groups_of((4, 6, 5), (4, 2, 3, 5))
    [([0], [0]), ([1], [1, 2]), ([2], [3])]
    >>> groups_of((2, 3, 1), (6,))
    [([0, 1, 2], [0])]
    """
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(before) or j < len(after):
        own, other = ([i], [j]) if i < len(before) and j < len(after) else ([], [])
        if not own:
            # only sizes of 1 are left on one side: they go with the group before
            last = groups[-1] if groups else ([], [])
            last[0].extend(range(i, len(before)))
            last[1].extend(range(j, len(after)))
            return groups or [last]
        m, n = before[i], after[j]
        i, j = i + 1, j + 1
        while m != n:
            if m < n:
                if i >= len(before):
                    raise UnsupportedError(f"a reshape of {tuple(before)} to {tuple(after)}")
                own.append(i)
                m, i = m * before[i], i + 1
            else:
                if j >= len(after):
                    raise UnsupportedError(f"a reshape of {tuple(before)} to {tuple(after)}")
                other.append(j)
                n, j = n * after[j], j + 1
        groups.append((own, other))
    return groups


def batch_after(x: Tensor, target: Shape, samples: int) -> tuple[int | None, int]:
    """Which axis of a reshape's target holds the batch, and how many values of the axis stand outside of it.

    `target` counts the batch. Raises UnsupportedError where no axis can hold the batch.
    """
    if x.batch is None:
        return None, 1
    outside = prod(x.sizes[: x.batch]) * x.outer
    found: list[tuple[bool, int, int]] = []
    before = 1
    for axis, size in enumerate(target):
        within, rest = divmod(outside, before) if before else (0, 1)
        if not rest and within and size % (within * samples) == 0:
            # best an axis of its own, then one that the batch is the outermost of
            found.append((size != samples, within, axis))
        before *= size
    if found:
        _, outer, axis = min(found)
        return axis, outer
    if samples == 1:
        return None, 1
    raise UnsupportedError("a reshape that mixes the samples of the batch")
