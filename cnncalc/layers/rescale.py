"""Rescale: a fixed factor and a fixed offset, for all values or for each channel."""

from collections.abc import Sequence
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import Activation, Example, Shape, Work, elementwise, layer
from cnncalc.layers.support.code import LAST, Part, Source, Step, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option, reader


@reader(
    "a number, or a list with one for each channel",
    {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}, "minItems": 1}]},
)
def by_channel(value: Any) -> float | tuple[float, ...]:
    """One number, or one for each channel."""
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return tuple(map(number, value))
    return number(value)  # type: ignore[no-any-return]


@layer
class Rescale(Activation):
    """scale*x + offset: arithmetic with numbers, one for all or one for each channel.

    A factor of 1 and an offset of 0 take no work.
    """

    short_option = "scale"
    one_operation = True
    examples = (
        Example(
            {"rescale": {"scale": 0.00784313725490196, "offset": -1}},
            "224x224x3",
            "224x224x3",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of Keras's Rescaling: pixels from 0..255 to -1..1",
        ),
        Example(
            {"rescale": {"scale": [2, 0.5], "offset": [0, 1]}}, "4x4x2", "4x4x2", {"params": 0}, "by hand"
        ),
    )

    scale: float | tuple[float, ...] = option(by_channel, 1.0, help="the factor")
    offset: float | tuple[float, ...] = option(
        by_channel, 0.0, help="the number added after the multiplication"
    )

    @property
    def scales_channels(self) -> bool:
        return True

    def output(self, x: Shape) -> Shape:
        for name, given in (("scale", self.scale), ("offset", self.offset)):
            if isinstance(given, tuple) and len(given) != x[-1]:
                message = f"{name} has {len(given)} numbers, and the input has {int(x[-1])} channels"
                raise LayerError("bad_value", message, "one number, or one for each channel", name)
        return x

    def work(self, x: Shape) -> Work:
        return elementwise(x, multiply=int(self.scale != 1), add=int(self.offset != 0))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = x * self._factor(tool, self.scale, x) if self.scale != 1 else x
        return y + self._factor(tool, self.offset, y) if self.offset != 0 else y

    def _factor(
        self, tool: Toolkit[Array, Windows], given: float | tuple[float, ...], x: Array
    ) -> Array | float:
        """A number as it is; one for each channel as an array."""
        return tool.constant(list(given), x) if isinstance(given, tuple) else given

    def torch_code(self, x: Source) -> Part | None:
        if not isinstance(self.scale, tuple) and not isinstance(self.offset, tuple):
            factor = "{scale} * {0}" if self.scale != 1 else "{0}"
            told = f"{factor} + {{offset}}" if self.offset != 0 else factor
            values = {"scale": self.scale, "offset": self.offset}
            said = {name: value for name, value in values.items() if f"{{{name}}}" in told}
            return Part((Step(None, told, said, infix=bool(said)),), last=x.last)
        made = pytorch.own_module("Rescale", ("scale", self.scale), ("offset", self.offset))
        return Part((made,), reads=LAST, last=True, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        made = keras.keras_layer("Rescaling", ("scale", self.scale), offset=(self.offset, 0.0))
        return Part((made,), last=True)


_TORCH = """
class Rescale(nn.Module):
    def __init__(self, scale, offset):
        super().__init__()
        self.register_buffer("scale", torch.tensor(scale), persistent=False)
        self.register_buffer("offset", torch.tensor(offset), persistent=False)

    def forward(self, x):
        return self.scale * x + self.offset
"""
