"""LeNet's subsampling: the sum of a window, times a coefficient, plus a bias, squashed."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import product
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, activation, layer
from cnncalc.layers.support.code import FIRST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, FastPath, Map, Toolkit, Windows
from cnncalc.layers.support.options import option, sizes
from cnncalc.layers.support.pooling import Pool
from cnncalc.layers.support.sliding import Sizes


@layer
class Subsample(Pool):
    """One trainable coefficient and one bias a map. Source: LeCun, Bottou, Bengio, Haffner (1998)."""

    pools = "sum"
    examples = (
        Example(
            "subsample", "28x28x6", "14x14x6", {"params": 12, "connections": 5880}, "LeCun et al. (1998), S2"
        ),
        Example(
            "subsample", "10x10x16", "5x5x16", {"params": 32, "connections": 2000}, "LeCun et al. (1998), S4"
        ),
    )

    kernel: Sizes = option(sizes, 2, symbol="F", help="the size of the window")
    activation: Layer | None = option(
        activation, factory=lambda: activation("sigmoid"), help="the squashing function"
    )

    def weights(self, x: Shape) -> dict[str, Weight]:
        return {"weight": Weight((x[-1],)), "bias": Weight((x[-1],))}

    def connections(self, x: Shape) -> int:
        return (self.taps(x) + 1) * product(self.output(x))

    def connections_real(self, x: Shape) -> int:
        return super().connections_real(x) + product(self.output(x))

    def work(self, x: Shape) -> Work:
        units = product(self.output(x))
        # F*F - 1 additions in the window, and one of the bias
        return {"add": self.taps(x) * units, "multiply": units}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        sums = tool.sum_of(tool.windows(x, self.geometry(x.shape)))
        return tool.biased(weights["weight"] * sums, weights["bias"])

    def to_fast(self, fast: FastPath[Map], weights: Mapping[str, Any], shape: Shape, x: Map) -> Map | None:
        axes = self.geometry(shape)
        if any(axis.before or axis.after or axis.overhang for axis in axes):
            return None  # where all windows are whole, a sum is a mean times the size of the window
        mean = fast.average_pool(x, axes)
        scale = weights["weight"] * float(self.taps(shape))
        return None if mean is None else fast.by_channel(mean, scale, weights["bias"])

    def torch_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written

        window = as_written(self, x.shape[:-1])
        if x.rank != 2 or window.ceil or any(side for span in window.pads for side in span):
            return None
        made = pytorch.own_module(
            "Subsample",
            ("channels", int(x.shape[-1])),
            ("kernel_size", (*window.kernel,)),
            stride=(tuple(window.stride), tuple(window.kernel)),
        )
        return Part((made,), reads=FIRST, support=(_TORCH,))

    def keras_code(self, x: Source) -> Part | None:
        from cnncalc.layers.support.as_written import as_written

        window = as_written(self, x.shape[:-1])
        if x.rank != 2 or window.ceil or any(side for span in window.pads for side in span):
            return None
        kernel = tuple(map(int, window.kernel))
        stride = tuple(map(int, window.stride))
        return keras.own_class(_KERAS, "Subsample", ("kernel", kernel), stride=(stride, kernel))


_TORCH = """
class Subsample(nn.Module):
    def __init__(self, channels, kernel_size, stride=None):
        super().__init__()
        self.pool = nn.AvgPool2d(kernel_size, stride)
        self.taps = kernel_size[0] * kernel_size[1]
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        x = self.taps * self.weight[:, None, None] * self.pool(x)
        return x + self.bias[:, None, None]
"""
_KERAS = """
class Subsample(layers.Layer):
    def __init__(self, kernel, stride=None, **kwargs):
        super().__init__(**kwargs)
        self.pool = layers.AveragePooling2D(kernel, stride)
        self.taps = kernel[0] * kernel[1]

    def build(self, shape):
        channels = shape[-1:]
        self.weight = self.add_weight(channels, initializer="ones", name="weight")
        self.bias = self.add_weight(channels, initializer="zeros", name="bias")

    def call(self, x):
        return self.taps * self.weight * self.pool(x) + self.bias
"""
