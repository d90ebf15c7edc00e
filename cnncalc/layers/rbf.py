"""Euclidean radial basis function units: the squared distance of the input from each unit's centre."""

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Weight, Work, layer
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows, flat
from cnncalc.layers.support.options import count, flag, option
from cnncalc.layers.support.units import Units


@layer
class Rbf(Units):
    """LeNet-5's output: its centres are 7x12 bitmaps, kept and not learned, unless `trainable: true`."""

    examples = (
        Example(
            "rbf-10",
            "84",
            "10",
            {"params": 0, "buffers": 840, "connections": 840, "macs": 0},
            "LeCun et al. (1998), OUTPUT",
        ),
        Example(
            {"rbf": {"units": 10, "trainable": True}},
            "84",
            "10",
            {"params": 840, "buffers": 0},
            "centres learned",
        ),
    )

    units: int = option(count, symbol="K", help="how many centres")
    trainable: bool = option(flag, False, help="whether the centres are learned")

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"weight": Weight((self.units, product(x)), self.trainable)}

    def connections(self, x: Shape) -> int:
        return product(x) * self.units

    def work(self, x: Shape) -> Work:
        links = self.connections(x)
        # subtract, square, and sum
        return {"add": 2 * links - self.units, "multiply": links}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.distances(flat(tool, x), weights["weight"])

    def torch_code(self, x: Source) -> Part | None:
        before = (pytorch.flattened(),) if x.rank else ()
        made = pytorch.own_module(
            "RBF",
            ("in_features", int(product(x.shape))),
            ("out_features", int(self.units)),
            trainable=(self.trainable, False),
        )
        return Part((*before, made), len(before), FIRST, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        made = keras.own_class(_KERAS, "RBF", ("units", int(self.units)), trainable=(self.trainable, False))
        return made._replace(steps=(keras.keras_layer("Flatten"), *made.steps), own=1) if x.rank else made


_TORCH = """
class RBF(nn.Module):
    def __init__(self, in_features, out_features, trainable=False):
        super().__init__()
        centres = torch.zeros(out_features, in_features)
        if trainable:
            self.weight = nn.Parameter(centres)
        else:
            self.register_buffer("weight", centres)

    def forward(self, x):
        return (x[:, None] - self.weight).square().sum(-1)
"""
_KERAS = """
class RBF(layers.Layer):
    def __init__(self, units, trainable=False, **kwargs):
        super().__init__(trainable=trainable, **kwargs)
        self.units = units

    def build(self, shape):
        self.weight = self.add_weight(shape=(self.units, shape[-1]), name="weight")

    def call(self, x):
        return ops.sum(ops.square(x[:, None] - self.weight), axis=-1)
"""
