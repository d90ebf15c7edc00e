"""Crop: the border of each map cut off."""

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import Example, Layer, Shape, layer, spatial
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option, pads
from cnncalc.layers.support.padding import Padding, both_sides
from cnncalc.layers.support.reach import Reach


@layer
class Crop(Layer):
    """N - P_begin - P_end along each dimension."""

    family = "Values laid out anew"
    short_option = "padding"
    compact = ("padding", "")
    one_operation = True
    takes_part = True
    examples = (
        Example(
            "crop4",
            "64x64x512",
            "56x56x512",
            {"params": 0, "connections": 0, "macs": 0},
            "Ronneberger et al. (2015), U-Net, the first skip",
        ),
        Example({"crop": [[0, 1], [2, 0]]}, "5x5x1", "4x3x1", {}, "by hand"),
    )

    padding: Padding = option(pads, symbol="P", help="positions cut off at each side")

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        left = []
        for n, (before, after) in zip(positions, both_sides(self.padding, len(positions)), strict=True):
            if before + after >= n:
                raise LayerError(
                    "window_too_large",
                    f"cutting {int(before)} and {int(after)} leaves nothing of {int(n)}",
                    f"at most {int(n) - 1} together",
                    "padding",
                )
            left.append(n - before - after)
        return (*left, channels)

    def reach(self, x: Shape) -> tuple[Reach, ...]:
        return tuple(Reach(1, 1, before) for before, _ in both_sides(self.padding, len(x) - 1))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        for axis, (before, after) in enumerate(both_sides(self.padding, len(x.shape) - 1)):
            x = tool.part(x, axis, before, x.shape[axis] - after)
        return x

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.padded([(-before, -after) for before, after in both_sides(self.padding, x.rank)], x)

    def keras_code(self, x: Source) -> Part | None:
        spans = both_sides(self.padding, x.rank)
        return Part((keras.bordered(spans, "Cropping"),), last=True) if x.rank <= 3 else None
