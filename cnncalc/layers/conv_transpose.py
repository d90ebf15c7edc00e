"""Transposed convolution: each input value stamps the kernel onto the output, which the padding crops."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import (
    Example,
    Layer,
    Shape,
    Weight,
    Work,
    activation,
    divides,
    layer,
    spatial,
)
from cnncalc.layers.support.code import FIRST, Part, Source, alike, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import count, flag, naturals, option, padding, sizes
from cnncalc.layers.support.padding import Padding
from cnncalc.layers.support.sliding import Sizes
from cnncalc.layers.support.windows import TransposedAxis, resolve_transposed


@layer
class ConvTranspose(Layer):
    """Goes from the output shape of a convolution back to its input shape: (N-1)S - 2P + F."""

    family = "Convolutions"
    aliases = ("deconv",)
    compact = ("kernel", "filters")
    label_shows_window = True
    counts_in_depth = True
    transposed = True
    reason_family = "transposed"
    units_option = "filters"
    groups_option = "groups"
    examples = (
        Example("deconv3-1 s2 p1", "3x3x1", "5x5x1", {"params": 10}, "Dumoulin and Visin (2016), figure 4.6"),
        Example(
            "deconv2-512 s2",
            "28x28x1024",
            "56x56x512",
            {"params": 2097664, "macs": 1644167168},
            "Ronneberger et al. (2015), the first up-convolution of U-Net",
        ),
    )

    filters: int = option(count, symbol="K", help="how many maps come out")
    kernel: Sizes = option(sizes, symbol="F", help="the size of the kernel")
    stride: Sizes = option(sizes, 1, symbol="S", help="how far apart the stamps lie on the output")
    padding: Padding = option(
        padding, 0, symbol="P", help="pixels cropped at each side; same makes the output N*S"
    )
    dilation: Sizes = option(sizes, 1, symbol="D", help="how far apart the taps of the kernel lie")
    output_padding: Sizes = option(
        naturals, 0, help="positions added at the far side, computed like the others"
    )
    groups: int = option(count, 1, symbol="G", help="groups of maps that are convolved apart")
    bias: bool = option(flag, True, help="whether each map that comes out adds a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")

    def geometry(self, x: Shape) -> tuple[TransposedAxis, ...]:
        positions = spatial(self.kind, x).positions
        return resolve_transposed(
            positions, self.kernel, self.stride, self.padding, self.dilation, self.output_padding
        )

    def output(self, x: Shape) -> Shape:
        divides(self.groups, x[-1], "input channels")
        divides(self.groups, self.filters, "filters")
        return (*(axis.output for axis in self.geometry(x)), self.filters)

    def weights(self, x: Shape) -> dict[str, Weight]:
        kernel = tuple(axis.kernel for axis in self.geometry(x))
        shape = (x[-1], divides(self.groups, self.filters, "filters"), *kernel)
        return {"weight": Weight(shape)} | ({"bias": Weight((self.filters,))} if self.bias else {})

    def connections(self, x: Shape) -> int:
        return self.macs(x) + (product(self.output(x)) if self.bias else 0)

    def connections_real(self, x: Shape) -> int:
        inside = product(axis.inside for axis in self.geometry(x))
        links = x[-1] * divides(self.groups, self.filters, "filters")
        return inside * links + (product(self.output(x)) if self.bias else 0)

    def macs(self, x: Shape) -> int:
        taps = product(axis.kernel for axis in self.geometry(x))
        return taps * divides(self.groups, self.filters, "filters") * product(x)

    def work(self, x: Shape) -> Work:
        macs = self.macs(x)
        # each product is added into its place on the output; the bias is one addition more
        return {"multiply": macs, "add": macs + (product(self.output(x)) if self.bias else 0)}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        y = tool.stamped(x, weights["weight"], self.geometry(x.shape), self.groups)
        return tool.biased(y, weights["bias"]) if self.bias else y

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.as_written import as_written_transposed
        from cnncalc.layers.support.torch_parts import torch_sides

        window = as_written_transposed(self, x.shape[2:])
        turned = getattr(torch.nn.functional, f"conv_transpose{x.ndim - 2}d")
        more, kernels, bias = window.output_padding, weights["weight"], weights.get("bias")
        if window.symmetric is not None:
            pads = window.symmetric
            return turned(x, kernels, bias, window.stride, pads, more, self.groups, window.dilation)
        y = turned(x, kernels, bias, window.stride, 0, more, self.groups, window.dilation)
        return torch.nn.functional.pad(y, torch_sides((-before, -after) for before, after in window.pads))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        from cnncalc.layers.support.as_written import as_written_transposed

        window = as_written_transposed(self, x.shape[2:])
        befores, afters = zip(*window.pads, strict=True)
        return onnx.ConvTranspose(
            x,
            weights["weight"],
            weights.get("bias"),
            strides=window.stride,
            dilations=window.dilation,
            group=int(self.groups),
            output_padding=window.output_padding,
            pads=[*befores, *afters],
        )

    def torch_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written_transposed

        if not 1 <= x.rank <= 3:
            return None
        window = as_written_transposed(self, x.shape[:-1])
        kernel = self.kernel if isinstance(self.kernel, tuple) else (self.kernel,) * x.rank
        cropped = () if window.symmetric is not None else (pytorch.pad([(-a, -b) for a, b in window.pads]),)
        made = pytorch.module(
            f"ConvTranspose{x.rank}d",
            ("in_channels", int(x.shape[-1])),
            ("out_channels", int(self.filters)),
            ("kernel_size", alike(kernel)),
            stride=(alike(window.stride), 1),
            padding=(0 if window.symmetric is None else alike(window.symmetric), 0),
            output_padding=(alike(window.output_padding), 0),
            groups=(int(self.groups), 1),
            bias=(bool(self.bias), True),
            dilation=(alike(window.dilation), 1),
        )
        return Part((made, *cropped), 0, FIRST)

    def keras_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written_transposed

        window = as_written_transposed(self, x.shape[:-1])
        if not 1 <= x.rank <= 3 or self.groups != 1 or max(window.dilation) > 1:
            return None
        # positions that output_padding adds are those that the padding would crop
        crop = [(a, b - more) for (a, b), more in zip(window.pads, window.output_padding, strict=True)]
        if any(after < 0 for _, after in crop):
            return None
        kernel = self.kernel if isinstance(self.kernel, tuple) else (self.kernel,) * x.rank
        if any(f < s for f, s in zip(kernel, window.stride, strict=True)):
            return None  # Keras puts out whole strides
        made = keras.keras_layer(
            f"Conv{x.rank}DTranspose",
            ("filters", int(self.filters)),
            ("kernel_size", alike(kernel)),
            strides=(alike(window.stride), 1),
            use_bias=(bool(self.bias), True),
        )
        crops = any(side for span in crop for side in span)
        return Part((made, *((keras.bordered(crop, "Cropping"),) if crops else ())), 0, last=True)
