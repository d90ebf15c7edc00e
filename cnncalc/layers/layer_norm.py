"""Layer normalisation: by the mean and variance of the channels at each position, or of all values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Weight, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.norms import Norm
from cnncalc.layers.support.options import choice, option
from cnncalc.layers.support.windows import EVERYTHING, Reading


@layer
class LayerNorm(Norm):
    """A factor and a shift for each value that is normalised together. Source: Ba, Kiros, Hinton (2016)."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "layer_norm",
            "56x56x96",
            "56x56x96",
            {"params": 192, "buffers": 0, "connections": 0, "macs": 0},
            "Liu et al. (2022), ConvNeXt, after the stem",
        ),
        Example(
            {"layer_norm": {"over": "all"}},
            "10x10x5",
            "10x10x5",
            {"params": 1000},
            "the documentation of PyTorch's LayerNorm",
        ),
    )

    over: str = option(
        choice("channels", "all"), "channels", help="what is normalised together: the channels, or all values"
    )

    def weights(self, x: Shape) -> dict[str, Weight]:
        each = (x[-1], *x[:-1]) if self.over == "all" else (x[-1],)
        return self.learned(each)

    def reach(self, x: Shape) -> Reading:
        return EVERYTHING if self.over == "all" else super().reach(x)

    def work(self, x: Shape) -> Work:
        return self.normalising(x, 1 if self.over == "all" else product(x[:-1]))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        rank = len(x.shape)
        y = self.normalised(tool, x, *(range(rank) if self.over == "all" else (-1,)))
        if self.over == "all":
            return self.scaled(
                y, {name: tool.permute(weights[name], *range(1, rank), 0) for name in self.learned(x.shape)}
            )
        return self.scaled(y, weights)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        learned = weights.get("weight"), weights.get("bias"), self.epsilon
        if self.over == "all":
            return torch.nn.functional.layer_norm(x, x.shape[1:], *learned)
        return torch.nn.functional.layer_norm(x.movedim(1, -1), x.shape[1:2], *learned).movedim(-1, 1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if self.over != "all" or not {"weight", "bias"} <= set(weights):
            return None  # the operator learns both, and normalises the last axes of those that ONNX has
        learned = weights["weight"], weights["bias"]
        return onnx.LayerNormalization(x, *learned, axis=1, epsilon=self.epsilon)
