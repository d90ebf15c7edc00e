"""The common base of the kinds whose units read the whole input."""

from cnncalc.layers.support.base import Layer, Shape, options_of
from cnncalc.layers.support.options import count, option


@options_of
class Units(Layer):
    """A vector of `units` values, each of which comes from every value of the input."""

    family = "Units that read everything"
    short_option = "units"
    compact = ("", "units")
    counts_in_depth = True
    units_option = "units"
    flattens = True
    reads_all = True

    units: int = option(count, symbol="K", help="how many values come out")

    def output(self, x: Shape) -> Shape:
        return (self.units,)
