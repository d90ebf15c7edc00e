"""How far back along an axis each output of a layer reads."""

from collections.abc import Callable
from enum import Enum
from math import gcd
from typing import NamedTuple

from cnncalc.expr import (
    Number,
)

Span = tuple[int, int]
MOST_PHASES = 1024
"""Beyond so many outputs before their reading repeats, it is told by its widest."""


class Reach(NamedTuple):
    """Along one axis: output o reads the input positions o*step + offset and the extent - 1 after it.

    Where the step is no whole number the outputs differ: `output_spans` has the first and the last position
    that each of the first outputs reads (None: nothing), output o + len(output_spans) reads
    len(output_spans)*step further on, and the extent is the widest. Of the positions in its extent an output
    reads every `tap_spacing`-th.
    """

    extent: int
    step: Number
    offset: int
    output_spans: tuple[Span | None, ...] = ()
    tap_spacing: int = 1


ITSELF = Reach(1, 1, 0)
"""Each output reads the input at its own position."""


class Whole(Enum):
    """The one value of its type: each output reads all positions of the input."""

    EVERYTHING = "everything"


EVERYTHING = Whole.EVERYTHING
Reading = tuple[Reach, ...] | Whole | None
"""What the outputs of a layer read: a reach for each axis, EVERYTHING, or None without positions."""


def output_spans(size: int, outputs: int, reads: Callable[[int], Span]) -> tuple[Span, ...]:
    """What each output reads, until it repeats: after outputs/gcd(size, outputs); () where all read alike.

    >>> output_spans(4, 6, lambda o: (o * 4 // 6, o * 4 // 6))
    ((0, 0), (0, 0), (1, 1))
    """
    period = int(outputs) // gcd(size, outputs)
    return tuple(map(reads, range(period))) if 1 < period <= MOST_PHASES else ()
