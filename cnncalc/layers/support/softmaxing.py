"""What softmax, its logarithm and attention have in common."""

from __future__ import annotations

from cnncalc.expr import exact_div
from cnncalc.layers.support.base import Work
from cnncalc.layers.support.kernels import Array, Toolkit, Windows


def softmax(tool: Toolkit[Array, Windows], x: Array, *axes: int) -> Array:
    """exp(x - max)/sum of exp(x - max) over some axes together."""
    powers = tool.exp(x - tool.largest(x, *axes))
    return powers / tool.total(powers, *axes)


def softmax_work(values: int, together: int) -> Work:
    """The work on so many values, of which so many together come to 1."""
    sums = exact_div(values, together)
    # the largest of each sum, subtracted; exp; the sum; the division
    return {"compare": values - sums, "add": 2 * values - sums, "exp": values, "divide": values}
