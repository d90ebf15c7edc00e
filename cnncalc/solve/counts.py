"""Backwards from a count: the number of filters that has so many parameters, the layers that see so far."""

from collections.abc import Callable
from typing import NamedTuple

from cnncalc.analysis.receptive_field import Field
from cnncalc.layers.support.reach import Reach

MOST = 10**9
"""The largest number that is tried."""


class Found(NamedTuple):
    """The number that gives the wanted count; None where none does, with the numbers on both sides of it."""

    number: int | None
    below: tuple[int, int] | None
    above: tuple[int, int] | None

    @property
    def nearest(self) -> list[tuple[int, int]]:
        """The numbers on both sides of the wanted count, each with its own count."""
        return [pair for pair in (self.below, self.above) if pair is not None]


def whole_number(count: Callable[[int], int], wanted: int) -> Found:
    """The whole number from 1 whose count is wanted; the count grows with the number.

    >>> whole_number(lambda k: 76 * k, 456)
    Found(number=6, below=None, above=None)
    >>> whole_number(lambda k: 76 * k, 460)
    Found(number=None, below=(6, 456), above=(7, 532))
    """
    high = 1
    while count(high) < wanted and high < MOST:
        high *= 2
    low = 0
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < wanted else (low, middle)
    if count(high) == wanted:
        return Found(high, None, None)
    return Found(None, (low, count(low)) if low else None, (high, count(high)))


class Depth(NamedTuple):
    """A stack of equal layers that sees a field: how many there are, and how far the last of them sees."""

    layers: int
    sizes: tuple[int, ...]
    """The receptive field after each layer."""


def layers_that_see(field: int, kernel: int, stride: int = 1, dilation: int = 1) -> Depth | None:
    """The fewest equal layers that see `field` pixels: r' = r + D(F - 1)j, j' = j*S. None where none do.

    >>> layers_that_see(7, 3)
    Depth(layers=3, sizes=(3, 5, 7))
    """
    if field > 1 and kernel == 1:
        return None
    seen, layer = Field(1, 1, 0), Reach(dilation * (kernel - 1) + 1, stride, 0)
    sizes: list[int] = []
    while seen.size < field and len(sizes) < MOST_LAYERS:
        seen = seen.through(layer)
        sizes.append(int(seen.size))
    return Depth(len(sizes), tuple(sizes)) if seen.size >= field else None


MOST_LAYERS = 10_000
"""The most layers of a stack."""
