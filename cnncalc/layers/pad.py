"""Padding of any sort: a number around each map, or values of the map itself.

`constant` adds a value, `edge` repeats the outermost pixel, `reflect` mirrors the map at that pixel, and
`circular` goes on at the other end of the map.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows, padded
from cnncalc.layers.support.options import choice, number, option, pads
from cnncalc.layers.support.padding import Padding, both_sides
from cnncalc.layers.support.reach import Reach, Span
from cnncalc.layers.support.torch_parts import torch_sides

MODES = ("constant", "reflect", "edge", "circular")


@layer
class Pad(Layer):
    """N + P_begin + P_end along each dimension; along the channels as `channels` says."""

    family = "Values laid out anew"
    short_option = "padding"
    compact = ("padding", "")
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "The padding is added at both ends.",
            "zh": "两端都加上填充。",
        },
    }
    examples = (
        Example(
            {"pad": {"padding": [[1, 1], [2, 0]], "mode": "reflect"}},
            "3x3x1",
            "5x5x1",
            {"params": 0, "connections": 0},
            "the documentation of PyTorch's ReflectionPad2d",
        ),
        Example(
            {"pad": {"padding": 3, "value": 3.5}},
            "4x3",
            "10x3",
            {},
            "the documentation of PyTorch's ConstantPad1d",
        ),
        Example(
            {"pad": {"channels": [1, 2], "mode": "edge"}}, "2x2x3", "2x2x6", {}, "by hand: 1 + 3 + 2 maps"
        ),
    )

    padding: Padding = option(pads, 0, symbol="P", help="pixels added at each side")
    channels: Padding = option(pads, 0, help="maps added before and after: a number, or [before, after]")
    mode: str = option(choice(*MODES), "constant", help="the values of the padding")
    value: float = option(number, 0.0, help="the number that constant padding holds")

    @property
    def fills_from_input(self) -> bool:
        return self.mode != "constant"

    def _sides(self, x: Shape) -> tuple[Span, ...]:
        """The positions added before and after, for each dimension of the input."""
        positions = both_sides(self.padding, len(x) - 1) if len(x) > 1 or self.padding else []
        pair = self.channels if isinstance(self.channels, tuple) else (self.channels, self.channels)
        if len(pair) != 2 or any(isinstance(side, tuple) for side in pair):
            raise LayerError("bad_value", "channels takes a number, or [before, after]", option="channels")
        return (*positions, (pair[0], pair[1]))  # type: ignore[arg-type]

    def output(self, x: Shape) -> Shape:
        most = {"reflect": 1, "circular": 0}.get(self.mode)
        sides = self._sides(x)
        for axis, (size, (before, after)) in enumerate(zip(x, sides, strict=True)):
            if most is not None and max(before, after) > size - most:
                raise LayerError(
                    "bad_value",
                    f"{self.mode} padding of {int(max(before, after))} needs more than the"
                    f" {int(size)} values that are there",
                    f"at most {int(size) - most}",
                    "channels" if axis == len(x) - 1 else "padding",
                )
        return tuple(size + before + after for size, (before, after) in zip(x, sides, strict=True))

    def reach(self, x: Shape) -> tuple[Reach, ...] | None:
        return tuple(Reach(1, 1, -before) for before, _ in self._sides(x)[:-1]) or None

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        sides = dict(enumerate(self._sides(x.shape)))
        if self.mode == "constant":
            return tool.pad(x, sides, self.value)
        return padded(tool, x, sides, self.mode)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        *positions, maps = self._sides((*x.shape[2:], x.shape[1]))
        if self.mode == "constant":
            sides = [side for span in reversed((maps, *positions)) for side in span]
            return torch.nn.functional.pad(x, sides, value=self.value)
        if any(maps) or x.ndim < 3:
            return None  # PyTorch pads maps with numbers alone
        mode = "replicate" if self.mode == "edge" else self.mode
        sides = [side for span in reversed(positions) for side in span]
        return torch.nn.functional.pad(x, sides, mode=mode)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        *positions, maps = self._sides((*x.shape[2:], x.shape[1]))
        befores, afters = zip((0, 0), maps, *positions, strict=True)
        mode = "wrap" if self.mode == "circular" else self.mode
        return onnx.Pad(x, [*befores, *afters], self.value, mode=mode)

    def torch_code(self, x: Source) -> Part | None:
        *positions, (before, after) = self._sides(x.shape)
        if not before and not after:
            return pytorch.padded(positions, x, self.mode, self.value)
        if self.mode == "constant":
            sides = tuple(torch_sides([(before, after), *positions]))
            value = {"value": self.value} if self.value else {}
            told = f"F.pad({{0}}, {{padding}}{', value={value}' * len(value)})"
            return Part((pytorch.function(told, padding=sides, **value),), reads=FIRST)
        size = int(x.shape[-1])
        places = [self._place(place, size) for place in range(-int(before), size + int(after))]
        chosen = pytorch.function("{0}[:, {maps}]", maps=places)
        around = pytorch.padded(positions, x, self.mode) if any(map(any, positions)) else Part(())
        return around and Part((*around.steps, chosen), reads=FIRST)

    def keras_code(self, x: Source) -> Part | None:
        sides = ((0, 0), *((int(before), int(after)) for before, after in self._sides(x.shape)))
        if self.mode == "reflect":
            return keras.function("ops.pad({0}, {sides}, mode={mode})", sides=sides, mode=self.mode)
        if self.mode != "constant":
            return None  # not on each of Keras's backends
        value: dict[str, Any] = {"value": self.value} if self.value else {}
        said = ", constant_values={value}" * len(value)
        return keras.function(f"ops.pad({{0}}, {{sides}}{said})", sides=sides, **value)

    def _place(self, place: int, size: int) -> int:
        """The map that stands at a place before or behind the maps."""
        if self.mode == "circular":
            return place % size
        if self.mode == "edge":
            return min(max(place, 0), size - 1)
        return abs(place) if place < size else 2 * (size - 1) - place
