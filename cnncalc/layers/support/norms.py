"""What the kinds that normalise a sample by its own mean and variance have in common."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Layer, Shape, Work, options_of
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.options import flag, number, option


@options_of
class Norm(Layer):
    """(x - mean)/sqrt(variance + epsilon), of the values that are normalised together."""

    family: ClassVar[str] = "Normalisation"
    reasons: ClassVar[str] = "norm"

    affine: bool = option(flag, True, help="whether it learns a factor and a shift")
    epsilon: float = option(number, 1e-5, help="added to the variance")

    def output(self, x: Shape) -> Shape:
        return x

    def normalised(self, tool: Toolkit[Array, Windows], x: Array, *axes: int) -> Array:
        """The values, normalised over some axes together."""
        centred = x - tool.mean(x, *axes)
        variance = tool.mean(tool.square(centred), *axes)
        return centred * (1 / tool.sqrt(variance + self.epsilon))

    def normalising(self, x: Shape, sets: int) -> Work:
        """The work on a sample, whose values are normalised in so many sets."""
        values = product(x)
        affine = values if self.affine else 0
        return {
            # the sum for the mean; the mean subtracted; the sum of squares; epsilon added; the shift
            "add": (values - sets) + values + (values - sets) + sets + affine,
            # the squares; times 1/sqrt(variance + epsilon); the factor
            "multiply": values + values + affine,
            # the mean, the variance, and 1/sqrt
            "divide": 3 * sets,
            "sqrt": sets,
        }
