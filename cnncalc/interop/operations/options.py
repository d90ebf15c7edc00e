"""Values of a source as options and weights of a spec's layers."""

from collections.abc import Sequence
from typing import Any

from cnncalc.interop.tensors import Array, UnsupportedError

Pads = Sequence[tuple[int, int]]
LARGEST_FLOAT = 3.4028234663852886e38
"""The largest number of float32."""


def one_or_each(values: Sequence[int]) -> int | list[int]:
    """Numbers for each dimension as a spec writes them: one where all are equal.

    >>> one_or_each((3, 3)), one_or_each((1, 7))
    (3, [1, 7])
    """
    return values[0] if len(set(values)) == 1 else list(values)


def scale_or_size(given: Sequence[int], wanted: Sequence[int]) -> dict[str, int | list[int]]:
    """The option of an enlargement: its scale where that is whole, else the size that comes out.

    >>> scale_or_size((7, 7), (14, 21)), scale_or_size((7, 7), (10, 10))
    ({'scale': [2, 3]}, {'size': 10})
    """
    pairs = list(zip(wanted, given, strict=True))
    if all(n % m == 0 for n, m in pairs):
        return {"scale": one_or_each([n // m for n, m in pairs])}
    return {"size": one_or_each(wanted)}


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
