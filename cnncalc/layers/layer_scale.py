"""Layer scale: a learned factor for each channel."""

from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, elementwise, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class LayerScale(Layer):
    """Every value times the factor of its channel. Source: Touvron et al. (2021)."""

    one_operation = True
    examples = (
        Example(
            "layer_scale",
            "56x56x96",
            "56x56x96",
            {"params": 96, "connections": 0, "macs": 0},
            "Liu et al. (2022), ConvNeXt-T, the first stage",
        ),
    )

    @property
    def scales_channels(self) -> bool:
        return True

    def output(self, x: Shape) -> Shape:
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"weight": Weight((x[-1],))}

    def work(self, x: Shape) -> Work:
        return elementwise(x, multiply=1)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x * weights["weight"]

    def torch_code(self, x: Source) -> Part | None:
        made = pytorch.own_module("LayerScale", ("channels", int(x.shape[-1])))
        return Part((made,), reads=LAST, last=True, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        return keras.own_class(_KERAS, "LayerScale")


_TORCH = """
class LayerScale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return x * self.weight
"""


_KERAS = """
class LayerScale(layers.Layer):
    def build(self, shape):
        size = shape[-1:]
        self.weight = self.add_weight(shape=size, initializer="ones", name="weight")

    def call(self, x):
        return x * self.weight
"""
