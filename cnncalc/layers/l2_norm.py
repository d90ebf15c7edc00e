"""L2 normalisation: each position's channels scaled to length 1, then by a learned factor each."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import flag, number, option


@layer
class L2Norm(Layer):
    """x / max(length over the channels, epsilon), times a factor. Source: Liu et al., ParseNet (2015)."""

    family = "Normalisation"
    examples = (
        Example(
            "l2_norm", "38x38x512", "38x38x512", {"params": 512, "macs": 0}, "Liu et al. (2015), SSD, conv4_3"
        ),
        Example({"l2_norm": {"affine": False}}, "10x8", "10x8", {"params": 0}, "nothing learned"),
    )

    affine: bool = option(flag, True, help="whether the layer learns a factor for each channel")
    epsilon: float = option(number, 1e-12, help="the least length that is divided by")

    def output(self, x: Shape) -> Shape:
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"weight": Weight((x[-1],))} if self.affine else {}

    def work(self, x: Shape) -> Work:
        values, positions = product(x), product(x[:-1])
        return {
            "multiply": 2 * values if self.affine else values,  # the squares, and the factor
            "add": values - positions,
            "sqrt": positions,
            "compare": positions,
            "divide": values,
        }

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        length = tool.sqrt(tool.total(tool.square(x), -1))
        y = x / tool.at_least(length, self.epsilon)
        return y * weights["weight"] if self.affine else y

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        y = torch.nn.functional.normalize(x, dim=1, eps=self.epsilon)
        return y * weights["weight"].reshape(-1, *(1,) * (x.ndim - 2)) if self.affine else y

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        if self.epsilon > 1e-6:
            return None  # the operator knows no least length
        y = onnx.LpNormalization(x, axis=1, p=2)
        return onnx.Mul(y, weights["weight"].reshape(-1, *(1,) * (x.ndim - 2))) if self.affine else y

    def torch_code(self, x: Source) -> Part | None:
        if not self.affine:
            normal = pytorch.function(
                "F.normalize({0}, dim={dim}, eps={eps})", dim=x.dim(-1), eps=self.epsilon
            )
            return Part((normal,), last=x.last)
        made = pytorch.own_module("L2Norm", ("channels", int(x.shape[-1])), eps=(self.epsilon, 1e-12))
        return Part((made,), reads=LAST, last=True, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        return keras.own_class(_KERAS, "L2Norm", affine=(self.affine, True), epsilon=(self.epsilon, 1e-12))


_TORCH = """
class L2Norm(nn.Module):
    def __init__(self, channels, eps=1e-12):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.eps = eps

    def forward(self, x):
        return F.normalize(x, dim=-1, eps=self.eps) * self.weight
"""


_KERAS = """
class L2Norm(layers.Layer):
    def __init__(self, affine=True, epsilon=1e-12, **kwargs):
        super().__init__(**kwargs)
        self.affine, self.epsilon = affine, epsilon

    def build(self, shape):
        if self.affine:
            size = shape[-1:]
            self.weight = self.add_weight(size, initializer="ones", name="weight")

    def call(self, x):
        length = ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True))
        x = x / ops.maximum(length, self.epsilon)
        return x * self.weight if self.affine else x
"""
