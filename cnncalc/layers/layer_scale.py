"""Layer scale: a learned factor for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, elementwise, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class LayerScale(Layer):
    """Every value times the factor of its channel. Source: Touvron et al. (2021)."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "layer_scale",
            "56x56x96",
            "56x56x96",
            {"params": 96, "connections": 0, "macs": 0},
            "Liu et al. (2022), ConvNeXt-T, the first stage",
        ),
    )

    def output(self, x: Shape) -> Shape:
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"weight": Weight((x[-1],))}

    def work(self, x: Shape) -> Work:
        return elementwise(x, multiply=1)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return x * weights["weight"]

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return x * weights["weight"].reshape(-1, *(1,) * (x.ndim - 2))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import by_channel

        return x * by_channel(weights["weight"], x)
