"""Root mean square normalisation: by the mean square of the values, without their mean."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Example, Layer, Shape, Weight, Work, layer
from cnncalc.layers.support.code import LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import flag, number, option
from cnncalc.layers.support.reach import ITSELF, Reach


@layer
class RmsNorm(Layer):
    """x/sqrt(mean of x*x + epsilon) times a factor. Source: Zhang and Sennrich (2019)."""

    family = "Normalisation"
    reason_family = "norm"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.params": {
            "en": "A factor for each value that is normalised together.",
            "zh": "每个一起归一化的值有一个系数。",
        }
    }
    channels_last = True
    examples = (
        Example(
            "rms_norm",
            "197x768",
            "197x768",
            {"params": 768, "connections": 0, "macs": 0},
            "Zhang and Sennrich (2019): a factor for each channel, and no shift",
        ),
    )

    over: AxesOption = option(axes, "channels", help="the dimensions that are normalised together")
    affine: bool = option(flag, True, help="whether the layer learns a factor")
    epsilon: float = option(number, 1e-6, help="added to the mean square")

    def output(self, x: Shape) -> Shape:
        places(x, self.over)
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        over = places(x, self.over)
        return {"weight": Weight(tuple(x[axis] for axis in over))} if self.affine else {}

    def reach(self, x: Shape) -> tuple[Reach, ...] | None:
        return (ITSELF,) * (len(x) - 1) or None if places(x, self.over) == (len(x) - 1,) else None

    def work(self, x: Shape) -> Work:
        values = product(x)
        sums = exact_div(values, product(x[axis] for axis in places(x, self.over)))
        # the squares, their sum and epsilon; the mean, and 1/sqrt; the product with that, and the factor
        multiply = 3 * values if self.affine else 2 * values
        return {"multiply": multiply, "add": values, "divide": 2 * sums, "sqrt": sums}

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        over = places(x.shape, self.over)
        y = x * (1 / tool.sqrt(tool.mean(tool.square(x), *over) + self.epsilon))
        if not self.affine:
            return y
        shape = [size if axis in over else 1 for axis, size in enumerate(x.shape)]
        return y * tool.reshape(weights["weight"], *shape)

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        over = places(tuple(x.shape[1:]), self.over)
        y = x * torch.rsqrt(x.square().mean([1 + axis for axis in over], keepdim=True) + self.epsilon)
        shape = [size if axis in over else 1 for axis, size in enumerate(x.shape[1:])]
        return y * weights["weight"].reshape(shape) if self.affine else y

    def torch_code(self, x: Source) -> Part | None:
        over = places(x.shape, self.over)
        rank = len(x.shape)
        if over != tuple(range(rank - len(over), rank)):
            return None
        each = tuple(int(x.shape[axis]) for axis in over)
        shape = ("normalized_shape", each[0] if len(each) == 1 else each)
        norm = pytorch.module(
            "RMSNorm", shape, eps=(self.epsilon, None), elementwise_affine=(self.affine, True)
        )
        return Part((norm,), reads=LAST, last=True)

    def keras_code(self, x: Source) -> Part | None:
        if not self.affine or places(x.shape, self.over) != (x.rank,) or self.epsilon is None:
            return None
        return Part((keras.keras_layer("RMSNormalization", epsilon=(self.epsilon, 1e-6)),), last=True)
