"""The common parts of softmax, its logarithm and attention."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cnncalc.expr import exact_div
from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Activation, Shape, Work, options_of
from cnncalc.layers.support.code import Part, Source, keras, pytorch
from cnncalc.layers.support.kernels import Array, Toolkit, Windows
from cnncalc.layers.support.options import option
from cnncalc.layers.support.reach import EVERYTHING, Reading


@options_of
class SoftmaxLike(Activation):
    """A kind whose values over some dimensions are set in proportion to one another."""

    channels_last = True
    operators: ClassVar[tuple[str, str]]
    """The function of PyTorch and the operator of ONNX, which know one dimension."""

    over: AxesOption = option(axes, "channels", help="the dimensions whose values sum to 1 together")

    def _over(self, x: Shape) -> tuple[int, ...]:
        return places(x, self.over)

    def output(self, x: Shape) -> Shape:
        self._over(x)
        return x

    def reach(self, x: Shape) -> Reading:
        over = self._over(x)
        if over == (len(x) - 1,):
            return super().reach(x)
        return EVERYTHING if len(over) == len(x) else None

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return of_joined(getattr(torch, self.operators[0]), x, self._over(x.shape[1:]))

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        return onnx_of_joined(onnx, self.operators[1], x, self._over(x.shape[1:]))

    def torch_code(self, x: Source) -> Part | None:
        return pytorch.along(self.operators[0], x, self._over(x.shape))

    def keras_code(self, x: Source) -> Part | None:
        over = self._over(x.shape)
        if self.keras_activation:
            return super().keras_code(x)
        dims = over[0] + 1 if len(over) == 1 else tuple(axis + 1 for axis in over)
        if self.operators[0] != "softmax":
            told = f"ops.{self.operators[0]}({{0}}, axis={{axis}})"
            return keras.function(told, axis=dims) if len(over) == 1 else None
        return Part((keras.keras_layer("Softmax", ("axis", dims)),), last=True)


def softmax(tool: Toolkit[Array, Windows], x: Array, *axes: int) -> Array:
    """exp(x - max)/sum of exp(x - max) over some axes together."""
    powers = tool.exp(x - tool.largest(x, *axes))
    return powers / tool.total(powers, *axes)


def softmax_work(values: int, together: int) -> Work:
    """The work of a softmax over `values` values, in sets of `together` whose sum is 1."""
    sums = exact_div(values, together)
    # the largest of each sum, subtracted; exp; the sum; the division
    return {"compare": values - sums, "add": 2 * values - sums, "exp": values, "divide": values}


def of_joined(function: Any, x: Any, axes: Sequence[int]) -> Any:
    """A function of PyTorch's along one dimension, of some of a sample's taken together."""
    last = x.movedim([1 + axis for axis in axes], list(range(-len(axes), 0)))
    done = (
        function(last.flatten(-len(axes)), -1).reshape(last.shape)
        if axes
        else function(x[..., None], -1)[..., 0]
    )
    return done.movedim(list(range(-len(axes), 0)), [1 + axis for axis in axes])


def onnx_of_joined(onnx: Any, operator: str, x: Any, axes: Sequence[int]) -> Any:
    """An operator of ONNX that works along one axis, applied to some of a sample's taken together."""
    joined = [1 + axis for axis in axes]
    if len(joined) == 1:
        return onnx.run(operator, x, axis=joined[0])
    order = [*(axis for axis in range(x.ndim) if axis not in joined), *joined]
    kept = [0] * (x.ndim - len(joined))  # a size of 0 is that of the input
    done = onnx.run(operator, onnx.Reshape(onnx.Transpose(x, perm=order), [*kept, -1]), axis=-1)
    split = onnx.Reshape(done, [*kept, *(int(x.shape[axis]) for axis in joined)])
    return onnx.Transpose(split, perm=[order.index(axis) for axis in range(x.ndim)])
