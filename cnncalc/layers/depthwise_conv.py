"""Depthwise convolution: each input map has filters of its own, which read nothing but that map."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, activation, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import count, flag, option
from cnncalc.layers.support.sliding import Sliding


@layer
class DepthwiseConv(Sliding):
    """m filters of F x F weights and a bias for each input map: C*m maps come out, a map's m together."""

    compact = ("kernel", "multiplier")
    counts_in_depth = True
    examples = (
        Example(
            "depthwise_conv3 same nobias",
            "112x112x32",
            "112x112x32",
            {"params": 288, "macs": 3612672, "connections": 3612672},
            "Howard et al. (2017), MobileNet, the first depthwise layer",
        ),
        Example(
            "depthwise_conv3-2",
            "5x5x4",
            "3x3x8",
            {"params": 80},
            "two 3x3 filters and biases for each of 4 maps",
        ),
    )

    multiplier: int = option(count, 1, symbol="m", help="filters for each input map")
    bias: bool = option(flag, True, help="whether each filter adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")

    def output(self, x: Shape) -> Shape:
        return (*self.positions(x), x[-1] * self.multiplier)

    def weights(self, x: Shape) -> dict[str, Weight]:
        kernel = tuple(axis.kernel for axis in self.geometry(x))
        filters = x[-1] * self.multiplier
        return {"weight": Weight((filters, 1, *kernel))} | ({"bias": Weight((filters,))} if self.bias else {})

    def connections(self, x: Shape) -> int:
        units = product(self.output(x))
        return self.taps(x) * units + (units if self.bias else 0)

    def connections_real(self, x: Shape) -> int:
        return self.pairs_inside(x) * x[-1] * self.multiplier + (product(self.output(x)) if self.bias else 0)

    def macs(self, x: Shape) -> int:
        return self.taps(x) * product(self.output(x))

    def work(self, x: Shape) -> Work:
        macs = self.macs(x)
        return {"multiply": macs, "add": macs if self.bias else macs - product(self.output(x))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = tool.filtered(tool.windows(x, self.geometry(x.shape)), weights["weight"], groups=x.shape[-1])
        return tool.biased(y, weights["bias"]) if self.bias else y

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.convolution(x, self.geometry(shape), weights["weight"], weights.get("bias"), shape[-1])

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_conv

        return torch_conv(torch, self, x, weights["weight"], weights.get("bias"), x.shape[1])

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_conv

        return onnx_conv(onnx, self, x, weights["weight"], weights.get("bias"), x.shape[1])

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.conv(self, x, x.shape[-1] * self.multiplier, x.shape[-1], bias=self.bias)

    def keras_code(self, x: Source) -> Part | None:
        return keras.convolution(self, x, "DepthwiseConv", (), depth_multiplier=(int(self.multiplier), 1))
