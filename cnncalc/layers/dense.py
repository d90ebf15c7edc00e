"""Fully connected layer: every unit reads every value of the input."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, activation, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows, flat
from cnncalc.layers.support.options import choice, flag, option
from cnncalc.layers.support.units import Units


@layer
class Dense(Units):
    """Flattens its input; each unit is a weight for each value, and a bias."""

    aliases = ("fc", "linear")
    examples = (
        Example(
            "fc-120", "5x5x16", "120", {"params": 48120, "macs": 48000, "connections": 48120}, "LeNet-5, FC3"
        ),
        Example(
            "fc-4704", "32x32x3", "4704", {"params": 14455392}, "3072 values to 4704: a convolution takes 456"
        ),
        Example("fc-2 nobias", "6x6x1", "2", {"params": 72}, "36 weights a unit"),
        Example(
            {"dense": {"units": 3072, "each": "position"}},
            "197x768",
            "197x3072",
            {"params": 2362368, "macs": 464781312},
            "Dosovitskiy et al. (2020), ViT-B/16, the MLP: 768*3072 weights and 3072 biases, at 197 tokens",
        ),
    )

    bias: bool = option(flag, True, help="whether each unit adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")
    order: str = option(choice("chw", "hwc"), "chw", help="how the input is flattened; hwc is Keras's")
    each: str = option(
        choice("all", "position"),
        "all",
        help="the values that a unit reads: all, or the channels of each position",
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.each == "position":
            vars(self).update(flattens=False, reads_all=False)

    @property
    def reason_names(self) -> tuple[str, ...]:
        return ("dense_each", *super().reason_names) if self.each == "position" else super().reason_names

    def _read(self, x: Shape) -> Shape:
        """The values that the units read at a time."""
        return x[-1:] if self.each == "position" else x

    def _positions(self, x: Shape) -> Shape:
        """Where the units stand."""
        return x[:-1] if self.each == "position" else ()

    def output(self, x: Shape) -> Shape:
        return (*self._positions(x), self.units)

    def weights(self, x: Shape) -> dict[str, Weight]:
        weights = {"weight": Weight((self.units, product(self._read(x))))}
        return weights | ({"bias": Weight((self.units,))} if self.bias else {})

    def connections(self, x: Shape) -> int:
        inputs = product(self._read(x))
        return (inputs + 1 if self.bias else inputs) * product(self.output(x))

    def alternatives(self, *inputs: Shape) -> Mapping[str, Sequence[Layer]]:
        if not self.flattens or product(inputs[0][:-1]) == 1:
            return {}
        from cnncalc.layers.global_avg_pool import GlobalAvgPool

        return {"pooled": [GlobalAvgPool(keep_dims=True), self]}

    def macs(self, x: Shape) -> int:
        return product(self._read(x)) * product(self.output(x))

    def work(self, x: Shape) -> Work:
        macs = self.macs(x)
        return {"multiply": macs, "add": macs if self.bias else macs - product(self.output(x))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        read = x if self.each == "position" else flat(tool, x, self.order)
        y = tool.product(read, weights["weight"])
        return tool.biased(y, weights["bias"]) if self.bias else y

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        read = x if self.each == "position" else fast.flatten(x, self.order)
        return fast.dense(read, weights["weight"], weights.get("bias"))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        linear = torch.nn.functional.linear
        learned = weights["weight"], weights.get("bias")
        if self.each == "position":
            return linear(x.movedim(1, -1), *learned).movedim(-1, 1)
        return linear((x.movedim(1, -1) if self.order == "hwc" else x).flatten(1), *learned)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if self.each == "position":
            return None
        if x.ndim > 2:
            x = onnx.Transpose(x, perm=[0, *range(2, x.ndim), 1]) if self.order == "hwc" else x
            x = onnx.Flatten(x)
        return onnx.Gemm(x, weights["weight"], weights.get("bias"), transB=1)

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.linear(x, self.units, self.each, self.order, bias=self.bias)

    def keras_code(self, x: Source) -> Part | None:
        # where all values are read, the rows of the kernel are those of Keras's order of the values
        flat = (keras.keras_layer("Flatten"),) if x.rank and self.each == "all" else ()
        made = keras.keras_layer(
            "Dense",
            ("units", int(self.units)),
            activation=(None, None),
            use_bias=(bool(self.bias), True),
        )
        return Part((*flat, made), len(flat), last=True)
