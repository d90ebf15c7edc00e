"""Group normalisation: by the mean and variance of each group of maps."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.base import Example, Shape, Weight, Work, divides, layer
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.norms import Norm
from cnncalc.layers.support.options import count, option


@layer
class GroupNorm(Norm):
    """C/G maps at a time; a factor and a shift for each channel. Source: Wu and He (2018)."""

    short_option = "groups"
    compact = ("groups", "")
    reads_all = True
    examples = (
        Example(
            "group_norm32",
            "56x56x64",
            "56x56x64",
            {"params": 128, "buffers": 0, "connections": 0, "macs": 0},
            "Wu and He (2018): 32 groups",
        ),
        Example(
            {"group_norm": {"groups": 3}},
            "10x10x6",
            "10x10x6",
            {"params": 12},
            "the documentation of PyTorch's GroupNorm",
        ),
    )

    groups: int = option(count, symbol="G", help="groups of maps, each normalised by itself")

    def output(self, x: Shape) -> Shape:
        divides(self.groups, x[-1], "channels")
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        return self.learned((x[-1],))

    def work(self, x: Shape) -> Work:
        return self.normalising(x, self.groups)

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        positions = x.shape[:-1]
        y = tool.reshape(x, *positions, self.groups, -1)
        y = tool.reshape(self.normalised(tool, y, *range(len(positions)), -1), *x.shape)
        return self.scaled(y, weights)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if x.numel() == self.groups:
            return None  # PyTorch refuses groups of one value
        return torch.nn.functional.group_norm(
            x, self.groups, weights.get("weight"), weights.get("bias"), self.epsilon
        )

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        import numpy as np

        # the operator of groups came with a later opset: each group is laid out as one map of an instance
        maps, each = onnx.Reshape(x, [0, self.groups, -1]), np.ones(self.groups)
        y = onnx.InstanceNormalization(maps, each, each * 0, epsilon=self.epsilon)
        y = onnx.Reshape(y, [0, *map(int, x.shape[1:])])
        shape = [-1, *(1,) * (x.ndim - 2)]
        y = onnx.Mul(y, weights["weight"].reshape(shape)) if "weight" in weights else y
        return onnx.Add(y, weights["bias"].reshape(shape)) if "bias" in weights else y

    def torch_code(self, x: Source) -> Part | None:
        if self.has_factor != self.has_shift:
            return None
        groups, maps = ("num_groups", int(self.groups)), ("num_channels", int(x.shape[-1]))
        norm = pytorch.module(
            "GroupNorm", groups, maps, eps=(self.epsilon, 1e-5), affine=(self.has_factor, True)
        )
        return Part((norm,), reads=FIRST)

    def keras_code(self, x: Source) -> Part | None:
        norm = keras.keras_layer(
            "GroupNormalization",
            groups=(int(self.groups), 32),
            epsilon=(self.epsilon, 1e-3),
            center=(self.has_shift, True),
            scale=(self.has_factor, True),
        )
        return Part((norm,), last=True)
