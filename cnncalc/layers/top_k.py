"""Top k: the largest values along a dimension, or their places."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxisOption, axis, place
from cnncalc.layers.support.base import Example, Layer, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, count, flag, option


@layer
class TopK(Layer):
    """The k largest values along `axis`, the largest first, or the smallest; or where they stand, from 0."""

    family = "Pooling"
    aliases = ("topk",)
    short_option = "k"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "k values of the dimension are left.",
            "zh": "该维度只保留 k 个值。",
        }
    }
    channels_last = True
    has_positions = False
    examples = (
        Example(
            {"top_k": 5},
            "1000",
            "5",
            {"params": 0, "connections": 0, "macs": 0},
            "the five likeliest of a thousand classes, by hand",
        ),
    )

    k: int = option(count, symbol="k", help="how many values come out")
    axis: AxisOption = option(axis, "channels", help="the dimension")
    returns: str = option(
        choice("values", "indices"), "values", help="whether the output has the values or their places"
    )
    smallest: bool = option(flag, False, help="whether the smallest values are taken")

    def output(self, x: Shape) -> Shape:
        at = place(x, self.axis)
        if self.k > x[at]:
            message = f"k = {int(self.k)}, and the dimension has {int(x[at])}"
            raise LayerError("bad_value", message, f"at most {int(x[at])}", "k")
        return (*x[:at], self.k, *x[at + 1 :])

    def work(self, x: Shape) -> Work:
        size = x[place(x, self.axis)]
        # each of the k is looked for among those that are left
        return {"compare": exact_div(product(x), size) * sum(size - 1 - found for found in range(self.k))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        at = place(x.shape, self.axis)
        places = tool.ranked(-x if self.smallest else x, at, self.k)
        return places if self.returns == "indices" else tool.take_at(x, at, places)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        values, places = torch.topk(x, self.k, 1 + place(tuple(x.shape[1:]), self.axis), not self.smallest)
        return values if self.returns == "values" else places.to(x.dtype)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        at = 1 + place(x.shape[1:], self.axis)
        values, places = onnx.several(2, "TopK", x, [self.k], axis=at, largest=int(not self.smallest))
        return values if self.returns == "values" else onnx.Cast(places, to=onnx.onnx.TensorProto.FLOAT)

    def torch_code(self, x: Source) -> Part | None:
        smallest = ", largest=False" if self.smallest else ""
        found = "[0]" if self.returns == "values" else "[1].to({0}.dtype)"
        dim = x.dim(place(x.shape, self.axis))
        return Part(
            (pytorch.function(f"{{0}}.topk({{k}}, {{dim}}{smallest}){found}", k=int(self.k), dim=dim),),
            last=x.last,
        )

    def keras_code(self, x: Source) -> Part | None:
        if self.smallest or self.returns != "values" or x.dim(place(x.shape, self.axis)) != len(x.shape):
            return None
        return keras.function("ops.top_k({0}, {k})[0]", k=int(self.k))
