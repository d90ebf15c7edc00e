"""Flatten: the values of a map in one row."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, layer
from cnncalc.layers.support.code import FIRST, LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows, flat
from cnncalc.layers.support.options import choice, option


@layer
class Flatten(Layer):
    """A vector of all values, channel by channel (chw), or position by position (hwc, as Keras does)."""

    family = "Values laid out anew"
    in_place = True
    flattens = True
    reshapes = True
    one_operation = True
    has_positions = False
    examples = (
        Example(
            "flatten", "5x5x16", "400", {"params": 0, "connections": 0}, "LeNet-5, before the dense layers"
        ),
    )

    order: str = option(choice("chw", "hwc"), "chw", help="which dimension runs slowest first")

    def output(self, x: Shape) -> Shape:
        return (product(x),)

    def alternatives(self, *inputs: Shape) -> Mapping[str, Sequence[Layer]]:
        if len(inputs[0]) < 2 or product(inputs[0][:-1]) == 1:
            return {}
        from cnncalc.layers.global_avg_pool import GlobalAvgPool

        return {"pooled": [GlobalAvgPool(keep_dims=False)]}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return flat(tool, x, self.order)

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.flatten(x, self.order)

    def torch_code(self, x: Source) -> Part | None:
        return Part((pytorch.flattened(),), reads=LAST if self.order == "hwc" else FIRST)

    def keras_code(self, x: Source) -> Part | None:
        turned = x.rank > 0 and self.order == "chw"
        before = (
            (keras.keras_layer("Permute", ("dims", (x.rank + 1, *range(1, x.rank + 1)))),) if turned else ()
        )
        return Part((*before, keras.keras_layer("Flatten")), len(before), last=True)
