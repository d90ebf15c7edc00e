"""The common base of the kinds that normalise: learned factors and shifts, and a sample's own statistics."""

from collections.abc import Mapping

from cnncalc.expr import product
from cnncalc.layers.support.base import Layer, Shape, Weight, Work, options_of
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.options import flag, number, option


@options_of
class Scaled(Layer):
    """Normalised values, times a learned factor, and a learned shift added."""

    family = "Normalisation"
    reason_family = "norm"

    affine: bool = option(flag, True, help="whether the layer learns factors and shifts")
    scale: bool = option(flag, True, help="whether the layer learns factors, where the layer learns any")
    shift: bool = option(flag, True, help="whether the layer learns shifts, where the layer learns any")
    epsilon: float = option(number, 1e-5, help="added to the variance")

    def output(self, x: Shape) -> Shape:
        return x

    @property
    def has_factor(self) -> bool:
        """Whether it learns a factor."""
        return self.affine and self.scale

    @property
    def has_shift(self) -> bool:
        """Whether it learns a shift."""
        return self.affine and self.shift

    def learned(self, each: Shape) -> dict[str, Weight]:
        """The factors and the shifts that it learns, as many of each."""
        factor = {"weight": Weight(each)} if self.has_factor else {}
        return factor | ({"bias": Weight(each)} if self.has_shift else {})

    def scaled(self, y: Array, weights: Mapping[str, Array]) -> Array:
        """Normalised values, multiplied and shifted."""
        y = y * weights["weight"] if self.has_factor else y
        return y + weights["bias"] if self.has_shift else y


@options_of
class Norm(Scaled):
    """(x - mean)/sqrt(variance + epsilon), of the values that are normalised together."""

    def normalised(self, tool: Toolkit[Array, Windows], x: Array, *axes: int) -> Array:
        """The values, normalised over some axes together."""
        centred = x - tool.mean(x, *axes)
        variance = tool.mean(tool.square(centred), *axes)
        return centred * (1 / tool.sqrt(variance + self.epsilon))

    def normalising(self, x: Shape, sets: int) -> Work:
        """The work on a sample, whose values are normalised in so many sets."""
        values = product(x)
        factors, shifts = (values if learned else 0 for learned in (self.has_factor, self.has_shift))
        return {
            # the sum for the mean; the mean subtracted; the sum of squares; epsilon added; the shift
            "add": (values - sets) + values + (values - sets) + sets + shifts,
            # the squares; times 1/sqrt(variance + epsilon); the factor
            "multiply": values + values + factors,
            # the mean, the variance, and 1/sqrt
            "divide": 3 * sets,
            "sqrt": sets,
        }
