"""Where the largest value of each window stands, for an unpooling."""

import math
from collections.abc import Mapping, Sequence
from itertools import product as every
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.max_pool import MaxPool
from cnncalc.layers.support.as_written import as_written
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import FIRST, Part, Source, alike, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.onnx_parts import FLOAT, onnx_max_pool
from cnncalc.layers.support.windows import Axis


@layer
class MaxPoolIndices(MaxPool):
    """The place of the largest value of each window in its map, row by row from 0, for max_unpool to read."""

    aliases = ()
    pools = ""
    examples = (
        Example(
            {"max_pool_indices": 2},
            "28x28x6",
            "14x14x6",
            {"params": 0, "connections": 0, "macs": 0},
            "Zeiler and Fergus (2013): the switches of a pooling; no units, but where they look",
        ),
    )

    def connections(self, x: Shape) -> int:
        return 0

    def connections_real(self, x: Shape) -> int:
        return 0

    def work(self, x: Shape) -> Work:
        return {"compare": product(self.output(x)) * (self.taps(x) - 1)}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        axes = self.geometry(x.shape)
        *outputs, channels = self.output(x.shape)
        values = tool.values_of(tool.windows(x, axes, fill=-math.inf))
        tap = tool.ranked(tool.reshape(values, *outputs, -1, channels), -2, 1)
        places = tool.reshape(tool.constant(_places(axes), x), *outputs, -1, 1)
        places = tool.stretch(places, *outputs, places.shape[-2], channels)
        return tool.reshape(tool.take_at(places, len(outputs), tap), *outputs, channels)

    def torch_code(self, x: Source) -> Part | None:
        window = as_written(self, x.shape[:-1])
        if not 1 <= x.rank <= 3 or window.symmetric is None or not window.at_most_half:
            return None
        kernel = alike(window.kernel)
        options = {
            "stride": (alike(window.stride), kernel),
            "padding": (alike(window.symmetric), 0),
            "dilation": (alike(window.dilation), 1),
            "ceil_mode": (window.ceil, False),
        }
        told = {name: value for name, (value, default) in options.items() if value != default}
        named = "".join(f", {name}={{{name}}}" for name in told)
        pool = f"F.max_pool{x.rank}d({{0}}, {{kernel}}{named}, return_indices=True)[1].to({{0}}.dtype)"
        return Part((pytorch.function(pool, kernel=kernel, **told),), reads=FIRST)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        window = as_written(self, x.shape[2:])
        if window.symmetric is None or not window.at_most_half or self.rounding == "exact":
            return None  # with other padding PyTorch has no places in the map itself
        pool = getattr(torch.nn.functional, f"max_pool{x.ndim - 2}d")
        ceil, padding = window.ceil, window.symmetric
        return pool(x, window.kernel, window.stride, padding, window.dilation, ceil, True)[1].to(x.dtype)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        pooled = onnx_max_pool(onnx, self, x, 2)
        if pooled is None:
            return None
        # ONNX counts its places through the whole array
        return onnx.Cast(onnx.Mod(pooled[1], [math.prod(x.shape[2:])]), to=FLOAT)

    def keras_code(self, x: Source) -> Part | None:
        return None


def _places(axes: Sequence[Axis]) -> list[float]:
    """For each window and tap, row by row, the place in the map; padding is never the largest."""
    found = []
    for window in every(*(range(axis.output) for axis in axes)):
        for tap in every(*(range(axis.kernel) for axis in axes)):
            place = 0
            for axis, at, step in zip(axes, window, tap, strict=True):
                along = at * axis.stride - axis.before + step * axis.dilation
                place = place * axis.size + min(max(along, 0), axis.size - 1)
            found.append(float(place))
    return found
