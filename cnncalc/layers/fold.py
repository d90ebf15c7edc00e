"""Fold: rows of windows put back onto the map that they were read from, and summed where they overlap."""

import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Work, divides, layer
from cnncalc.layers.support.code import FIRST, Part, Source, alike, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option, padding, sizes
from cnncalc.layers.support.padding import Padding, per_axis
from cnncalc.layers.support.sliding import Sizes
from cnncalc.layers.support.windows import Axis, resolve


@layer
class Fold(Layer):
    """A value for each place of a map: the sum over the windows that hold it; what unfold made, back."""

    family: ClassVar[str] = "Values laid out anew"
    aliases: ClassVar[tuple[str, ...]] = ("col2im",)
    channels_last: ClassVar[bool] = True
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "The size is the one that the windows were read from; a row has all values of a window.",
            "zh": "尺寸是窗口所取自的特征图的尺寸。每一行含一个窗口的所有值。",
        }
    }
    has_positions: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            {"fold": {"size": [4, 5], "kernel": 2}},
            "12x12",
            "4x5x3",
            {"params": 0, "connections": 0, "macs": 0},
            "the documentation of torch.nn.Fold",
        ),
    )

    size: Sizes = option(sizes, symbol="M", help="the size of the map; one number for both sides")
    kernel: Sizes = option(sizes, symbol="F", help="the size of a window")
    stride: Sizes = option(sizes, 1, symbol="S", help="how far apart the windows lie")
    padding: Padding = option(padding, 0, symbol="P", help="what the windows reach beyond the map, left out")
    dilation: Sizes = option(sizes, 1, symbol="D", help="how far apart the taps of a window lie")

    def _axes(self) -> tuple[Axis, ...]:
        rank = len(self.size) if isinstance(self.size, tuple) else 2
        size = per_axis(self.size, rank, "size")
        return resolve(size, self.kernel, self.stride, self.padding, self.dilation)

    def output(self, x: Shape) -> Shape:
        axes = self._axes()
        if len(x) != 2:
            message = f"fold reads windows as rows of values, and here {len(x)} dimensions"
            raise LayerError("unlike_shapes", message, "reshape it to windows x values first")
        windows = product(axis.output for axis in axes)
        if windows != x[0]:
            size = "x".join(str(int(axis.size)) for axis in axes)
            message = f"{int(x[0])} windows, and a map of {size} has {int(windows)}"
            raise LayerError("bad_value", message, "the size, kernel and stride that unfold had", "size")
        taps = product(axis.kernel for axis in axes)
        return (*(axis.size for axis in axes), divides(taps, x[-1], "values of a window", "kernel"))

    def work(self, x: Shape) -> Work:
        taps = product(axis.kernel for axis in self._axes())
        return {"add": product(self.output(x)) * (taps - 1)}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        axes, shape = self._axes(), self.output(x.shape)
        taps = product(axis.kernel for axis in axes)
        maps = tool.permute(tool.reshape(x, x.shape[0], shape[-1], taps), 1, 0, 2)
        # behind each map's values a zero, which stands for the taps of no window
        values = tool.pad(tool.reshape(maps, shape[-1], x.shape[0] * taps), {1: (0, 1)})
        gathered = tool.take(values, 1, self._sources(axes))
        summed = tool.total(tool.reshape(gathered, shape[-1], product(shape[:-1]), taps), -1)
        return tool.reshape(tool.permute(tool.reshape(summed, shape[-1], product(shape[:-1])), 1, 0), *shape)

    def _sources(self, axes: tuple[Axis, ...]) -> list[int]:
        """For each place of the map and each tap, where its value lies in a row of windows times taps."""
        sizes = [(axis.output, axis.kernel, axis.size) for axis in axes]
        along = [
            [
                (window, tap, place)
                for window in range(axis.output)
                for tap in range(axis.kernel)
                if 0 <= (place := window * axis.stride + tap * axis.dilation - axis.before) < axis.size
            ]
            for axis in axes
        ]
        windows, taps, places = (product(each) for each in zip(*sizes, strict=True))
        found = [windows * taps] * (places * taps)
        for triples in itertools.product(*along):
            window = tap = place = 0
            for own, (outputs, kernel, size) in zip(triples, sizes, strict=True):
                window, tap, place = window * outputs + own[0], tap * kernel + own[1], place * size + own[2]
            found[place * taps + tap] = window * taps + tap
        return found

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        axes = self._axes()
        if len(axes) != 2 or isinstance(self.padding, str | tuple):
            return None
        size = [axis.size for axis in axes]
        given = self.kernel, self.dilation, self.padding, self.stride
        return torch.nn.functional.fold(x.movedim(-1, 1), size, *given).movedim(1, -1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        axes = self._axes()
        if len(axes) != 2:
            return None
        size, kernel = ([int(getattr(axis, name)) for axis in axes] for name in ("size", "kernel"))
        made = onnx.Col2Im(
            onnx.Transpose(x, perm=[0, 2, 1]), size, kernel,
            strides=[int(axis.stride) for axis in axes], dilations=[int(axis.dilation) for axis in axes],
            pads=[*(int(axis.before) for axis in axes), *(int(axis.after) for axis in axes)],
        )  # fmt: skip
        return onnx.Transpose(made, perm=[0, 2, 3, 1])

    def torch_code(self, x: Source) -> Part | None:
        axes = self._axes()
        if len(axes) != 2 or any(axis.before != axis.after for axis in axes):
            return None
        size, kernel, dilation, padding, stride = (
            alike([int(getattr(axis, name)) for axis in axes])
            for name in ("size", "kernel", "dilation", "before", "stride")
        )
        options = {"dilation": (dilation, 1), "padding": (padding, 0), "stride": (stride, 1)}
        told = {name: value for name, (value, default) in options.items() if value != default}
        named = "".join(f", {name}={{{name}}}" for name in told)
        folded = f"F.fold({{0}}, {{size}}, {{kernel}}{named})"
        return Part((pytorch.function(folded, size=size, kernel=kernel, **told),), reads=FIRST)
