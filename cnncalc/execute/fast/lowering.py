"""From operations to kernels: what is folded into what, and who falls back to its definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatchmethod
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
from cnncalc.expr import product
from cnncalc.graph import Graph
from cnncalc.layers.adaptive_avg_pool import AdaptiveAvgPool
from cnncalc.layers.adaptive_max_pool import AdaptiveMaxPool
from cnncalc.layers.add import Add
from cnncalc.layers.avg_pool import AvgPool
from cnncalc.layers.batch_norm import BatchNorm
from cnncalc.layers.concat import Concat
from cnncalc.layers.conv import Conv
from cnncalc.layers.dense import Dense
from cnncalc.layers.depthwise_conv import DepthwiseConv
from cnncalc.layers.flatten import Flatten
from cnncalc.layers.global_avg_pool import GlobalAvgPool
from cnncalc.layers.lrn import Lrn
from cnncalc.layers.max_pool import MaxPool
from cnncalc.layers.softmax import Softmax
from cnncalc.layers.subsample import Subsample
from cnncalc.layers.support.axes import place, places
from cnncalc.layers.support.base import Activation, Layer, Shape
from cnncalc.layers.support.windows import Axis

IN_PLACE = (Activate, Affine, AddKernel, LocalResponseNorm, SoftmaxKernel)


class Scaling(NamedTuple):
    """scale * x + shift, channel by channel: what a batch normalisation comes to."""

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

        With `once`, a kernel is chosen by what it takes to lay its weights out, too.
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
        self.end = operation.output
        xs = [self.maps[number] for number in operation.inputs]
        y = self.lower(operation.layer, operation, xs) if _is_known(type(operation.layer)) else None
        if y is None:
            weights = {
                name: self.array(operation, name) for name in operation.layer.weights(*operation.shapes)
            }
            y = self.put(Defined(operation.layer, operation.shapes, weights), xs, operation.shape)
        self.maps[self.end] = y

    def put(self, kernel: Kernel | None, xs: Sequence[Map], shape: Shape) -> Map:
        """A task for a kernel, and the map that it writes."""
        y = Map(as_map(shape))
        self.tasks.append(Task(kernel, xs, y, isinstance(kernel, IN_PLACE)))
        return y

    def array(self, operation: Operation, name: str) -> Array:
        """An array of an operation."""
        return np.asarray(self.arrays[f"{operation.owner}.{name}"], self.dtype)

    def next(self) -> Operation | None:
        """The operation that alone reads what the one at hand has come to."""
        return self.flow.only_reader(self.end)

    def take_in(self, operation: Operation) -> None:
        """Make another operation part of the one at hand."""
        self.end = operation.output
        self.absorbed.add(operation.output)

    def activation(self) -> str | None:
        """The activation that follows, taken in, where a kernel can finish with it."""
        following = self.next()
        if following is None or following.layer.kind not in ACTIVATIONS:
            return None
        self.take_in(following)
        return following.layer.kind

    def folded(self, weight: Array, bias: Array | None) -> tuple[Array, Array | None]:
        """Weight (K, ...) and bias with the batch normalisation that follows taken in."""
        following = self.next()
        if following is None or not isinstance(following.layer, BatchNorm) or following.layer.mixes_samples:
            return weight, bias
        scale, shift = self.scaling(following.layer, following)
        self.take_in(following)
        weight = weight * scale.reshape(-1, *(1,) * (weight.ndim - 1))
        return weight, shift if bias is None else shift + scale * bias

    def scaling(self, layer: BatchNorm, operation: Operation) -> Scaling:
        """What a batch normalisation comes to."""
        variance = self.array(operation, "running_var").astype(np.float64)
        scale = 1 / np.sqrt(variance + layer.epsilon)
        if layer.has_factor:
            scale *= self.array(operation, "weight")
        shift = -self.array(operation, "running_mean") * scale
        if layer.has_shift:
            shift += self.array(operation, "bias")
        return Scaling(scale.astype(self.dtype), shift.astype(self.dtype))

    def bias(self, operation: Operation, *, has: bool) -> Array | None:
        """The bias, if there is one."""
        return self.array(operation, "bias") if has else None

    # ---- the kinds; what isn't here, or answers None, is computed as its definition says

    @singledispatchmethod
    def lower(self, layer: Layer, operation: Operation, xs: list[Map]) -> Map | None:
        """The map that an operation on maps comes to, or None where no kernel computes it."""
        return None

    @lower.register
    def _(self, layer: Conv, operation: Operation, xs: list[Map]) -> Map | None:
        weight = self.array(operation, "weight")
        if layer.table is not None:
            weight = _dense(weight, layer.table, operation.shapes[0][-1])
        return self._convolution(layer, operation, xs, weight, layer.groups)

    @lower.register
    def _(self, layer: DepthwiseConv, operation: Operation, xs: list[Map]) -> Map | None:
        weight = self.array(operation, "weight")
        return self._convolution(layer, operation, xs, weight, operation.shapes[0][-1])

    def _convolution(
        self, layer: Conv | DepthwiseConv, operation: Operation, xs: list[Map], weight: Array, groups: int
    ) -> Map | None:
        """A convolution with weight (K, C / groups, kernel ...)."""
        window = _window(layer.geometry(operation.shapes[0]))
        if window is None:
            return None
        weight, bias = self.folded(
            weight.reshape(*weight.shape[:2], *window.kernel), self.bias(operation, has=layer.bias)
        )
        out_size: Pair = as_map(operation.shape)[:2]
        finish = Finish(bias, self.activation())
        kernel = convolution(weight, window, out_size, finish, groups, self.images, once=self.once)
        return self.put(kernel, xs, operation.shape)

    @lower.register
    def _(self, layer: Dense, operation: Operation, xs: list[Map]) -> Map | None:
        if layer.each == "all" and xs[0].shape[:2] != (1, 1):
            xs = [self.put(FlattenKernel(layer.order), xs, (product(operation.shapes[0]),))]
        weight, bias = self.folded(self.array(operation, "weight"), self.bias(operation, has=layer.bias))
        return self.put(DenseKernel(weight, Finish(bias, self.activation())), xs, operation.shape)

    @lower.register
    def _(self, layer: BatchNorm, operation: Operation, xs: list[Map]) -> Map | None:
        if layer.mixes_samples:
            return None
        scaling = self.scaling(layer, operation)
        return self.put(Affine(*scaling, self.activation()), xs, operation.shape)

    @lower.register
    def _(self, layer: MaxPool, operation: Operation, xs: list[Map]) -> Map | None:
        window = _window(layer.geometry(operation.shapes[0]))
        return None if window is None else self.put(MaxPoolKernel(window), xs, operation.shape)

    @lower.register
    def _(self, layer: AvgPool, operation: Operation, xs: list[Map]) -> Map | None:
        return self._average(layer.geometry(operation.shapes[0]), operation, xs, layer.count_padding)

    def _average(
        self, axes: tuple[Axis, ...], operation: Operation, xs: list[Map], count_padding: bool = True
    ) -> Map | None:
        window = _window(axes)
        if window is None:
            return None
        after = (0, *(axis.after for axis in axes))[-2:]
        kernel = AveragePool(window, (after[0], after[1]), count_padding=count_padding)
        return self.put(kernel, xs, operation.shape)

    @lower.register
    def _(self, layer: Subsample, operation: Operation, xs: list[Map]) -> Map | None:
        axes = layer.geometry(operation.shapes[0])
        if any(axis.before or axis.after or axis.overhang for axis in axes):
            return None  # where all windows are whole, a sum is a mean times the size of the window
        y = self._average(axes, operation, xs)
        if y is None:
            return None
        scale = self.array(operation, "weight") * float(layer.taps(operation.shapes[0]))
        shift = self.array(operation, "bias")
        return self.put(Affine(scale, shift, self.activation()), [y], operation.shape)

    @lower.register
    def _(self, layer: AdaptiveAvgPool, operation: Operation, xs: list[Map]) -> Map | None:
        axes = _regular(operation)
        return None if axes is None else self._average(axes, operation, xs)

    @lower.register
    def _(self, layer: AdaptiveMaxPool, operation: Operation, xs: list[Map]) -> Map | None:
        axes = _regular(operation)
        window = None if axes is None else _window(axes)
        return None if window is None else self.put(MaxPoolKernel(window), xs, operation.shape)

    @lower.register
    def _(self, layer: GlobalAvgPool, operation: Operation, xs: list[Map]) -> Map | None:
        return self.put(GlobalAverage(), xs, operation.shape)

    @lower.register
    def _(self, layer: Add, operation: Operation, xs: list[Map]) -> Map | None:
        if len(xs) < 2 or any(shape != operation.shape for shape in operation.shapes):
            return None
        return self.put(AddKernel(Finish(None, self.activation())), xs, operation.shape)

    @lower.register
    def _(self, layer: Concat, operation: Operation, xs: list[Map]) -> Map | None:
        if place(operation.shape, layer.axis) != len(operation.shape) - 1:
            return None
        return self.put(None, xs, operation.shape)

    @lower.register
    def _(self, layer: Flatten, operation: Operation, xs: list[Map]) -> Map | None:
        return self.put(FlattenKernel(layer.order), xs, operation.shape)

    @lower.register
    def _(self, layer: Lrn, operation: Operation, xs: list[Map]) -> Map | None:
        return self.put(LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k), xs, operation.shape)

    @lower.register
    def _(self, layer: Softmax, operation: Operation, xs: list[Map]) -> Map | None:
        over = places(operation.shape, layer.over)
        if len(over) not in (1, len(operation.shape)) or over[-1] != len(operation.shape) - 1:
            return None
        return self.put(SoftmaxKernel("all" if len(over) > 1 else "channels"), xs, operation.shape)

    @lower.register
    def _(self, layer: Activation, operation: Operation, xs: list[Map]) -> Map | None:
        if layer.kind not in ACTIVATIONS:
            return None
        return self.put(Activate(layer.kind), xs, operation.shape)


def _is_known(kind: type[Layer]) -> bool:
    """Whether a kernel is meant for the kind itself: a child of a kind may compute something else."""
    known = vars(Lowering)["lower"].dispatcher.registry
    meant = next(parent for parent in kind.__mro__ if parent in known)
    return meant is kind or "kind" not in vars(meant)


def _window(axes: tuple[Axis, ...]) -> SlidingWindow | None:
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


def _regular(operation: Operation) -> tuple[Axis, ...] | None:
    """The windows of an adaptive pooling as those of a sliding one, where they all are alike."""
    sizes = list(zip(operation.shapes[0][:-1], operation.shape[:-1], strict=True))
    if any(size % outputs for size, outputs in sizes):
        return None
    return tuple(Axis(size, size // outputs, size // outputs) for size, outputs in sizes)


def _dense(weight: Array, table: Sequence[Sequence[int]], channels: int) -> Array:
    """The weight (pairs, ...) of a table as (K, C, ...), with zeros where a filter doesn't read a map."""
    whole = np.zeros((len(table), channels, *weight.shape[1:]), weight.dtype)
    pair = 0
    for filter_, row in enumerate(table):
        for channel in row:
            whole[filter_, channel] += weight[pair]
            pair += 1
    return whole
