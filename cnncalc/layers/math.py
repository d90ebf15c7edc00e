"""Functions of each value: roots, exponentials, sines and the rest."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.base import Activation, Example, Shape, Work, elementwise, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, option

PER_VALUE: Mapping[str, Mapping[str, int]] = {
    "abs": {"compare": 1},
    "ceil": {"round": 1},
    "cos": {"sine": 1},
    "erf": {"erf": 1},
    "exp": {"exp": 1},
    "floor": {"round": 1},
    "log": {"log": 1},
    "reciprocal": {"divide": 1},
    "round": {"round": 1},
    "rsqrt": {"sqrt": 1, "divide": 1},
    "sign": {"compare": 2},
    "sin": {"sine": 1},
    "sqrt": {"sqrt": 1},
    "square": {"multiply": 1},
}
"""Function -> its operations for one value."""


@layer
class Math(Activation):
    """`function` of each value: sqrt, exp, log, abs ...; round takes the even one of two equally near."""

    short_option = "function"
    examples = (
        Example(
            {"math": "exp"},
            "8x8x4",
            "8x8x4",
            {"params": 0, "connections": 0, "macs": 0},
            "value by value, by hand",
        ),
    )

    function: str = option(choice(*PER_VALUE), help="the function of each value")

    def work(self, x: Shape) -> Work:
        return elementwise(x, **PER_VALUE[self.function])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        if self.function == "abs":
            return tool.by_sign(x, x, -x)
        if self.function == "reciprocal":
            return 1 / x
        if self.function == "rsqrt":
            return 1 / tool.sqrt(x)
        own = {"erf": tool.erf, "exp": tool.exp, "log": tool.log, "sqrt": tool.sqrt, "square": tool.square}
        return own[self.function](x) if self.function in own else tool.function(self.function, x)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return getattr(torch, self.function)(x)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if self.function in ("square", "rsqrt"):
            return None
        return onnx.run(self.function.capitalize(), x)

    def torch_code(self, x: Source) -> Part | None:
        return Part((pytorch.function(f"torch.{self.function}({{0}})"),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        return keras.function(f"ops.{self.function}({{0}})")
