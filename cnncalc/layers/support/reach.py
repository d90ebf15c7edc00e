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
"""The most outputs whose spans are listed one by one; of a longer period the widest span stands for all."""


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
"""The reading of a layer's outputs: a reach for each axis, EVERYTHING, or None without positions."""


def output_spans(size: int, outputs: int, reads: Callable[[int], Span]) -> tuple[Span, ...]:
    """The spans that the outputs of one period read, outputs/gcd(size, outputs); () for a period of 1.

    >>> output_spans(4, 6, lambda o: (o * 4 // 6, o * 4 // 6))
    ((0, 0), (0, 0), (1, 1))
    """
    period = int(outputs) // gcd(size, outputs)
    return tuple(map(reads, range(period))) if 1 < period <= MOST_PHASES else ()
