"""Select: one slice of a dimension, which is gone."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.errors import LayerError
from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import integer, option


@layer
class Select(Layer):
    """The values at `index` of a dimension, counted from 0, or backwards from -1; a lone value is (1,)."""

    family = "Values laid out anew"
    short_option = "index"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "One slice of a dimension is taken, and the dimension goes.",
            "zh": "取某一维上的一个切片，该维随之消失。",
        }
    }
    one_operation = True
    has_positions = False
    takes_part = True
    examples = (
        Example(
            {"select": 0},
            "197x768",
            "768",
            {"params": 0, "connections": 0, "macs": 0},
            "Dosovitskiy et al. (2020), Vision Transformer: the class token is what the head reads",
        ),
        Example(
            {"select": {"index": -1, "axis": "channels"}}, "4x5x3", "4x5", {}, "the last channel, by hand"
        ),
    )

    index: int = option(integer, help="which slice, from 0; -1 is the last")
    axis: AxisOption = option(axis, 0, help="the dimension")

    def output(self, x: Shape) -> Shape:
        at = self._at(x)
        return (*x[:at], *x[at + 1 :]) or (1,)

    def _at(self, x: Shape) -> int:
        at = place(x, self.axis)
        if not -x[at] <= self.index < x[at]:
            message = f"index = {self.index}, and the dimension has {int(x[at])}"
            raise LayerError("bad_value", message, f"0 to {int(x[at]) - 1}", "index")
        return at

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        at = self._at(x.shape)
        first = self.index % x.shape[at]
        return tool.reshape(tool.part(x, at, first, first + 1), *self.output(x.shape))

    def torch_code(self, x: Source) -> Part | None:
        # without the channels, the last axis of positions takes their place
        axis = self._at(x.shape)
        colons = ":, " * x.dim(axis)
        first = pytorch.function(f"{{0}}[{colons}{{index}}]", index=int(self.index))
        steps = (first,) if x.rank else (first, pytorch.function("{0}[:, None]"))
        return Part(steps, last=x.last or axis == x.rank)

    def keras_code(self, x: Source) -> Part | None:
        if not x.rank:
            return None
        return keras.function(f"{{0}}[{':, ' * x.dim(self._at(x.shape))}{{index}}]", index=int(self.index))
