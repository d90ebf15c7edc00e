"""Deformable convolution: a convolution whose taps are moved by offsets that another convolution computes.

The convolution of the offsets has the same window, a bias, and one filter for each tap and axis; all channels
share its offsets. Between pixels the values are interpolated linearly, and beyond the border they are 0.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from cnncalc.expr import product
from cnncalc.layers.conv import Conv
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, activation, layer
from cnncalc.layers.support.code import FIRST, Part, Source, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows, sampling
from cnncalc.layers.support.options import count, flag, option
from cnncalc.layers.support.sliding import Sliding

OFFSET = "offset."
"""The beginning of the names of the weights of the convolution that computes the offsets."""


@layer
class DeformConv(Sliding):
    """Each tap of each position has an offset of its own, one number an axis. Source: Dai et al. (2017)."""

    units_option = "filters"
    groups_option = "groups"
    compact = ("kernel", "filters")
    counts_in_depth = True
    reads_all = True
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.params": {
            "en": "A filter has a weight for each tap of its window in each channel. The convolution that"
            " computes the offsets has one filter for each tap and axis.",
            "zh": "每个卷积核对窗口中每个抽头的每个通道各有一个权重。"
            "计算偏移的卷积对每个抽头的每个方向各有一个卷积核。",
        },
        "why.connections": {
            "en": "Every output unit has a link to each value that its taps read, and so has every offset.",
            "zh": "每个输出单元与其各抽头读取的值各有一个连接，每个偏移值也是如此。",
        },
        "why.macs": {
            "en": "The products of both convolutions; those of the interpolation count as operations.",
            "zh": "两个卷积的乘积之和。插值中的乘法只计入运算次数。",
        },
    }
    examples = (
        Example(
            "deform_conv3-512 same",
            "14x14x512",
            "14x14x512",
            {"params": 2442770, "macs": 478679040},
            "Dai et al. (2017), a layer of conv5, by hand: 3*3*512*(512 + 18) weights and 512 + 18 biases",
        ),
        Example(
            {"deform_conv": {"filters": 2, "kernel": 2, "bias": False}},
            "3x3x1",
            "2x2x2",
            {"params": 48, "macs": 160, "connections": 192},
            "by hand: offsets 2*2*2 filters of 4 weights and a bias, and 2 filters of 4 weights; 4 positions",
        ),
    )

    filters: int = option(count, symbol="K", help="how many maps come out")
    groups: int = option(count, 1, symbol="G", help="groups of maps that are convolved apart")
    bias: bool = option(flag, True, help="whether each filter adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")

    def _convolutions(self, x: Shape) -> tuple[Conv, Conv]:
        """The convolution that computes the offsets, and the one that reads where these point."""

        def conv(filters: int, groups: int, *, bias: bool) -> Conv:
            # mypy does not see that option() gives the other fields their defaults
            return Conv(  # type: ignore[call-arg]
                kernel=self.kernel,
                stride=self.stride,
                padding=self.padding,
                dilation=self.dilation,
                rounding=self.rounding,
                filters=filters,
                groups=groups,
                bias=bias,
            )

        offsets = self.taps(x) * (len(x) - 1)
        return conv(offsets, 1, bias=True), conv(self.filters, self.groups, bias=self.bias)

    def output(self, x: Shape) -> Shape:
        return self._convolutions(x)[1].output(x)

    def weights(self, x: Shape) -> dict[str, Weight]:
        offset, conv = self._convolutions(x)
        return conv.weights(x) | {OFFSET + name: weight for name, weight in offset.weights(x).items()}

    def connections(self, x: Shape) -> int:
        offset, conv = self._convolutions(x)
        return conv.connections(x) + offset.connections(x)

    def connections_real(self, x: Shape) -> int:
        offset, conv = self._convolutions(x)
        return conv.connections(x) + offset.connections_real(x)  # a moved tap may land anywhere

    def macs(self, x: Shape) -> int:
        offset, conv = self._convolutions(x)
        return conv.macs(x) + offset.macs(x)

    def gradient_macs(self, wanted: Sequence[bool], *inputs: Shape) -> int:
        offset, conv = (conv.macs(*inputs) for conv in self._convolutions(inputs[0]))
        # the offsets learn from the values that the second convolution reads
        return conv + (offset if any(wanted) else 0)

    def work(self, x: Shape) -> Work:
        rank, places = len(x) - 1, self.taps(x) * product(self.positions(x))
        # each coordinate is the tap's own, and its offset added
        steps = [conv.work(x) for conv in self._convolutions(x)]
        steps += [{"add": rank * places}, sampling(places, x[-1], rank)]
        return {name: sum(step.get(name, 0) for step in steps) for name in ("multiply", "add")}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        axes, rank = self.geometry(x.shape), len(x.shape) - 1
        offset, _ = self._convolutions(x.shape)
        of_offsets = {name: weights[OFFSET + name] for name in ("weight", "bias")}
        shape = (*(int(axis.output) for axis in axes), *(int(axis.kernel) for axis in axes))
        offsets = tool.reshape(offset.forward(tool, of_offsets, x), *shape, rank)
        places = []
        for number, axis in enumerate(axes):
            own = [
                output * int(axis.stride) + tap * int(axis.dilation) - int(axis.before)
                for output in range(shape[number])
                for tap in range(shape[rank + number])
            ]
            along = [size if i % rank == number else 1 for i, size in enumerate(shape)]
            grid = tool.reshape(tool.constant(own, x), *along, 1)
            places.append(tool.part(offsets, -1, number, number + 1) + grid)
        windows = tool.as_windows(tool.sample(x, tool.concat(places, -1)), rank)
        y = tool.filtered(windows, weights["weight"], self.groups)
        return tool.biased(y, weights["bias"]) if self.bias else y

    def torch_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written

        if x.rank != 2:
            return None
        window = as_written(self, x.shape[:-1])
        if window.symmetric is None or window.ceil:
            return None
        made = pytorch.own_module(
            "DeformConv2d",
            ("in_channels", int(x.shape[-1])),
            ("out_channels", int(self.filters)),
            ("kernel_size", tuple(window.kernel)),
            stride=(tuple(window.stride), (1, 1)),
            padding=(tuple(window.symmetric), (0, 0)),
            dilation=(tuple(window.dilation), (1, 1)),
            groups=(int(self.groups), 1),
            bias=(self.bias, True),
        )
        return Part((made,), reads=FIRST, support=(_TORCH,))


_TORCH = """
class DeformConv2d(nn.Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=(1, 1),
        padding=(0, 0),
        dilation=(1, 1),
        groups=1,
        bias=True,
    ):
        super().__init__()
        self.window = list(zip(kernel_size, stride, padding, dilation, strict=True))
        self.groups = groups
        rows, columns = kernel_size
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        self.offset = nn.Conv2d(in_channels, 2 * rows * columns, kernel_size, **options)
        kernels = torch.empty(out_channels, in_channels // groups, rows, columns)
        self.weight = nn.Parameter(nn.init.kaiming_uniform_(kernels))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None

    def places(self, outputs, axis):
        \"""Where the taps lie that no offset has moved: (taps, positions).\"""
        taps, stride, padding, dilation = self.window[axis]
        taps = dilation * torch.arange(taps, device=self.weight.device)
        outputs = stride * torch.arange(outputs, device=taps.device)
        return taps[:, None] + outputs - padding

    def forward(self, x):
        height, width = x.shape[2:]
        offsets = self.offset(x).unflatten(1, (-1, 2))
        rows, columns = offsets.shape[-2:]
        down, right = self.places(rows, 0), self.places(columns, 1)
        down = down[:, None, :, None].expand(-1, len(right), -1, columns)
        right = right[None, :, None, :].expand(len(down), -1, rows, -1)
        # grid_sample has the centres of pixels at odd multiples of 1/size, less 1
        y = (2 * (down.flatten(0, 1) + offsets[:, :, 0]) + 1) / height - 1
        z = (2 * (right.flatten(0, 1) + offsets[:, :, 1]) + 1) / width - 1
        grid = torch.stack([z, y], -1).flatten(1, 2)
        taps = F.grid_sample(x, grid, align_corners=False).unflatten(2, (-1, rows))
        kernels = self.weight.flatten(1)[:, :, None, None]
        return F.conv2d(taps.flatten(1, 2), kernels, self.bias, groups=self.groups)
"""
