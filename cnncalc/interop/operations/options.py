"""Values of a source as options and weights of a spec's layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.interop.tensors import Array, UnsupportedError

Pads = Sequence[tuple[int, int]]


def one_or_each(values: Sequence[int]) -> int | list[int]:
    """Numbers for each dimension as a spec writes them: one where all are equal.

    >>> one_or_each((3, 3)), one_or_each((1, 7))
    (3, [1, 7])
    """
    return values[0] if len(set(values)) == 1 else list(values)


def padding(pads: Pads) -> int | list[int] | list[list[int]]:
    """Pairs (before, after) as a spec writes them.

    >>> padding([(1, 1), (1, 1)]), padding([(0, 1), (0, 1)])
    (1, [[0, 1], [0, 1]])
    """
    if all(before == after for before, after in pads):
        return one_or_each([before for before, _ in pads])
    return [list(pair) for pair in pads]


def array(value: Any, what: str) -> Array:
    """A value that must be an array of the file."""
    if not isinstance(value, Array):
        raise UnsupportedError(f"{what} that the network computes")
    return value


def learned_arrays(weight: Array, bias: Array | None) -> dict[str, Array]:
    """The arrays of a layer by their names; without a bias where there is none."""
    return {"weight": weight} | ({"bias": bias} if bias is not None else {})
