"""Batch normalisation, with the running statistics that inference uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Example, Shape, Weight, Work, elementwise, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.norms import Scaled
from cnncalc.layers.support.options import fraction, option


@layer
class BatchNorm(Scaled):
    """(x - mean)/sqrt(variance + epsilon) by channel, a factor and a shift. Source: Ioffe, Szegedy (2015)."""

    aliases: ClassVar[tuple[str, ...]] = ("bn",)
    compact: ClassVar[tuple[str, str]] = ("epsilon", "")
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "batch_norm",
            "56x56x64",
            "56x56x64",
            {"params": 128, "buffers": 128, "macs": 0},
            "2C learned, 2C kept",
        ),
        Example({"bn": {"affine": False}}, "100", "100", {"params": 0, "buffers": 200}, "nothing learned"),
        Example(
            {"bn": {"scale": False}},
            "8x8x32",
            "8x8x32",
            {"params": 32, "buffers": 64},
            "Keras's BatchNormalization(scale=False): a shift for each of 32 channels",
        ),
    )

    momentum: float = option(fraction, 0.1, help="how fast the running statistics follow, in training")

    def weights(self, x: Shape) -> dict[str, Weight]:
        each = (x[-1],)
        return self.learned(each) | {"running_mean": Weight(each, False), "running_var": Weight(each, False)}

    def work(self, x: Shape) -> Work:
        channels = x[-1]
        # subtract and multiply each value, again for the shift and factor; 1/sqrt(v + epsilon) each channel
        work = elementwise(x, add=1 + self.has_shift, multiply=1 + self.has_factor)
        return {
            "add": work["add"] + channels,
            "multiply": work["multiply"],
            "sqrt": channels,
            "divide": channels,
        }

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = (x - weights["running_mean"]) * (1 / tool.sqrt(weights["running_var"] + self.epsilon))
        return self.scaled(y, weights)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        kept = (weights.get(name) for name in ("running_mean", "running_var", "weight", "bias"))
        return torch.nn.functional.batch_norm(x, *kept, eps=self.epsilon)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        mean, variance = weights["running_mean"], weights["running_var"]
        factor, shift = weights.get("weight", mean * 0 + 1), weights.get("bias", mean * 0)
        return onnx.BatchNormalization(x, factor, shift, mean, variance, epsilon=self.epsilon)
