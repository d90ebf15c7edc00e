"""Fully connected layer: every unit reads every value of the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, activation, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, flat
from cnncalc.layers.support.options import choice, count, flag, option


@layer
class Dense(Layer):
    """Flattens its input; each unit is a weight for each value, and a bias."""

    family: ClassVar[str] = "Units that read everything"
    aliases: ClassVar[tuple[str, ...]] = ("fc", "linear")
    main: ClassVar[str] = "units"
    compact: ClassVar[tuple[str, str]] = ("", "units")
    deepens: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "fc-120", "5x5x16", "120", {"params": 48120, "macs": 48000, "connections": 48120}, "LeNet-5, FC3"
        ),
        Example(
            "fc-4704", "32x32x3", "4704", {"params": 14455392}, "3072 values to 4704: a convolution takes 456"
        ),
        Example("fc-2 nobias", "6x6x1", "2", {"params": 72}, "36 weights a unit"),
    )

    units: int = option(count, symbol="K", help="how many values come out")
    bias: bool = option(flag, True, help="whether each unit adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")
    order: str = option(choice("chw", "hwc"), "chw", help="how the input is flattened; hwc is Keras's")

    def output(self, x: Shape) -> Shape:
        return (self.units,)

    def weights(self, x: Shape) -> dict[str, Weight]:
        weights = {"weight": Weight((self.units, product(x)))}
        return weights | ({"bias": Weight((self.units,))} if self.bias else {})

    def reach(self, x: Shape) -> None:
        return None

    def connections(self, x: Shape) -> int:
        inputs = product(x)
        return (inputs + 1) * self.units if self.bias else inputs * self.units

    def macs(self, x: Shape) -> int:
        return product(x) * self.units

    def work(self, x: Shape) -> Work:
        macs = self.macs(x)
        return {"multiply": macs, "add": macs if self.bias else macs - self.units}

    def forward(self, tool: Toolkit, weights: Arrays, x: Array) -> Array:
        y = tool.product(flat(tool, x, self.order), weights["weight"])
        return tool.biased(y, weights["bias"]) if self.bias else y

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_flat

        return torch.nn.functional.linear(torch_flat(x, self.order), weights["weight"], weights.get("bias"))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_flat

        return onnx.Gemm(onnx_flat(onnx, x, self.order), weights["weight"], weights.get("bias"), transB=1)
