"""LeNet's squashing function: 1.7159 tanh(2x/3)."""

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.layers.support.base import Activation, layer
from cnncalc.layers.support.code import Part, Source, keras
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows


@layer
class ScaledTanh(Activation):
    """1.7159 tanh(2x/3). Source: LeCun et al. (1998), appendix A."""

    per_value: ClassVar[Mapping[str, int]] = {"multiply": 2, "tanh": 1}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return 1.7159 * tool.tanh(2 / 3 * x)

    def torch_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.pytorch_code import function

        return Part((function("1.7159 * torch.tanh(2 / 3 * {0})")._replace(infix=True),), last=x.last)

    def keras_code(self, x: Source) -> Part | None:
        return keras.function("1.7159 * ops.tanh(2 / 3 * {0})", infix=True)
