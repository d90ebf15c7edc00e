"""Slice: some of the channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit
from cnncalc.layers.support.options import count, natural, option


@layer
class Slice(Layer):
    """The channels from `start`, counted from 0, up to but not including `stop`."""

    family: ClassVar[str] = "Values laid out anew"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            {"slice": {"stop": 58}},
            "28x28x116",
            "28x28x58",
            {"params": 0, "connections": 0, "macs": 0},
            "Ma et al. (2018), ShuffleNet V2: the channel split of stage 2",
        ),
        Example({"slice": {"start": 2, "stop": 5}}, "10", "3", {}, "values 2, 3, 4, by hand"),
    )

    start: int = option(natural, 0, symbol="a", help="the first channel, from 0")
    stop: int | None = option(
        count, None, symbol="b", help="the channel after the last; all that are left unless said"
    )

    def output(self, x: Shape) -> Shape:
        channels = x[-1]
        if self.stop is not None and self.stop > channels:
            raise _past(self.stop, channels, "stop", channels)
        if self.start >= channels:
            raise _past(self.start, channels, "start", channels - 1)
        stop = channels if self.stop is None else self.stop
        if self.start >= stop:
            raise LayerError(
                "bad_value",
                f"start = {int(self.start)} to stop = {int(stop)} is no channel",
                f"stop must be at least {int(self.start) + 1}",
                "stop",
            )
        return (*x[:-1], stop - self.start)

    def forward(self, tool: Toolkit, weights: Arrays, x: Array) -> Array:
        return tool.part(x, -1, self.start, x.shape[-1] if self.stop is None else self.stop)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return x[:, self.start : self.stop]

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.Slice(x, [self.start], [x.shape[-1] if self.stop is None else self.stop], [1])


def _past(given: int, channels: int, option: str, most: int) -> LayerError:
    message = f"{option} = {int(given)}, and the input has {int(channels)} channels"
    return LayerError("bad_value", message, f"at most {int(most)}", option)
