"""Roll: values shifted along dimensions, the last ones coming in at the front."""

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.layers.support.axes import AxesOption, axes, integers, place, places
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import Part, Source, Step, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option


@layer
class Roll(Layer):
    """Place i goes to place i + shift, and values that leave at one end come in at the other."""

    family = "Values laid out anew"
    channels_last = True
    has_positions = False
    examples = (
        Example(
            {"roll": {"shift": [-3, -3], "axis": [0, 1]}},
            "56x56x96",
            "56x56x96",
            {"params": 0, "connections": 0, "macs": 0},
            "Liu et al. (2021), Swin Transformer: the shifted windows of stage 1",
        ),
    )

    shift: int | tuple[int, ...] = option(
        integers, help="how far, for each of the dimensions; below 0 backwards"
    )
    axis: AxesOption = option(axes, 0, help="the dimension, or a list of them")

    def _shifts(self, x: Shape) -> list[tuple[int, int]]:
        """Each dimension, and how far it is shifted."""
        along = self.axis if isinstance(self.axis, tuple) else places(x, self.axis, "axis")
        by = self.shift if isinstance(self.shift, tuple) else (self.shift,) * len(along)
        if len(by) != len(along):
            message = f"{len(by)} shifts, and {len(along)} dimensions"
            raise LayerError("bad_value", message, "one shift for each dimension", "shift")
        return [(place(x, each), shift) for each, shift in zip(along, by, strict=True)]

    def output(self, x: Shape) -> Shape:
        self._shifts(x)
        return x

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        for at, shift in self._shifts(x.shape):
            size = x.shape[at]
            x = tool.take(x, at, [(place - shift) % size for place in range(size)])
        return x

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        shifts = self._shifts(tuple(x.shape[1:]))
        return torch.roll(x, [shift for _, shift in shifts], [1 + at for at, _ in shifts])

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        for at, shift in self._shifts(x.shape[1:]):
            axis, size = [1 + at], x.shape[1 + at]
            start = -shift % size
            x = onnx.Concat(
                onnx.Slice(x, [start], [size], axis), onnx.Slice(x, [0], [start], axis), axis=1 + at
            )
        return x

    def torch_code(self, x: Source) -> Part | None:
        shifts = self._shifts(x.shape)
        sizes, dims = tuple(int(shift) for _, shift in shifts), tuple(x.dim(at) for at, _ in shifts)
        return Part(
            (pytorch.function("torch.roll({0}, {shifts}, {dims})", shifts=sizes, dims=dims),), last=x.last
        )

    def keras_code(self, x: Source) -> Part | None:
        steps = [
            Step(None, "ops.roll({0}, {shift}, {axis})", {"shift": int(shift), "axis": x.dim(at)})
            for at, shift in self._shifts(x.shape)
        ]
        return Part(tuple(steps), last=True)
