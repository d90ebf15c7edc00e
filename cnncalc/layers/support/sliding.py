"""The common base of the kinds that slide a window over their input."""

from cnncalc.expr import product
from cnncalc.layers.support.base import Layer, Shape, options_of, spatial
from cnncalc.layers.support.options import choice, option, padding, sizes
from cnncalc.layers.support.padding import Padding
from cnncalc.layers.support.windows import Axis, resolve

Sizes = int | tuple[int, ...]
ROUNDINGS = ("floor", "ceil", "exact")


@options_of
class Sliding(Layer):
    """A window of `kernel` pixels that moves by `stride` over the padded input."""

    family = "Convolutions"
    label_shows_window = True

    kernel: Sizes = option(sizes, symbol="F", help="the size of the window")
    stride: Sizes = option(sizes, 1, symbol="S", help="how far the window moves")
    padding: Padding = option(padding, 0, symbol="P", help="pixels added at each side; or same, valid, full")
    dilation: Sizes = option(sizes, 1, symbol="D", help="how far apart the taps of the kernel lie")
    rounding: str = option(choice(*ROUNDINGS), "floor", help="how a size that doesn't divide is rounded")

    def geometry(self, x: Shape) -> tuple[Axis, ...]:
        positions = spatial(self.kind, x).positions
        return resolve(positions, self.kernel, self.stride, self.padding, self.dilation, self.rounding)

    def positions(self, x: Shape) -> tuple[int, ...]:
        """The spatial sizes that come out."""
        return tuple(axis.output for axis in self.geometry(x))

    def taps(self, x: Shape) -> int:
        """Number of pixels that a window reads from one map: F*F."""
        return product(axis.kernel for axis in self.geometry(x))

    def pairs_inside(self, x: Shape) -> int:
        """The pairs of an output position and a tap that land on the input itself."""
        return product(axis.inside for axis in self.geometry(x))
