"""Values that remember how they were made, for gradients and for probes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from cnncalc.execute.arrays import ArrayKernels

Numbers = np.ndarray[Any, np.dtype[Any]]
Pull = Callable[[Numbers], tuple[Numbers, ...]]
"""From the gradient of a result to the gradients of its operands."""
AnyValue = TypeVar("AnyValue", bound="Value")


class Value:
    """An array on its way, and the kernels that compute its operators.

    `trained` says whether weights that are trained are in the array, so that training wants its gradient;
    `computed`, whether inputs of the layer are in it, and not weights alone.
    """

    __slots__ = ("array", "computed", "tool", "trained")

    def __init__(self, array: Numbers, tool: ArrayKernels) -> None:
        self.array, self.tool = array, tool
        self.trained = self.computed = False

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def __add__(self, other: Value | float) -> Value:
        return self.tool.add(self, self.lift(other))

    def __radd__(self, other: float) -> Value:
        return self + other

    def __sub__(self, other: Value | float) -> Value:
        return self.tool.subtract(self, self.lift(other))

    def __mul__(self, other: Value | float) -> Value:
        return self.tool.multiply(self, self.lift(other))

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __truediv__(self, other: Value | float) -> Value:
        return self.tool.divide(self, self.lift(other))

    def __rtruediv__(self, other: float) -> Value:
        return self.tool.divide(self.lift(other), self)

    def __neg__(self) -> Value:
        return self.tool.negative(self)

    def lift(self, other: Value | float) -> Value:
        """A number as a value of the same type."""
        return other if isinstance(other, Value) else self.tool.constant(other, self)


class Patches(Value):
    """Windows: (N, positions ..., taps ..., channels).

    The masks say of each (position, tap), axis by axis, whether it is of the window at all, in the padded
    input, and in the input itself.
    """

    __slots__ = ("index", "inside", "members", "padded")

    index: Numbers | None

    def __init__(
        self,
        array: Numbers,
        tool: ArrayKernels,
        members: list[Numbers],
        padded: list[Numbers],
        inside: list[Numbers],
    ) -> None:
        super().__init__(array, tool)
        self.members, self.padded, self.inside = members, padded, inside
        self.index = None  # for a probe: which map each is, where those that are alike are kept once

    @property
    def rank(self) -> int:
        return len(self.members)

    @property
    def taps(self) -> tuple[int, ...]:
        """The axes of the taps."""
        return tuple(range(1 + self.rank, 1 + 2 * self.rank))

    @property
    def links(self) -> int:
        """Number of values that the windows hold, padding among them."""
        outer = self.array.shape[0] * self.array.shape[-1]
        return int(outer * math.prod(int(mask.sum()) for mask in self.members))


def shrunk(gradient: Numbers, shape: tuple[int, ...]) -> Numbers:
    """The gradient of an array that was stretched to the shape of `gradient`."""
    if gradient.shape == shape:
        return gradient
    leading = gradient.ndim - len(shape)
    stretched = tuple(i + leading for i, n in enumerate(shape) if n == 1)
    summed: Numbers = gradient.sum((*range(leading), *stretched), keepdims=True)
    return summed.reshape(shape)
