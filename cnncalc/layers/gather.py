"""Gather: slices of a dimension, by their places."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import product
from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.merging import Merge, unlike
from cnncalc.layers.support.options import flag, nested_integers, option, shape_of_nested


@layer
class Gather(Merge):
    """The slices of `axis` at `indices` or at what a second input holds, whose dimensions replace it.

    With `each` the second input holds places for each line along `axis`, as in torch.gather.
    """

    family = "Values laid out anew"
    inputs = "any"
    reason_family = ""
    aliases = ("index_select",)
    short_option = "indices"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "The dimension is replaced by those of the places that are read.",
            "zh": "该维度被所读取位置的维度取代。",
        }
    }
    channels_last = True
    has_positions = False
    examples = (
        Example(
            {"gather": {"indices": [[0, 1], [1, 2]]}},
            "3x8",
            "2x2x8",
            {"params": 0, "connections": 0, "macs": 0},
            "by hand, as numpy.take: two times two of three rows",
        ),
    )

    indices: tuple[Any, ...] | None = option(
        nested_integers, None, help="the places, from 0, as nested lists"
    )
    axis: AxisOption = option(axis, 0, help="the dimension")
    each: bool = option(flag, False, help="whether each line along the dimension has places of its own")

    @property
    def places_along(self) -> int | str:  # type: ignore[override]
        return self.axis

    def output(self, x: Shape, *more: Shape) -> Shape:
        at = place(x, self.axis)
        if (self.indices is None) == (not more) or len(more) > 1:
            message = "gather takes indices, or a second input that holds them"
            raise LayerError("bad_value", message, "such as indices: [0, 2]", "indices")
        if self.each:
            if len(more) != 1:
                message = "places of each line are what a second input holds"
                raise LayerError("bad_value", message, "from: [values, places]", "each")
            if (*x[:at], *x[at + 1 :]) != (*more[0][:at], *more[0][at + 1 :]) or len(x) != len(more[0]):
                raise unlike(self.kind, (x, *more))
            return more[0]
        read = more[0] if self.indices is None else shape_of_nested(self.indices)
        if self.indices is not None and any(not -x[at] <= each < x[at] for each in _flat(self.indices)):
            message = f"an index is none of the dimension, which has {int(x[at])}"
            raise LayerError("bad_value", message, f"0 to {int(x[at]) - 1}", "indices")
        return (*x[:at], *read, *x[at + 1 :])

    def values_read(self, *inputs: Shape) -> int:
        if self.indices is None:
            return super().values_read(*inputs)
        x = inputs[0]
        at = place(x, self.axis)
        slices = {each % int(x[at]) for each in _flat(self.indices)}
        return product((*x[:at], len(slices), *x[at + 1 :]))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array, *more: Array) -> Array:
        at = place(x.shape, self.axis)
        if more:
            return tool.take_at(x, at, more[0]) if self.each else tool.gather(x, at, more[0])
        size = x.shape[at]
        y = tool.take(x, at, [each % size for each in _flat(self.indices or ())])
        return tool.reshape(y, *self.output(x.shape))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        at = 1 + place(tuple(x.shape[1:]), self.axis)
        if self.each:
            return x.gather(at, more[0].long())
        if more:
            samples = zip(x, more[0].long(), strict=True)
            chosen = [
                one.index_select(at - 1, each.flatten()).unflatten(at - 1, each.shape)
                for one, each in samples
            ]
            return torch.stack(chosen)
        indices = torch.tensor(self.indices) % x.shape[at]
        return x.index_select(at, indices.flatten()).unflatten(at, indices.shape)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any, *more: Any) -> Any:
        at = 1 + place(x.shape[1:], self.axis)
        if self.each:
            places = onnx.Cast(more[0], to=onnx.onnx.TensorProto.INT64)
            return onnx.GatherElements(x, places, axis=at)
        return None if more else onnx.Gather(x, self.indices, axis=at)

    def torch_code(self, x: Source, *more: Source) -> Part | None:
        at = 1 + place(x.shape, self.axis)
        if self.each:
            chosen = pytorch.function("{0}.gather({dim}, {1}.long())", dim=at)
            return Part((chosen,), reads=LAST, last=True)
        if more:
            return Part(
                (pytorch.own_module("GatherBySample", ("dim", at)),),
                reads=LAST,
                last=True,
                support=(_BY_SAMPLE,),
            )
        made = pytorch.own_module("Gather", ("dim", at), ("indices", self.indices))
        return Part((made,), reads=LAST, last=True, support=(_TORCH,))

    def keras_code(self, x: Source, *more: Source) -> Part | None:
        at = 1 + place(x.shape, self.axis)
        if self.each:
            chosen = 'ops.take_along_axis({0}, ops.cast({1}, "int32"), axis={axis})'
            return keras.function(chosen, axis=at)
        if more:
            read = tuple(map(int, more[0].shape))
            row = (-1, *(1 for _ in x.shape[: at - 1]), product(read), *(1 for _ in x.shape[at:]))
            places = 'ops.reshape(ops.cast({1}, "int32"), {row})'
            chosen = f"ops.take_along_axis({{0}}, {places}, axis={{axis}})"
            if len(read) != 1:
                out = (-1, *map(int, self.output(x.shape, more[0].shape)))
                return keras.function(f"ops.reshape({chosen}, {{out}})", row=row, axis=at, out=out)
            return keras.function(chosen, row=row, axis=at)
        return keras.function("ops.take({0}, {indices}, axis={axis})", indices=self.indices, axis=at)


def _flat(nested: Any) -> list[int]:
    return [each for part in nested for each in _flat(part)] if isinstance(nested, tuple) else [nested]


_TORCH = """
class Gather(nn.Module):
    def __init__(self, dim, indices):
        super().__init__()
        self.dim = dim
        self.register_buffer("indices", torch.tensor(indices), persistent=False)

    def forward(self, x):
        places = self.indices % x.shape[self.dim]
        found = x.index_select(self.dim, places.flatten())
        return found.unflatten(self.dim, places.shape)
"""
_BY_SAMPLE = """
class GatherBySample(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x, indices):
        places = indices.long().flatten(1) % x.shape[self.dim]
        sizes = [1] * x.ndim
        sizes[0], sizes[self.dim] = places.shape
        shape = list(x.shape)
        shape[self.dim] = places.shape[1]
        found = x.gather(self.dim, places.view(sizes).expand(shape))
        return found.unflatten(self.dim, indices.shape[1:])
"""
