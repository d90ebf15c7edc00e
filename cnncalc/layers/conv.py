"""Convolution (cross-correlation, as CNNs compute it): K filters that read all C/G maps of their group."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.expr import as_expr_like, named, plain, product
from cnncalc.layers.support.base import (
    Example,
    Layer,
    Shape,
    Weight,
    Work,
    activation,
    divides,
    fields,
    layer,
)
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import count, flag, option, table
from cnncalc.layers.support.sliding import Sliding


@layer
class Conv(Sliding):
    """A filter is F x F x C/G weights and a bias. With a `table`, it reads only the maps listed for it.

    As one product of matrices (im2col): the windows of a map are M*M rows of F*F*C values, the filters
    F*F*C x K, and the output M*M x K. Or a kernel is a Toeplitz matrix, M*M x N*N, whose transpose is
    the transposed convolution. `convolve` writes them out with `--im2col` and `--matrix`.
    """

    compact = ("kernel", "filters")
    counts_in_depth = True
    units_option = "filters"
    groups_option = "groups"
    examples = (
        Example(
            "conv5-6",
            "32x32x3",
            "28x28x6",
            {"params": 456, "weights": 450, "connections": 357504, "macs": 352800},
            "LeNet-5 on colour images, as courses set it",
        ),
        Example(
            "conv11-96 s4", "227x227x3", "55x55x96", {"params": 34944}, "Krizhevsky et al. (2012), conv1"
        ),
        Example("conv3-1 d2", "7x7x1", "3x3x1", {"params": 10}, "Dumoulin and Visin (2016), dilation"),
        Example(
            "conv5-256 same g2",
            "27x27x96",
            "27x27x256",
            {"params": 307456},
            "Krizhevsky et al. (2012), conv2",
        ),
        Example("conv3-100", "50x300", "48x100", {"params": 90100}, "Kim (2014), width 3"),
        Example(
            "conv3-64 same",
            "16x112x112x3",
            "16x112x112x64",
            {"params": 5248},
            "Tran et al. (2015), C3D conv1a",
        ),
        Example(
            {"conv": {"filters": 2, "kernel": 5, "table": [[0, 1, 2], [1, 2]]}},
            "14x14x3",
            "10x10x2",
            {"params": 127, "connections": 12700, "macs": 12500},
            "after the table of C3 in LeCun et al. (1998)",
        ),
    )

    filters: int = option(count, symbol="K", help="how many maps come out")
    groups: int = option(count, 1, symbol="G", help="groups of maps that are convolved apart")
    bias: bool = option(flag, True, help="whether each filter adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")
    table: tuple[tuple[int, ...], ...] | None = option(
        table, None, help="for each filter, the input maps that the filter reads, from 0"
    )

    def output(self, x: Shape) -> Shape:
        positions = self.positions(x)
        self.links(x)
        return (*positions, self.filters)

    def links(self, x: Shape) -> int:
        """The pairs of a filter and an input map that it reads: K*C/G, or what the table lists."""
        channels = x[-1]
        if self.table is None:
            depth = divides(self.groups, channels, "input channels")
            divides(self.groups, self.filters, "filters")
            return depth * self.filters
        if self.groups != 1:
            raise LayerError("bad_value", "a table and groups don't go together", "leave one out", "groups")
        if len(self.table) != self.filters:
            raise LayerError(
                "bad_table",
                f"the table has {len(self.table)} rows, and there are {int(self.filters)} filters",
                "one row for each filter",
                "table",
            )
        if (largest := max(map(max, self.table))) >= channels:
            raise LayerError(
                "bad_table",
                f"the table names input map {largest}, and the input has {int(channels)}",
                f"they are counted from 0 to {int(channels) - 1}",
                "table",
            )
        # counted by how many maps a filter reads: 6*3 + 9*4 + 1*6
        counts = sorted(Counter(map(len, self.table)).items())
        links: int = named("L", sum(as_expr_like(filters, channels) * maps for maps, filters in counts))
        return links

    def weights(self, x: Shape) -> dict[str, Weight]:
        kernel = tuple(axis.kernel for axis in self.geometry(x))
        depth = () if self.table else (divides(self.groups, x[-1], "input channels"),)
        weights = {"weight": Weight((self.links(x) if self.table else self.filters, *depth, *kernel))}
        return weights | ({"bias": Weight((self.filters,))} if self.bias else {})

    def connections(self, x: Shape) -> int:
        return self._connections(x, self.taps(x) * product(self.positions(x)))

    def connections_real(self, x: Shape) -> int:
        return self._connections(x, self.pairs_inside(x))

    def _connections(self, x: Shape, pairs: int) -> int:
        """`pairs` of a position and a tap, for every filter and the maps it reads, and the bias links."""
        bias = product(self.positions(x)) * self.filters if self.bias else 0
        return pairs * self.links(x) + bias

    def alternatives(self, *inputs: Shape) -> Mapping[str, Sequence[Layer]]:
        if self.groups != 1 or self.table is not None or plain(self.taps(*inputs)) == 1:
            return {}
        from cnncalc.layers.separable_conv import SeparableConv

        window = {name: self.options[name] for name in fields(Sliding)}
        out: dict[str, Any] = {"filters": self.filters, "bias": self.bias, "activation": self.activation}
        parts = SeparableConv(**window, **out).parts()
        less: dict[str, Any] = {"filters": max(self.filters // 4, 1), "bias": False}
        return {
            "separable": [layer for _, layer in parts],
            "bottleneck": [
                Conv(kernel=1, **less),
                Conv(**window, **less),
                Conv(kernel=1, **out),
            ],
        }

    def macs(self, x: Shape) -> int:
        return self.taps(x) * self.links(x) * product(self.positions(x))

    def work(self, x: Shape) -> Work:
        macs, units = self.macs(x), product(self.output(x))
        # n products take n - 1 additions, and the bias one more
        return {"multiply": macs, "add": macs if self.bias else macs - units}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        windows, kernels = tool.windows(x, self.geometry(x.shape)), weights["weight"]
        if self.table is None:
            y = tool.filtered(windows, kernels, self.groups)
        else:
            maps, first = [], 0
            for row in self.table:
                kernel = tool.part(kernels, 0, first, first + len(row))
                maps.append(tool.filtered(tool.maps(windows, row), tool.reshape(kernel, 1, *kernel.shape)))
                first += len(row)
            y = tool.concat(maps, -1)
        return tool.biased(y, weights["bias"]) if self.bias else y

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        import numpy as np

        kernels = self._untabled(np.zeros, weights["weight"], shape[-1])
        return fast.convolution(x, self.geometry(shape), kernels, weights.get("bias"), self.groups)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.torch_parts import torch_conv

        kernels = self._untabled(torch.zeros, weights["weight"], x.shape[1])
        return torch_conv(torch, self, x, kernels, weights.get("bias"), self.groups)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.onnx_parts import onnx_conv

        kernels, bias = weights["weight"], weights.get("bias")
        if self.table is None:
            return onnx_conv(onnx, self, x, kernels, bias, self.groups)
        maps, first = [], 0
        for number, row in enumerate(self.table):
            kernel = kernels[first : first + len(row)][None]
            own = None if bias is None else bias[number : number + 1]
            maps.append(onnx_conv(onnx, self, onnx.Gather(x, list(row), axis=1), kernel, own, 1))
            first += len(row)
        return onnx.Concat(*maps, axis=1)

    def _untabled(self, zeros: Any, kernels: Any, channels: int) -> Any:
        """Kernels that read all maps: those that the table does not list with weights of 0."""
        if self.table is None:
            return kernels
        rows, whole = iter(kernels), zeros((self.filters, channels, *kernels.shape[1:]), dtype=kernels.dtype)
        for number, row in enumerate(self.table):
            for read in row:
                whole[number, read] += next(rows)
        return whole

    def torch_code(self, x: Source) -> Part | None:
        if self.table is not None:
            return pytorch.listed_conv(self, x)
        return pytorch.conv(self, x, self.filters, self.groups, bias=self.bias)

    def keras_code(self, x: Source) -> Part | None:
        if self.table:
            return keras.listed_convolution(self, x, self.table)
        first = (("filters", int(self.filters)),)
        return keras.convolution(self, x, "Conv", first, groups=(int(self.groups), 1))
