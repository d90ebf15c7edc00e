"""The logistic function in three straight pieces."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Activation, Shape, Work, elementwise, layer
from cnncalc.layers.support.code import Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import number, option


@layer
class HardSigmoid(Activation):
    """clip(x + 3, 0, 6)/6, or clip(slope*x + offset, 0, 1). Source: Howard et al. (2019)."""

    per_value: ClassVar[Mapping[str, int]] = {"add": 1, "compare": 2, "divide": 1}

    slope: float | None = option(number, None, help="the slope between 0 and 1; 1/6 unless said")
    offset: float = option(number, 0.5, help="the value at 0")

    @property
    def _own(self) -> tuple[float, float] | None:
        """Slope and offset where they are not the usual ones."""
        if self.slope is None and self.offset == 0.5:
            return None
        return (1 / 6 if self.slope is None else self.slope), self.offset

    def work(self, x: Shape) -> Work:
        return elementwise(x, multiply=1, add=1, compare=2) if self._own else super().work(x)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        if self._own:
            slope, offset = self._own
            return tool.at_most(tool.at_least(x * slope + offset, 0), 1)
        return tool.at_most(tool.at_least(x + 3, 0), 6) / 6

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if self._own:
            return (x * self._own[0] + self._own[1]).clamp(0, 1)
        # PyTorch's own hardsigmoid has a gradient that is 1/6 in float32 alone
        return torch.nn.functional.relu6(x + 3) / 6

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx.HardSigmoid(x, alpha=1 / 6 if self.slope is None else self.slope, beta=self.offset)

    def torch_code(self, x: Source) -> Part | None:
        if self.slope is None and self.offset == 0.5:
            return pytorch.unary("Hardsigmoid", "F.hardsigmoid", x)
        slope = 1 / 6 if self.slope is None else self.slope
        line = pytorch.function("({slope} * {0} + {offset}).clamp(0, 1)", slope=slope, offset=self.offset)
        return Part((line,), last=x.last)

    @property
    def keras_activation(self) -> str:
        return "hard_sigmoid" if self.slope is None and self.offset == 0.5 else ""
