"""The common base of the kinds whose units read the whole input."""

from typing import ClassVar

from cnncalc.layers.support.base import Layer, Shape, options_of
from cnncalc.layers.support.options import count, option


@options_of
class Units(Layer):
    """A vector of `units` values, each of which comes from every value of the input."""

    family: ClassVar[str] = "Units that read everything"
    short_option: ClassVar[str] = "units"
    compact: ClassVar[tuple[str, str]] = ("", "units")
    counts_in_depth: ClassVar[bool] = True
    units_option: ClassVar[str] = "units"
    flattens: ClassVar[bool] = True
    reads_all: ClassVar[bool] = True

    units: int = option(count, symbol="K", help="how many values come out")

    def output(self, x: Shape) -> Shape:
        return (self.units,)
