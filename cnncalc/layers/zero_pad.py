"""Zero padding: zeros around each map."""

from cnncalc.layers.support.base import Example, Layer, Shape, layer, spatial
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option, pads
from cnncalc.layers.support.padding import Padding, both_sides
from cnncalc.layers.support.reach import Reach


@layer
class ZeroPad(Layer):
    """N + P_begin + P_end along each dimension."""

    family = "Values laid out anew"
    short_option = "padding"
    compact = ("padding", "")
    one_operation = True
    examples = (
        Example(
            "zero_pad3",
            "224x224x3",
            "230x230x3",
            {"params": 0, "connections": 0, "macs": 0},
            "Keras's ResNet50, conv1_pad",
        ),
        Example(
            {"zero_pad": [[2, 0], [1, 1]]},
            "3x3x1",
            "5x5x1",
            {},
            "the documentation of PyTorch's ZeroPad2d",
        ),
    )

    padding: Padding = option(pads, symbol="P", help="zeros added at each side")

    def output(self, x: Shape) -> Shape:
        positions, channels = spatial(self.kind, x)
        sides = both_sides(self.padding, len(positions))
        return (*(n + before + after for n, (before, after) in zip(positions, sides, strict=True)), channels)

    def reach(self, x: Shape) -> tuple[Reach, ...]:
        return tuple(Reach(1, 1, -before) for before, _ in both_sides(self.padding, len(x) - 1))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        sides = both_sides(self.padding, len(x.shape) - 1)
        return tool.pad(x, dict(enumerate(sides)))

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.padded(both_sides(self.padding, x.rank), x)

    def keras_code(self, x: Source) -> Part | None:
        return Part((keras.bordered(both_sides(self.padding, x.rank)),), last=True) if x.rank <= 3 else None
