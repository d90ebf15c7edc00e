"""A convolution as products of matrices, and transposed: what exercises on small matrices ask for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import UsageError
from cnncalc.execute.executor import Executor
from cnncalc.execute.values import Numbers
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers.support.base import Layer
from cnncalc.layers.support.windows import TransposedAxis

LARGEST = 40_000
"""The most numbers of a matrix that is shown."""


class Stamp(NamedTuple):
    """The products that one input of a transposed convolution adds, and the place of their first corner."""

    at: tuple[int, ...]
    value: float
    corner: tuple[int, ...]
    stamp: Numbers
    filter: int = 0


def run_alone(layer: Layer, x: Numbers, arrays: dict[str, Numbers]) -> Numbers:
    """The output of a layer for (positions ..., maps), by the definition of the layer."""
    graph = Graph((Input("input", x.shape),), (Node("sum", layer, (0,)),), (1,))
    executor = Executor(graph, [LayerCounts(layer, (x.shape,))], "hwc", by_definition=True)
    maps: dict[str, Numbers] = {}
    executor.run(x, {f"sum.{name}": array for name, array in arrays.items()}, watch=maps.__setitem__)
    return maps["sum"]


def as_matrix(layer: Layer, shape: tuple[int, ...], arrays: dict[str, Numbers]) -> Numbers:
    """The matrix M of a linear layer: its output is M times the input, both written map by map, row by row.

    A column is what the layer makes of an input that is 1 at one place and 0 elsewhere. The transpose of a
    convolution's matrix is that of the transposed convolution with the same kernel.
    """
    size = int(np.prod(shape))
    without_bias = {**arrays, **({"bias": np.zeros_like(arrays["bias"])} if "bias" in arrays else {})}
    outputs = LayerCounts(layer, (shape,)).activation_size
    if outputs * size > LARGEST:
        message = f"a matrix of {outputs:,} x {size:,} is too large to be shown"
        raise UsageError(message, f"at most {LARGEST:,} numbers", "too_large")
    columns = []
    for place in np.ndindex(shape[-1], *shape[:-1]):
        unit = np.zeros(shape)
        unit[(*place[1:], place[0])] = 1
        columns.append(np.moveaxis(run_alone(layer, unit, without_bias), -1, 0).ravel())
    matrix: Numbers = np.stack(columns, axis=1)
    return matrix


def as_columns(windows: Sequence[Sequence[float]]) -> Numbers:
    """The matrix whose rows are the windows of an image (im2col): times the kernel, the convolution."""
    matrix: Numbers = np.array(windows, float)
    if matrix.size > LARGEST:
        message = f"a matrix of {matrix.shape[0]:,} x {matrix.shape[1]:,} is too large to be shown"
        raise UsageError(message, f"at most {LARGEST:,} numbers", "too_large")
    return matrix


def stamps(layer: Layer, x: Numbers, kernel: Numbers, filter: int = 0) -> Iterator[Stamp]:
    """Each input of a transposed convolution with its kernel, which lands on the output and is added there.

    `kernel` is (taps ..., 1), or has a map for each of the input's. Corners are counted before the output is
    cropped by the padding.
    """
    axes = [axis for axis in layer.geometry(x.shape) if isinstance(axis, TransposedAxis)]
    for at in np.ndindex(x.shape):
        *place, channel = at
        corner = tuple(
            int(index * axis.stride - axis.before) for index, axis in zip(place, axes, strict=True)
        )
        value = float(x[at])
        yield Stamp(tuple(place), value, corner, value * kernel[..., channel], filter)
