"""Reduce: the values along chosen dimensions made one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from cnncalc.errors import LayerError
from cnncalc.expr import exact_div, product
from cnncalc.layers.support.axes import AxesOption, axes, places
from cnncalc.layers.support.base import Example, Layer, Shape, Work, layer
from cnncalc.layers.support.code import Part, Source, Step, keras, pytorch
from cnncalc.layers.support.kernels import Array, Arrays, Toolkit, Windows
from cnncalc.layers.support.options import choice, flag, natural, option
from cnncalc.layers.support.reach import ITSELF, Reach

PLACES = ("argmax", "argmin")
SPREADS = ("var", "std")


@layer
class Reduce(Layer):
    """The mean, sum, maximum, norm ... of the values along `over`; argmax and argmin give their places."""

    family = "Pooling"
    short_option = "by"
    messages: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "why.output": {
            "en": "The dimensions that are reduced come to one value, and go unless they are kept.",
            "zh": "被归约的维度合为一个值，若不保留则消失。",
        }
    }
    channels_last = True
    examples = (
        Example(
            {"reduce": "mean"},
            "196x512",
            "512",
            {"params": 0, "connections": 0, "macs": 0},
            "Tolstikhin et al. (2021), MLP-Mixer: the mean over the patches",
        ),
        Example(
            {"reduce": {"by": "max", "over": "channels", "keep_dims": True}},
            "56x56x64",
            "56x56x1",
            {},
            "Woo et al. (2018), CBAM: the maximum of the channels at each position",
        ),
        Example(
            {"reduce": {"by": "argmax", "over": "channels"}},
            "64x64x21",
            "64x64",
            {},
            "a class for each pixel",
        ),
    )

    by: str = option(
        choice("mean", "sum", "max", "min", "product", "l1", "l2", *SPREADS, "logsumexp", *PLACES),
        help="how the values are reduced to one",
    )
    over: AxesOption = option(axes, "positions", help="the dimensions that are reduced")
    keep_dims: bool = option(flag, False, help="whether these dimensions stay, with size 1")
    correction: int = option(
        natural,
        0,
        help="the number subtracted from the count of values by which var and std divide; 1 in PyTorch",
    )

    def _over(self, x: Shape) -> tuple[int, ...]:
        found = places(x, self.over)
        if self.by in PLACES and len(found) != 1:
            message = f"{self.by} looks along one dimension, and over names {len(found)}"
            raise LayerError("bad_value", message, "such as over: channels", "over")
        if self.by in SPREADS and product(x[axis] for axis in found) <= self.correction:
            message = f"{self.by} of {int(product(x[axis] for axis in found))} values with a correction of"
            raise LayerError("bad_value", f"{message} {self.correction} divides by nothing", "", "correction")
        return found

    def output(self, x: Shape) -> Shape:
        over = self._over(x)
        if self.keep_dims:
            return tuple(1 if axis in over else size for axis, size in enumerate(x))
        return tuple(size for axis, size in enumerate(x) if axis not in over) or (1,)

    def reach(self, x: Shape) -> tuple[Reach, ...] | None:
        alone = self.keep_dims and self._over(x) == (len(x) - 1,)
        return (ITSELF,) * (len(x) - 1) or None if alone else None

    def work(self, x: Shape) -> Work:
        values = product(x)
        sums = exact_div(values, product(x[axis] for axis in self._over(x)))
        added = values - sums
        if self.by in SPREADS:
            # the sum for the mean, subtracted; the sum of the squares; both divided
            root = {"sqrt": sums} if self.by == "std" else {}
            return {"add": added + values + added, "multiply": values, "divide": 2 * sums, **root}
        works: dict[str, Work] = {
            "mean": {"add": added, "divide": sums},
            "sum": {"add": added},
            "product": {"multiply": added},
            "l1": {"compare": values, "add": added},
            "l2": {"multiply": values, "add": added, "sqrt": sums},
            # the largest, subtracted; the exponentials, their sum and its logarithm; the largest added
            "logsumexp": {"compare": added, "add": values + added + sums, "exp": values, "log": sums},
        }
        return works.get(self.by, {"compare": added})

    def forward(self, tool: Toolkit[Array, Windows], weights: Arrays[Array], x: Array) -> Array:
        return tool.reshape(self._reduced(tool, x, *self._over(x.shape)), *self.output(x.shape))

    def _reduced(self, tool: Toolkit[Array, Windows], x: Array, *over: int) -> Array:
        """The dimensions reduced to size 1."""
        if self.by not in SPREADS:
            return _REDUCED[self.by](tool, x, over)
        count = product(x.shape[axis] for axis in over) - self.correction
        spread = tool.total(tool.square(x - tool.mean(x, *over)), *over) / float(count)
        return tool.sqrt(spread) if self.by == "std" else spread

    def to_torch(self, torch: Any, weights: Mapping[str, Any], x: Any) -> Any:
        over, keep = [1 + axis for axis in self._over(x.shape[1:])], self.keep_dims
        if self.by in PLACES:
            y = getattr(torch, self.by)(x, over[0], keepdim=keep).to(x.dtype)
        elif self.by in SPREADS:
            y = getattr(torch, self.by)(x, over, correction=self.correction, keepdim=keep)
        elif self.by in ("l1", "l2"):
            y = torch.linalg.vector_norm(x, int(self.by[1]), over, keepdim=keep)
        elif self.by == "product":
            y = x
            for axis in reversed(over):
                y = y.prod(axis, keepdim=keep)
        else:
            name = {"max": "amax", "min": "amin"}.get(self.by, self.by)
            y = getattr(torch, name)(x, over, keepdim=keep)
        return y if y.ndim > 1 else y[:, None]

    def to_onnx(self, onnx: Any, weights: Mapping[str, Any], x: Any) -> Any:
        over, keep = [1 + axis for axis in self._over(x.shape[1:])], int(self.keep_dims)
        if self.by in SPREADS:
            return None
        if self.by in PLACES:
            name = {"argmax": "ArgMax", "argmin": "ArgMin"}[self.by]
            y = onnx.Cast(onnx.run(name, x, axis=over[0], keepdims=keep), to=onnx.onnx.TensorProto.FLOAT)
        else:
            word = {"product": "Prod", "logsumexp": "LogSumExp"}.get(self.by, self.by.capitalize())
            y = onnx.run(f"Reduce{word}", x, over, keepdims=keep)
        return y if y.ndim > 1 else onnx.Unsqueeze(y, [1])

    def torch_code(self, x: Source) -> Part | None:
        name = {"max": "amax", "min": "amin", "mean": "mean", "sum": "sum", "logsumexp": "logsumexp"}.get(
            self.by
        )
        over = self._over(x.shape)
        left = [axis for axis in range(len(x.shape)) if axis not in over]
        # without the channels, the last axis of positions takes their place
        last = x.last if self.keep_dims else len(left) > 1 and (x.last or len(x.shape) - 1 not in left)
        dims = tuple(sorted(x.dim(axis) for axis in over))
        given: dict[str, Any] = {"dims": dims[0] if len(dims) == 1 else dims}
        keeps = ", keepdim=True" if self.keep_dims else ""
        if name is not None:
            told = f"{{0}}.{name}({{dims}}{keeps})"
        elif self.by in PLACES:
            told = f"{{0}}.{self.by}({{dims}}{keeps}).to({{0}}.dtype)"
        elif self.by in SPREADS:
            given["correction"] = int(self.correction)
            told = f"{{0}}.{self.by}({{dims}}, correction={{correction}}{keeps})"
        elif self.by == "product":
            told, given = "{0}" + "".join(f".prod({dim}{keeps})" for dim in reversed(dims)), {}
        else:
            told = f"torch.linalg.vector_norm({{0}}, {self.by[1]}, {{dims}}{keeps})"
        step = pytorch.function(told, **given)
        steps = (step,) if left or self.keep_dims else (step, pytorch.function("{0}[:, None]"))
        return Part(steps, last=last)

    def keras_code(self, x: Source) -> Part | None:
        over = self._over(x.shape)
        whole = len(over) == len(x.shape) and not self.keep_dims
        axes = over[0] + 1 if len(over) == 1 else tuple(axis + 1 for axis in over)
        keeps = ", keepdims=True" if self.keep_dims or whole else ""
        name = {"product": "prod", "l1": "sum", "l2": "sum"}.get(self.by, self.by)
        read = {"l1": "ops.abs({0})", "l2": "ops.square({0})"}.get(self.by, "{0}")
        values: dict[str, Any] = {"axis": axes}
        apply = f"ops.{name}({read}, axis={{axis}}{keeps})"
        if self.by == "l2":
            apply = f"ops.sqrt({apply})"
        elif self.by in PLACES:
            apply = f'ops.cast({apply}, "float32")'
        elif self.by in SPREADS and self.correction:
            count = int(product(x.shape[axis] for axis in over))
            apply, values["times"] = f"{{times}} * {apply}", _corrected(count, int(self.correction), self.by)
        step = Step(None, apply, values, infix="times" in values)
        return Part((step, keras.keras_layer("Flatten")) if whole else (step,), last=True)


def _corrected(count: int, correction: int, by: str) -> float:
    """Factor by which a spread is larger where the correction is subtracted from the count of values."""
    ratio = count / (count - correction)
    return ratio if by == "var" else ratio**0.5


def _multiplied(tool: Toolkit[Array, Windows], x: Array, over: Sequence[int]) -> Array:
    for axis in over:
        first, *rest = (tool.part(x, axis, at, at + 1) for at in range(x.shape[axis]))
        x = first
        for each in rest:
            x = x * each
    return x


def _logsumexp(tool: Toolkit[Array, Windows], x: Array, over: Sequence[int]) -> Array:
    most = tool.largest(x, *over)
    return tool.log(tool.total(tool.exp(x - most), *over)) + most


_REDUCED: Mapping[str, Callable[[Toolkit[Any, Any], Array, Sequence[int]], Array]] = {
    "mean": lambda tool, x, over: tool.mean(x, *over),
    "sum": lambda tool, x, over: tool.total(x, *over),
    "max": lambda tool, x, over: tool.largest(x, *over),
    "min": lambda tool, x, over: -tool.largest(-x, *over),
    "product": _multiplied,
    "l1": lambda tool, x, over: tool.total(tool.by_sign(x, x, -x), *over),
    "l2": lambda tool, x, over: tool.sqrt(tool.total(tool.square(x), *over)),
    "logsumexp": _logsumexp,
    "argmax": lambda tool, x, over: tool.ranked(x, over[0], 1),
    "argmin": lambda tool, x, over: tool.ranked(-x, over[0], 1),
}
"""How the dimensions are reduced to size 1."""
