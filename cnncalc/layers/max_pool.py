"""Max pooling: the largest value of each window. It never takes padding for a value."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.layers.support.base import Example, Shape, layer
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import option, sizes
from cnncalc.layers.support.pooling import Pool
from cnncalc.layers.support.sliding import Sizes


@layer
class MaxPool(Pool):
    """The largest of the values of a window, map by map."""

    aliases: ClassVar[tuple[str, ...]] = ("maxpool",)
    pools = "max"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "maxpool2", "28x28x6", "14x14x6", {"params": 0, "connections": 4704}, "LeNet-5, as courses set it"
        ),
        Example(
            "maxpool3 s2", "55x55x96", "27x27x96", {"params": 0}, "Krizhevsky et al. (2012): overlapping"
        ),
        Example(
            {"max_pool": {"kernel": 3, "stride": 2, "rounding": "ceil"}},
            "112x112x64",
            "56x56x64",
            {},
            "GoogLeNet",
        ),
    )

    dilation: Sizes = option(sizes, 1, symbol="D", help="how far apart the values of a window lie")

    @property
    def needs_pixels(self) -> bool:
        return True

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.largest_of(tool.windows(x, self.geometry(x.shape), fill=-math.inf))

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        return fast.max_pool(x, self.geometry(shape))

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_max_pool

        return torch_max_pool(torch, self, x)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_max_pool

        pooled = onnx_max_pool(onnx, self, x, 1)
        return None if pooled is None else pooled[0]

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.pooled(self, x, "MaxPool")

    def keras_code(self, x: Source) -> Part | None:
        return keras.pooling(self, x, "MaxPooling")
