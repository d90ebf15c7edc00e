"""Layer normalisation: by the mean and variance of the channels at each position, or of all values."""

from collections.abc import Mapping
from typing import Any

from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Example, Shape, Weight, Work, layer
from cnncalc.layers.support.code import FIRST, LAST, Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.norms import Norm
from cnncalc.layers.support.options import option
from cnncalc.layers.support.reach import EVERYTHING, Reading


@layer
class LayerNorm(Norm):
    """A factor and a shift for each value that is normalised together. Source: Ba, Kiros, Hinton (2016)."""

    examples = (
        Example(
            "layer_norm",
            "56x56x96",
            "56x56x96",
            {"params": 192, "buffers": 0, "connections": 0, "macs": 0},
            "Liu et al. (2022), ConvNeXt, after the stem",
        ),
        Example(
            {"layer_norm": {"over": "all"}},
            "10x10x5",
            "10x10x5",
            {"params": 1000},
            "the documentation of PyTorch's LayerNorm",
        ),
    )

    over: AxesOption = option(axes, "channels", help="the dimensions that are normalised together")

    def output(self, x: Shape) -> Shape:
        places(x, self.over)
        return x

    def _each(self, x: Shape) -> Shape:
        """The shape of the weights: PyTorch's, channels first, where all values are normalised together."""
        over = places(x, self.over)
        return (x[-1], *x[:-1]) if len(over) == len(x) else tuple(x[axis] for axis in over)

    def weights(self, x: Shape) -> dict[str, Weight]:
        return self.learned(self._each(x))

    def reach(self, x: Shape) -> Reading:
        over = places(x, self.over)
        if over == (len(x) - 1,):
            return super().reach(x)
        return EVERYTHING if len(over) == len(x) else None

    def work(self, x: Shape) -> Work:
        return self.normalising(x, exact_div(product(x), product(x[axis] for axis in places(x, self.over))))

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        rank, over = len(x.shape), places(x.shape, self.over)
        y = self.normalised(tool, x, *over)
        if len(over) == rank:
            return self.scaled(
                y, {name: tool.permute(weights[name], *range(1, rank), 0) for name in self.learned(x.shape)}
            )
        shape = [size if axis in over else 1 for axis, size in enumerate(x.shape)]
        return self.scaled(y, {name: tool.reshape(weights[name], *shape) for name in self.learned(x.shape)})

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        rank = x.ndim - 1
        over = places((*x.shape[2:], x.shape[1]), self.over)
        learned = weights.get("weight"), weights.get("bias"), self.epsilon
        if len(over) == rank:
            return torch.nn.functional.layer_norm(x, x.shape[1:], *learned)
        if over != tuple(range(rank - len(over), rank)):
            return None  # PyTorch normalises the last dimensions alone
        turned = x.movedim(1, -1)
        return torch.nn.functional.layer_norm(turned, turned.shape[-len(over) :], *learned).movedim(-1, 1)

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        rank = x.ndim - 1
        over = places((*x.shape[2:], x.shape[1]), self.over)
        if "weight" not in weights:
            return None  # the operator learns a factor
        learned = weights["weight"], weights.get("bias")
        if len(over) == rank:
            return onnx.LayerNormalization(x, *learned, axis=1, epsilon=self.epsilon)
        if over != tuple(range(rank - len(over), rank)):
            return None  # the operator normalises the last dimensions alone
        turned = onnx.Transpose(x, perm=[0, *range(2, rank + 1), 1])
        made = onnx.LayerNormalization(turned, *learned, axis=-len(over), epsilon=self.epsilon)
        return onnx.Transpose(made, perm=[0, rank, *range(1, rank)])

    def torch_code(self, x: Source) -> Part | None:
        over = places(x.shape, self.over)
        rank = len(x.shape)
        everything = len(over) == rank
        if not everything and over != tuple(range(rank - len(over), rank)):
            return None
        each = tuple(map(int, self._each(x.shape)))
        affine: dict[str, tuple[Any, Any]] = (
            {"elementwise_affine": (self.has_factor, True)} if not self.has_factor else {}
        )
        if self.has_shift and not self.has_factor:
            return None
        if self.has_factor:
            affine = {"bias": (self.has_shift, True)}
        norm = pytorch.module(
            "LayerNorm",
            ("normalized_shape", each[0] if len(each) == 1 else each),
            eps=(self.epsilon, 1e-5),
            **affine,
        )
        last = not everything or rank == 1
        return Part((norm,), reads=LAST if last else FIRST, last=last)

    def keras_code(self, x: Source) -> Part | None:
        over = places(x.shape, self.over)
        if over != (x.rank,) and len(over) <= x.rank:
            return None
        norm = keras.keras_layer(
            "LayerNormalization",
            axis=(-1 if len(over) == 1 else tuple(axis + 1 for axis in over), -1),
            epsilon=(self.epsilon, 1e-3),
            center=(self.has_shift, True),
            scale=(self.has_factor, True),
        )
        return Part((norm,), last=True)
