"""Parametric ReLU: a leaky ReLU whose slope is learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, Example, Shape, Weight, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import flag, option


@layer
class Prelu(Activation):
    """x where x > 0, else a*x, with a slope `a` for each channel or one for all. Source: He et al. (2015)."""

    per_value: ClassVar[Mapping[str, int]] = {"compare": 1, "multiply": 1}
    examples: ClassVar[tuple[Example, ...]] = (
        Example("prelu", "28x28x6", "28x28x6", {"params": 6, "macs": 0}, "a slope a channel"),
        Example({"prelu": {"shared": True}}, "28x28x6", "28x28x6", {"params": 1}, "one slope"),
    )

    shared: bool = option(flag, False, help="one slope for all channels")

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"weight": Weight((1 if self.shared else x[-1],))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.by_sign(x, x, weights["weight"] * x)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return torch.nn.functional.prelu(x, weights["weight"])

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import by_channel

        return onnx.PRelu(x, by_channel(weights["weight"], x))
