"""Locally connected layer: a convolution in which each position has filters of its own."""

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, activation, divides, layer
from cnncalc.layers.support.code import FIRST, Part, Source, alike, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, flag, option
from cnncalc.layers.support.sliding import Sliding


@layer
class LocalConv(Sliding):
    """Each output unit has F x F x C/G weights and a bias of its own."""

    compact = ("kernel", "filters")
    counts_in_depth = True
    shares_kernel = False
    units_option = "filters"
    groups_option = "groups"
    examples = (
        Example(
            "local_conv3-2", "4x4x3", "2x2x2", {"params": 224, "connections": 224}, "(3*3*3 + 1) * 8 units"
        ),
        Example(
            "local_conv3-1 nobias", "5x5x1", "3x3x1", {"params": 81}, "9 features of 9 weights, not shared"
        ),
    )

    filters: int = option(count, symbol="K", help="how many maps come out")
    groups: int = option(count, 1, symbol="G", help="groups of maps that are convolved apart")
    bias: bool = option(flag, True, help="whether each output unit adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")

    def output(self, x: Shape) -> Shape:
        divides(self.groups, self.filters, "filters")
        divides(self.groups, x[-1], "input channels")
        return (*self.positions(x), self.filters)

    def weights(self, x: Shape) -> dict[str, Weight]:
        positions, kernel = product(self.positions(x)), tuple(axis.kernel for axis in self.geometry(x))
        depth = divides(self.groups, x[-1], "input channels")
        weights = {"weight": Weight((positions, self.filters, depth, *kernel))}
        return weights | ({"bias": Weight((positions, self.filters))} if self.bias else {})

    def connections(self, x: Shape) -> int:
        return self.macs(x) + (product(self.output(x)) if self.bias else 0)

    def connections_real(self, x: Shape) -> int:
        depth = divides(self.groups, x[-1], "input channels")
        return self.pairs_inside(x) * depth * self.filters + (product(self.output(x)) if self.bias else 0)

    def macs(self, x: Shape) -> int:
        return self.taps(x) * divides(self.groups, x[-1], "input channels") * product(self.output(x))

    def work(self, x: Shape) -> Work:
        macs = self.macs(x)
        return {"multiply": macs, "add": macs if self.bias else macs - product(self.output(x))}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = tool.filtered_each(tool.windows(x, self.geometry(x.shape)), weights["weight"], self.groups)
        return tool.biased(y, tool.reshape(weights["bias"], *y.shape)) if self.bias else y

    def torch_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written

        window = as_written(self, x.shape[:-1])
        if x.rank != 2 or self.groups != 1 or window.ceil or window.symmetric is None:
            return None
        positions = tuple(int(axis.output) for axis in self.geometry(x.shape))
        made = pytorch.own_module(
            "LocalConv2d",
            ("in_channels", int(x.shape[-1])),
            ("out_channels", int(self.filters)),
            ("kernel_size", tuple(window.kernel)),
            ("positions", positions),
            stride=(alike(window.stride), 1),
            padding=(alike(window.symmetric), 0),
            dilation=(alike(window.dilation), 1),
            bias=(self.bias, True),
        )
        return Part((made,), reads=FIRST, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written

        window = as_written(self, x.shape[:-1])
        if x.rank != 2 or self.groups != 1 or window.ceil:
            return None
        return keras.own_class(
            _KERAS,
            "LocalConv",
            ("filters", int(self.filters)),
            ("kernel", tuple(window.kernel)),
            stride=(tuple(window.stride), (1, 1)),
            padding=(tuple((int(a), int(b)) for a, b in window.pads), ((0, 0), (0, 0))),
            dilation=(tuple(window.dilation), (1, 1)),
            bias=(bool(self.bias), True),
        )


_TORCH = """
class LocalConv2d(nn.Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        positions,
        stride=1,
        padding=0,
        dilation=1,
        bias=True,
    ):
        super().__init__()
        self.positions = positions
        self.unfold = nn.Unfold(kernel_size, dilation, padding, stride)
        count = positions[0] * positions[1]
        kernels = torch.empty(count, out_channels, in_channels, *kernel_size)
        self.weight = nn.Parameter(nn.init.kaiming_uniform_(kernels))
        self.bias = nn.Parameter(torch.zeros(count, out_channels)) if bias else None

    def forward(self, x):
        y = torch.einsum("ncp,pkc->npk", self.unfold(x), self.weight.flatten(2))
        if self.bias is not None:
            y = y + self.bias
        return y.transpose(1, 2).unflatten(2, self.positions)
"""


_KERAS = """
class LocalConv(layers.Layer):
    \"""A convolution in which each position has filters of its own.\"""

    def __init__(
        self,
        filters,
        kernel,
        stride=(1, 1),
        padding=((0, 0), (0, 0)),
        dilation=(1, 1),
        bias=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters, self.kernel, self.has_bias = filters, tuple(kernel), bias
        self.steps = tuple(stride), tuple(dilation)
        self.sides = [(0, 0), *map(tuple, padding), (0, 0)]

    def patches(self, x):
        x = ops.pad(x, self.sides)
        return ops.image.extract_patches(x, self.kernel, *self.steps)

    def build(self, shape):
        self.places = self.patches(ops.zeros((1, *shape[1:]))).shape[1:3]
        count = self.places[0] * self.places[1]
        sizes = (count, self.filters, shape[-1], *self.kernel)
        self.weight = self.add_weight(sizes, name="weight")
        if self.has_bias:
            sizes = (count, self.filters)
            self.shift = self.add_weight(sizes, initializer="zeros", name="bias")

    def call(self, x):
        x = self.patches(x)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
        kernels = ops.transpose(self.weight, (0, 3, 4, 2, 1))
        kernels = ops.reshape(kernels, (kernels.shape[0], -1, self.filters))
        x = ops.einsum("npk,pkf->npf", x, kernels)
        x = x + self.shift if self.has_bias else x
        return ops.reshape(x, (-1, *self.places, self.filters))
"""
