"""Instance normalisation: by the mean and variance of each map."""

from collections.abc import Mapping
from typing import Any

from cnncalc.layers.support.base import Example, Shape, Weight, Work, layer, spatial
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.norms import Norm


@layer
class InstanceNorm(Norm):
    """Each map by itself; a factor and a shift for each. Source: Ulyanov, Vedaldi, Lempitsky (2016)."""

    reads_all = True
    examples = (
        Example(
            "instance_norm",
            "35x45x100",
            "35x45x100",
            {"params": 200, "buffers": 0, "connections": 0, "macs": 0},
            "the documentation of PyTorch's InstanceNorm2d, affine",
        ),
        Example(
            {"instance_norm": {"affine": False}},
            "40x100",
            "40x100",
            {"params": 0},
            "the documentation of PyTorch's InstanceNorm1d",
        ),
    )

    def output(self, x: Shape) -> Shape:
        spatial(self.kind, x)
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        return self.learned((x[-1],))

    def work(self, x: Shape) -> Work:
        return self.normalising(x, x[-1])

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = self.normalised(tool, x, *range(len(x.shape) - 1))
        return self.scaled(y, weights)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        learned = weights.get("weight"), weights.get("bias")
        return torch.nn.functional.instance_norm(x, None, None, *learned, eps=self.epsilon)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        import numpy as np

        each = np.ones(x.shape[1])
        learned = weights.get("weight", each), weights.get("bias", each * 0)
        return onnx.InstanceNormalization(x, *learned, epsilon=self.epsilon)

    def torch_code(self, x: Source) -> Part | None:
        if not 1 <= x.rank <= 3 or self.has_factor != self.has_shift:
            return None
        maps = ("num_features", int(x.shape[-1]))
        norm = pytorch.module(
            f"InstanceNorm{x.rank}d", maps, eps=(self.epsilon, 1e-5), affine=(self.has_factor, False)
        )
        return Part((norm,), reads=FIRST)

    def keras_code(self, x: Source) -> Part | None:
        # each map is a group by itself
        norm = keras.keras_layer(
            "GroupNormalization",
            groups=(-1, 32),
            epsilon=(self.epsilon, 1e-3),
            center=(self.has_shift, True),
            scale=(self.has_factor, True),
        )
        return Part((norm,), last=True)
