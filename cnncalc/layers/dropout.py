"""Dropout: values left out at random in training; in inference, nothing."""

from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import fraction, option


@layer
class Dropout(Layer):
    """The identity, once trained. Source: Srivastava et al. (2014)."""

    short_option = "rate"
    compact = ("rate", "")
    keeps_values = True
    in_place = True
    one_operation = True
    examples = (
        Example(
            "dropout0.5",
            "4096",
            "4096",
            {"params": 0, "connections": 0},
            "Krizhevsky et al. (2012), after fc6",
        ),
    )

    rate: float = option(fraction, 0.5, help="the share of values left out")

    def output(self, x: Shape) -> Shape:
        return x

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x

    def torch_code(self, x: Source) -> Part | None:
        return Part((pytorch.module("Dropout", p=(self.rate, 0.5)),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        return Part((keras.keras_layer("Dropout", ("rate", self.rate)),), last=True)
