"""Tile: the whole input again and again along its dimensions."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import long_shape, option


@layer
class Tile(Layer):
    """Dimension i comes `repeats[i]` times over, as a whole; the channels are the last of the dimensions."""

    family = "Values laid out anew"
    short_option = "repeats"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "Each dimension comes as many times over as is said.",
            "zh": "每个维度按给定次数整体重复。",
        }
    }
    channels_last = True
    has_positions = False
    examples = (
        Example(
            {"tile": [2, 3]},
            "4x5",
            "8x15",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of numpy.tile",
        ),
    )

    repeats: Shape = option(long_shape, help="how many times each dimension comes: positions, then channels")

    def output(self, x: Shape) -> Shape:
        if len(self.repeats) != len(x):
            message = f"{len(self.repeats)} repeats, and the input has {len(x)} dimensions"
            raise LayerError("bad_value", message, "one number for each, the channels last", "repeats")
        return tuple(size * times for size, times in zip(x, self.repeats, strict=True))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        for at, times in enumerate(self.repeats):
            x = tool.concat([x] * times, at) if times > 1 else x
        return x

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return x.tile(1, *self.repeats)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Tile(x, [1, *self.repeats])

    def torch_code(self, x: Source) -> Part | None:
        times = tuple(map(int, x._replace(shape=self.repeats).tensor))
        return Part((pytorch.function("{0}.tile({repeats})", repeats=(1, *times)),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("ops.tile({0}, {repeats})", repeats=(1, *map(int, self.repeats)))
