"""Where each map lies: maps that are never alive together share memory, which then stays in the cache."""

from collections.abc import Sequence
from typing import NamedTuple

LINE = 16  # floats in a cache line


class Need(NamedTuple):
    """A piece of memory: how many floats, from which task to which task (both included)."""

    floats: int
    first: int
    last: int


def lay_out(needs: Sequence[Need]) -> tuple[list[int], int]:
    """An offset for each need, and the size of the whole; the largest are placed first, as low as they go.

    >>> lay_out([Need(16, 0, 1), Need(32, 1, 2), Need(16, 2, 3)])
    ([32, 0, 32], 48)
    """
    offsets = [0] * len(needs)
    placed: list[int] = []
    for index in sorted(range(len(needs)), key=lambda index: -needs[index].floats):
        floats, first, last = needs[index]
        offset = 0
        for other in sorted(placed, key=offsets.__getitem__):
            alive = needs[other].first <= last and first <= needs[other].last
            if alive and offsets[other] < offset + floats:
                offset = max(offset, offsets[other] + -(-needs[other].floats // LINE) * LINE)
        offsets[index] = offset
        placed.append(index)
    return offsets, max(
        (offset + need.floats for offset, need in zip(offsets, needs, strict=True)), default=0
    )
