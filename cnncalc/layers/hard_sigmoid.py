"""The logistic function in three straight pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, Example, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class HardSigmoid(Activation):
    """clip(x + 3, 0, 6)/6. Source: Howard et al. (2019)."""

    per_value: ClassVar[Mapping[str, int]] = {"add": 1, "compare": 2, "divide": 1}
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "hard_sigmoid",
            "28x28x6",
            "28x28x6",
            {"params": 0, "connections": 0, "macs": 0},
            "no units, no weights",
        ),
    )

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.at_most(tool.at_least(x + 3, 0), 6) / 6

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        # PyTorch's own hardsigmoid has a gradient that is 1/6 in float32 alone
        return torch.nn.functional.relu6(x + 3) / 6

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.HardSigmoid(x, alpha=1 / 6, beta=0.5)
