"""Depthwise separable convolution: a depthwise convolution without bias, then a 1x1 convolution with it."""

from cnncalc.layers.conv import Conv
from cnncalc.layers.depthwise_conv import DepthwiseConv
from cnncalc.layers.support.base import Example, Layer, activation, layer
from cnncalc.layers.support.options import count, flag, option
from cnncalc.layers.support.sliding import Sliding


@layer
class SeparableConv(Sliding):
    """Shown as the two layers that it is, `depthwise` and `pointwise`."""

    compact = ("kernel", "filters")
    units_option = "filters"
    examples = (
        Example(
            "separable_conv3-128 same nobias",
            "56x56x64",
            "56x56x128",
            {"params": 8768, "macs": 27496448},
            "Howard et al. (2017): 3*3*64 and 64*128 weights",
        ),
    )

    filters: int = option(count, symbol="K", help="how many maps come out")
    multiplier: int = option(count, 1, symbol="m", help="depthwise filters for each input map")
    bias: bool = option(flag, True, help="whether the pointwise filters add a bias")
    activation: Layer | None = option(activation, None, help="applied to the output")

    def parts(self) -> tuple[tuple[str, Layer], ...]:
        # mypy does not see that option() gives the other fields their defaults
        depthwise = DepthwiseConv(  # type: ignore[call-arg]
            kernel=self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            rounding=self.rounding,
            multiplier=self.multiplier,
            bias=False,
        )
        pointwise = Conv(  # type: ignore[call-arg]
            filters=self.filters, kernel=1, bias=self.bias, activation=self.activation
        )
        return ("depthwise", depthwise), ("pointwise", pointwise)
