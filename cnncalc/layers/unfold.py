"""Unfold: the values of each window side by side."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, layer, spatial
from cnncalc.layers.support.code import FIRST, Part, Source, alike, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option, padding, sizes
from cnncalc.layers.support.padding import Padding
from cnncalc.layers.support.sliding import Sizes
from cnncalc.layers.support.windows import Axis, resolve


@layer
class Unfold(Layer):
    """A row for each window, of its values map by map: a convolution's input as a matrix."""

    family = "Values laid out anew"
    aliases = ("im2col",)
    short_option = "kernel"
    channels_last = True
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "Each window is one position, and has all its values as channels.",
            "zh": "每个窗口成为一个位置，窗口内的所有值成为通道。",
        }
    }
    has_positions = False
    examples = (
        Example(
            {"unfold": {"kernel": [2, 3]}},
            "3x4x5",
            "4x30",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of torch.nn.Unfold: 4 windows of 5*2*3 values",
        ),
    )

    kernel: Sizes = option(sizes, symbol="F", help="the size of the window")
    stride: Sizes = option(sizes, 1, symbol="S", help="how far the window moves")
    padding: Padding = option(padding, 0, symbol="P", help="zeros added at each side")
    dilation: Sizes = option(sizes, 1, symbol="D", help="how far apart the taps of the kernel lie")

    def _axes(self, x: Shape) -> tuple[Axis, ...]:
        positions = spatial(self.kind, x).positions
        return resolve(positions, self.kernel, self.stride, self.padding, self.dilation)

    def output(self, x: Shape) -> Shape:
        axes = self._axes(x)
        return (product(axis.output for axis in axes), product(axis.kernel for axis in axes) * x[-1])

    def values_read(self, *inputs: Shape) -> int:
        x = inputs[0]
        return product((*(axis.read for axis in self._axes(x)), x[-1]))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        rank = len(x.shape) - 1
        values = tool.values_of(tool.windows(x, self._axes(x.shape)))
        values = tool.permute(values, *range(rank), 2 * rank, *range(rank, 2 * rank))
        return tool.reshape(values, *self.output(x.shape))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if x.ndim != 4 or isinstance(self.padding, str | tuple):
            return None
        given = self.kernel, self.dilation, self.padding, self.stride
        return torch.nn.functional.unfold(x.movedim(-1, 1), *given).movedim(1, -1)

    def torch_code(self, x: Source) -> Part | None:
        axes = self._axes(x.shape)
        if x.rank not in (1, 2) or any(axis.before != axis.after for axis in axes):
            return None
        row, ahead = (1,) * (2 - x.rank), (0,) * (2 - x.rank)
        options = {
            "dilation": (alike([*row, *(axis.dilation for axis in axes)]), 1),
            "padding": (alike([*ahead, *(axis.before for axis in axes)]), 0),
            "stride": (alike([*row, *(axis.stride for axis in axes)]), 1),
        }
        told = {name: value for name, (value, default) in options.items() if value != default}
        named = "".join(f", {name}={{{name}}}" for name in told)
        read = "{0}" if x.rank == 2 else "{0}[:, :, None]"
        kernel = alike([*row, *(axis.kernel for axis in axes)])
        return Part(
            (pytorch.function(f"F.unfold({read}, {{kernel}}{named})", kernel=kernel, **told),), reads=FIRST
        )

    def keras_code(self, x: Source) -> Part | None:
        axes = self._axes(x.shape)
        if x.rank != 2:
            return None
        kernel, stride, dilation = (
            tuple(int(getattr(axis, name)) for axis in axes) for name in ("kernel", "stride", "dilation")
        )
        padding = tuple((int(axis.before), int(axis.after)) for axis in axes)
        return keras.own_class(
            _KERAS,
            "Unfold",
            ("kernel", kernel),
            stride=(stride, (1, 1)),
            padding=(padding, ((0, 0), (0, 0))),
            dilation=(dilation, (1, 1)),
        )


_KERAS = """
class Unfold(layers.Layer):
    \"""A row for each window, of its values map by map.\"""

    def __init__(
        self, kernel, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), **kwargs
    ):
        super().__init__(**kwargs)
        self.kernel, self.steps = tuple(kernel), (tuple(stride), tuple(dilation))
        self.sides = [(0, 0), *map(tuple, padding), (0, 0)]

    def call(self, x):
        (h, w), channels = self.kernel, x.shape[-1]
        x = ops.pad(x, self.sides)
        x = ops.image.extract_patches(x, (h, w), *self.steps)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2], h * w, channels))
        return ops.reshape(ops.swapaxes(x, 2, 3), (-1, x.shape[1], channels * h * w))
"""
