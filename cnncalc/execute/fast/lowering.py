"""From operations to kernels: folding, and layers that fall back to their definitions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnncalc.execute.fast.arrays import Array, Kernel, Pair, SlidingWindow
from cnncalc.execute.fast.convolution import convolution
from cnncalc.execute.fast.defined import Defined
from cnncalc.execute.fast.dense import DenseKernel
from cnncalc.execute.fast.elementwise import Activate, AddKernel, Affine
from cnncalc.execute.fast.finish import ACTIVATIONS, Finish
from cnncalc.execute.fast.lrn import LocalResponseNorm
from cnncalc.execute.fast.operations import Flow, Operation
from cnncalc.execute.fast.pool import AveragePool, GlobalAverage, MaxPoolKernel
from cnncalc.execute.fast.rearrange import FlattenKernel
from cnncalc.execute.fast.schedule import Map, Schedule, Task
from cnncalc.execute.fast.softmax import SoftmaxKernel
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.expr import product
from cnncalc.graph import Graph
from cnncalc.layers.support.base import Layer, Shape
from cnncalc.layers.support.windows import Axis

IN_PLACE = (Activate, Affine, AddKernel, LocalResponseNorm, SoftmaxKernel)


class Scaling(NamedTuple):
    """scale * x + shift, channel by channel."""

    scale: Array
    shift: Array


def as_map(shape: Shape) -> tuple[int, int, int]:
    """A shape as (rows, columns, channels): a vector is one pixel, a sequence one row.

    >>> as_map((16, 7, 9, 64))
    (112, 9, 64)
    """
    *positions, channels = shape
    columns = positions.pop() if positions else 1
    return product(positions), columns, channels


class Lowering:
    """Turns the operations of a network into a schedule for so many images at a time."""

    def __init__(
        self,
        graph: Graph,
        flow: Flow,
        arrays: Mapping[str, Array],
        images: int,
        dtype: npt.DTypeLike = np.float32,
        *,
        once: bool = False,
    ) -> None:
        """arrays are named as PyTorch's state_dict names them, under the layers' names.

        With `once`, a kernel is chosen by the time to lay its weights out, too.
        """
        self.flow = flow
        self.arrays = arrays
        self.images = images
        self.dtype, self.once = dtype, once
        self.tasks: list[Task] = []
        self.absorbed: set[int] = set()
        self.end = 0  # the value that the operation at hand comes to, with all that it has absorbed
        inputs = [Map(as_map(source.shape)) for source in graph.inputs]
        self.maps = dict(enumerate(inputs))
        for operation in flow.operations:
            if operation.output not in self.absorbed:
                self._place(operation)
        self.schedule = Schedule(inputs, [self.maps[number] for number in flow.outputs], self.tasks)
        self.schedule.settle()

    def _place(self, operation: Operation) -> None:
        """The tasks of an operation and of those that it absorbs."""
        self.operation, self.end = operation, operation.output
        layer, shapes = operation.layer, operation.shapes
        xs = [self.maps[number] for number in operation.inputs]
        y: Map | None = None
        weights: dict[str, Array] = {}
        if self.is_activation(layer):
            y = self.put(Activate(layer.fast_activation), *xs)
        elif self.scales_channels(layer):
            y = self.by_channel(xs[0], *self.scaling(operation))
        else:
            weights = {name: self.array(operation, name) for name in layer.weights(*shapes)}
            if xs and _is_own(type(layer), "to_fast"):
                y = layer.to_fast(self, weights, shapes[0], *xs)
        self.maps[self.end] = y or self.put(Defined(layer, shapes, weights), *xs)

    def put(self, kernel: Kernel | None, *xs: Map, shape: Shape | None = None) -> Map:
        """A task for a kernel, and the map that it writes, which has the operation's shape unless told."""
        y = Map(as_map(shape or self.operation.shape))
        self.tasks.append(Task(kernel, xs, y, isinstance(kernel, IN_PLACE)))
        return y

    def array(self, operation: Operation, name: str) -> Array:
        """An array of an operation."""
        return np.asarray(self.arrays[f"{operation.owner}.{name}"], self.dtype)

    def next(self) -> Operation | None:
        """The one operation that reads the present result; None where several read it."""
        return self.flow.only_reader(self.end)

    def take_in(self, operation: Operation) -> None:
        """Make another operation part of the one at hand."""
        self.end = operation.output
        self.absorbed.add(operation.output)

    @staticmethod
    def is_activation(layer: Layer) -> bool:
        """Whether a layer is an activation that kernels can finish with."""
        return layer.fast_activation in ACTIVATIONS and _is_own(type(layer), "fast_activation")

    @staticmethod
    def scales_channels(layer: Layer) -> bool:
        """Whether a layer is a factor and a shift for each channel."""
        return layer.scales_channels and _is_own(type(layer), "scales_channels")

    def activation(self) -> str | None:
        """The activation that follows, taken in, where a kernel can finish with it."""
        following = self.next()
        if following is None or not self.is_activation(following.layer):
            return None
        self.take_in(following)
        return following.layer.fast_activation

    def folded(self, weight: Array, bias: Array | None) -> tuple[Array, Array | None]:
        """Weight (K, ...) and bias with what follows taken in, where that scales channels."""
        following = self.next()
        if following is None or not self.scales_channels(following.layer):
            return weight, bias
        scale, shift = self.scaling(following)
        self.take_in(following)
        weight = weight * scale.reshape(-1, *(1,) * (weight.ndim - 1))
        return weight, shift if bias is None else shift + scale * bias

    def scaling(self, operation: Operation) -> Scaling:
        """The factor and shift of a layer that scales channels, from its outputs for 0 and for 1."""
        tool, layer = NumpyKernels(), operation.layer
        zeros, ones = (tool.value(np.full((1, operation.shape[-1]), value, np.float64)) for value in (0, 1))
        arrays = {
            name: tool.weight(self.arrays[f"{operation.owner}.{name}"], zeros)
            for name in layer.weights(*operation.shapes)
        }
        with np.errstate(all="ignore"):
            shift, unit = (layer.forward(tool, arrays, x).array[0] for x in (zeros, ones))
            return Scaling((unit - shift).astype(self.dtype), shift.astype(self.dtype))

    # ---- the kernels that a kind's `to_fast` is written with

    def convolution(
        self, x: Map, axes: Sequence[Axis], weight: Array, bias: Array | None, groups: int = 1
    ) -> Map | None:
        window = _window(axes)
        if window is None:
            return None
        weight, bias = self.folded(weight.reshape(*weight.shape[:2], *window.kernel), bias)
        out_size: Pair = as_map(self.operation.shape)[:2]
        finish = Finish(bias, self.activation())
        return self.put(convolution(weight, window, out_size, finish, groups, self.images, once=self.once), x)

    def dense(self, x: Map, weight: Array, bias: Array | None) -> Map:
        weight, bias = self.folded(weight, bias)
        return self.put(DenseKernel(weight, Finish(bias, self.activation())), x)

    def by_channel(self, x: Map, scale: Array, shift: Array) -> Map:
        return self.put(Affine(scale, shift, self.activation()), x)

    def max_pool(self, x: Map, axes: Sequence[Axis]) -> Map | None:
        window = _window(axes)
        return None if window is None else self.put(MaxPoolKernel(window), x)

    def average_pool(self, x: Map, axes: Sequence[Axis], *, count_padding: bool = True) -> Map | None:
        window = _window(axes)
        after = (0, *(axis.after for axis in axes))[-2:]
        if window is None:
            return None
        return self.put(AveragePool(window, (after[0], after[1]), count_padding=count_padding), x)

    def global_average(self, x: Map) -> Map:
        return self.put(GlobalAverage(), x)

    def add(self, *xs: Map) -> Map | None:
        if len(xs) < 2 or any(shape != self.operation.shape for shape in self.operation.shapes):
            return None
        return self.put(AddKernel(Finish(None, self.activation())), *xs)

    def concat(self, *xs: Map) -> Map:
        return self.put(None, *xs)

    def flatten(self, x: Map, order: str) -> Map:
        is_flat = x.shape[:2] == (1, 1)
        return x if is_flat else self.put(FlattenKernel(order), x, shape=(product(x.shape),))

    def softmax(self, x: Map, over: Sequence[int]) -> Map | None:
        rank = len(self.operation.shape)
        if len(over) not in (1, rank) or over[-1] != rank - 1:
            return None
        return self.put(SoftmaxKernel("all" if len(over) > 1 else "channels"), x)

    def local_response_norm(self, x: Map, size: int, alpha: float, beta: float, k: float) -> Map:
        return self.put(LocalResponseNorm(size, alpha, beta, k), x)


def _is_own(kind: type[Layer], trait: str) -> bool:
    """Whether a trait is said of a kind's own `forward`: a child of a kind may compute something else."""
    return trait in next(vars(cls) for cls in kind.__mro__ if trait in vars(cls) or "forward" in vars(cls))


def _window(axes: Sequence[Axis]) -> SlidingWindow | None:
    """The axes as rows and columns; None for more, unless each pixel is by itself."""
    if len(axes) > 2:
        alone = all(axis.kernel == axis.stride == 1 and axis.output == axis.size for axis in axes)
        return SlidingWindow((1, 1)) if alone else None
    rows, columns = (Axis(1, 1), *axes)[-2:]
    return SlidingWindow(
        (rows.kernel, columns.kernel),
        (rows.stride, columns.stride),
        (rows.before, columns.before),
        (rows.dilation, columns.dilation),
    )
