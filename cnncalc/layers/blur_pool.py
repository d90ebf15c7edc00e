"""Anti-aliased pooling: each map blurred by a fixed binomial kernel, and read at every S-th position."""

import math
from collections.abc import Mapping
from typing import ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option, sizes
from cnncalc.layers.support.pooling import Pool
from cnncalc.layers.support.sliding import Sizes


@layer
class BlurPool(Pool):
    """Along an axis, binomial coefficients over their sum: 1/4, 1/2, 1/4 for F = 3. Source: Zhang (2019)."""

    pools: ClassVar[str] = "avg"
    aliases: ClassVar[tuple[str, ...]] = ("blurpool",)
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.params.none": {
            "en": "The weights of the blur are fixed: there is nothing to learn.",
            "zh": "模糊核的权重是固定的，没有可学习的参数。",
        },
        "why.macs.none": {
            "en": "The weights of the blur are fixed, not learned: their products count as operations alone.",
            "zh": "模糊核的权重是固定的，不是学习得到的：其乘法只计入运算次数。",
        },
    }
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            {"blur_pool": {"kernel": 3, "padding": 1}},
            "32x32x64",
            "16x16x64",
            {"params": 0, "macs": 0, "connections": 147456},
            "Zhang (2019), Triangle-3 with stride 2: 16*16*64 units of 3*3 values",
        ),
        Example(
            {"blur_pool": {"kernel": 5, "stride": 1}},
            "8x1",
            "4x1",
            {"connections": 20},
            "Zhang (2019), Binomial-5, by hand: 4 windows of 5 values",
        ),
    )

    kernel: Sizes = option(sizes, 3, symbol="F", help="the size of the window")
    stride: Sizes = option(sizes, 2, symbol="S", help="how far the window moves")

    def work(self, x: Shape) -> Work:
        reads = self.connections(x)
        return {"multiply": reads, "add": reads - product(self.output(x))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        axes = self.geometry(x.shape)
        factors = [1.0]
        for axis in axes:
            last = int(axis.kernel) - 1
            along = [math.comb(last, tap) / 2**last for tap in range(last + 1)]
            factors = [factor * each for factor in factors for each in along]
        return tool.weighted_sum_of(tool.windows(x, axes), factors)
