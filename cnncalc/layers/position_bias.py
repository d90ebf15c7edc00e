"""Position bias: a learned value added at each position."""

from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, elementwise, layer, spatial
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option


@layer
class PositionBias(Layer):
    """A bias for each position, the same for all channels, or with `shared: none` one for each value."""

    one_operation = True
    examples = (
        Example(
            "position_bias",
            "19x19x1",
            "19x19x1",
            {"params": 361, "biases": 361, "connections": 0, "macs": 0},
            "Silver et al. (2016), AlphaGo: a bias for each point of the board",
        ),
        Example(
            {"position_bias": {"shared": "none"}}, "4x5x3", "4x5x3", {"params": 60}, "4*5*3 values, by hand"
        ),
    )

    shared: str = option(
        choice("channels", "none"), "channels", help="which values of a position share a bias"
    )

    def output(self, x: Shape) -> Shape:
        spatial(self.kind, x)
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"bias": Weight((x[-1], *x[:-1]) if self.shared == "none" else x[:-1])}

    def work(self, x: Shape) -> Work:
        return elementwise(x, add=1)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        bias = weights["bias"]
        if self.shared == "none":
            return x + tool.permute(bias, *range(1, len(x.shape)), 0)
        return x + tool.reshape(bias, *bias.shape, 1)

    def torch_code(self, x: Source) -> Part | None:
        sizes = tuple(map(int, self.weights(x.shape)["bias"].shape))
        made = pytorch.own_module("PositionBias", ("sizes", sizes))
        return Part((made,), reads=FIRST, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        return keras.own_class(_KERAS, "PositionBias") if self.shared == "channels" else None


_TORCH = """
class PositionBias(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(sizes))

    def forward(self, x):
        return x + self.bias
"""


_KERAS = """
class PositionBias(layers.Layer):
    def build(self, shape):
        self.bias = self.add_weight(shape[1:-1], initializer="zeros", name="bias")

    def call(self, x):
        return x + self.bias[..., None]
"""
