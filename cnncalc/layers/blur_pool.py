"""Anti-aliased pooling: each map blurred by a fixed binomial kernel, and read at every S-th position."""

import math
from collections.abc import Mapping
from typing import ClassVar

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Shape, Work, layer
from cnncalc.layers.support.code import FIRST, Part, Source, alike, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import option, sizes
from cnncalc.layers.support.pooling import Pool
from cnncalc.layers.support.sliding import Sizes


@layer
class BlurPool(Pool):
    """Along an axis, binomial coefficients over their sum: 1/4, 1/2, 1/4 for F = 3. Source: Zhang (2019)."""

    pools = "avg"
    aliases = ("blurpool",)
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
    examples = (
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

    def torch_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written

        if not 1 <= x.rank <= 3:
            return None
        window = as_written(self, x.shape[:-1])
        before = () if window.symmetric and not window.ceil else pytorch.padding_before(window)
        made = pytorch.own_module(
            "BlurPool",
            ("channels", int(x.shape[-1])),
            ("kernel_size", tuple(window.kernel)),
            stride=(alike(window.stride), 2),
            padding=(0 if before else alike(window.symmetric or [0]), 0),
            dilation=(alike(window.dilation), 1),
        )
        return Part((*before, made), len(before), FIRST, support=(_TORCH,))


_TORCH = """
class BlurPool(nn.Module):
    def __init__(self, channels, kernel_size, stride=2, padding=0, dilation=1):
        super().__init__()
        kernels = torch.ones(channels, 1)
        for size in kernel_size:
            row = torch.ones(1)
            for _ in range(size - 1):
                row = (F.pad(row, (0, 1)) + F.pad(row, (1, 0))) / 2
            kernels = kernels[..., None] * row
        self.register_buffer("kernels", kernels, persistent=False)
        self.options = {"stride": stride, "padding": padding, "dilation": dilation}
        self.conv = (F.conv1d, F.conv2d, F.conv3d)[len(kernel_size) - 1]

    def forward(self, x):
        return self.conv(x, self.kernels, groups=len(self.kernels), **self.options)
"""
