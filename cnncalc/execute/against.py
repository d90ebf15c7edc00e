"""The values of a network, layer by layer, compared with another framework's: PyTorch's, onnxruntime's.

The framework goes its own way from the same input. A layer is witnessed where the framework's own operation
computes it, from the options as the spec has them. Where the framework has no such operation, the layer's
`forward` runs on the framework's arrays: that holds NumPy's arithmetic to the framework's, and proves neither
the formula nor the geometry.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import UsageError, unknown_choice
from cnncalc.execute.definition import OPTION, steps
from cnncalc.execute.framework_kernels import FrameworkKernels
from cnncalc.execute.inputs import random_inputs
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.onnx_kernels import OnnxKernels, Operators
from cnncalc.execute.torch_kernels import TorchKernels
from cnncalc.execute.values import Numbers
from cnncalc.execute.weights import Weights, own_weights, owner
from cnncalc.graph import Graph
from cnncalc.layers.support.base import Layer

EXTRAS = {"onnxruntime": "onnx"}
"""The extra that a library comes with, where it isn't called as the library is."""


class Difference(NamedTuple):
    """How far the values of a layer lie apart, as a part of the largest; `witnessed` by an own operation."""

    layer: str
    distance: float
    witnessed: bool


class Framework(NamedTuple):
    """A framework that layers run in. Its arrays are (N, channels, positions ...) where layers meet."""

    kernels: FrameworkKernels
    own: Callable[[Layer, Mapping[str, Any], Sequence[Any]], Any]
    """The result of the framework's own operation on arrays; None where there is none."""
    moved: Callable[[Any, int, int], Any]
    """An array with an axis in another place."""

    def run(self, layer: Layer, weights: Mapping[str, Any], xs: Sequence[Any]) -> tuple[Any, bool]:
        """The output of a layer, its activation applied, and whether an own operation computed the layer."""
        kept = {name: array for name, array in weights.items() if not name.startswith(OPTION)}
        y, witnessed = self._run(layer, kept, xs)
        if layer.activation is not None:
            more = {n.removeprefix(OPTION): array for n, array in weights.items() if n.startswith(OPTION)}
            y, also = self._run(layer.activation, more, [y])
            witnessed = witnessed and also
        return y, witnessed

    def _run(self, layer: Layer, weights: Mapping[str, Any], xs: Sequence[Any]) -> tuple[Any, bool]:
        if not layer.one_operation:
            turned = [self.moved(x, 1, -1) for x in xs] if layer.channels_last else xs
            found = self.own(layer, weights, turned)
            if found is not None:
                return self.moved(found, -1, 1) if layer.channels_last else found, True
        values = [self.kernels.value(self.moved(x, 1, -1)) for x in xs]
        like = values[0] if values else self.kernels.value(np.ones(1))
        arrays = {name: self.kernels.weight(array, like) for name, array in weights.items()}
        return self.moved(layer.forward(self.kernels, arrays, *values).array, -1, 1), layer.one_operation


def in_torch(torch: Any) -> Framework:
    """PyTorch, through which gradients flow."""
    return Framework(
        TorchKernels(torch),
        lambda layer, weights, xs: layer.to_torch(torch, weights, *xs),
        lambda x, source, target: x.movedim(source, target),
    )


def in_onnxruntime(onnx: Any, onnxruntime: Any) -> Framework:
    """onnxruntime, operator by operator."""
    operators = Operators(onnx, onnxruntime)
    return Framework(
        OnnxKernels(operators),
        lambda layer, weights, xs: layer.to_onnx(operators, weights, *xs),
        np.moveaxis,
    )


class Doubled(Weights):
    """Weights in float64."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def of(self, owner: str, fact: LayerCounts, x: Numbers | None = None) -> dict[str, Numbers]:
        return {name: array.astype(np.float64) for name, array in self.weights.of(owner, fact, x).items()}


def against_torch(
    graph: Graph, facts: Sequence[LayerCounts], seed: int = 0, inputs: Sequence[Numbers] | None = None
) -> Iterator[Difference]:
    """Each layer's values in float64 beside PyTorch's."""
    torch, given = needed("torch"), inputs or random_inputs(graph, seed)
    arrays = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in given]
    with torch.no_grad():
        yield from _differences(
            graph, facts, in_torch(torch), arrays, Doubled(own_weights(graph, facts, seed)), torch.from_numpy
        )


def against_onnxruntime(
    graph: Graph, facts: Sequence[LayerCounts], seed: int = 0, inputs: Sequence[Numbers] | None = None
) -> Iterator[Difference]:
    """Each layer's values in float32 beside onnxruntime's, which has kernels for little else."""
    onnxruntime, onnx = needed("onnxruntime"), needed("onnx")
    framework = in_onnxruntime(onnx, onnxruntime)
    arrays = inputs or random_inputs(graph, seed)
    yield from _differences(graph, facts, framework, arrays, own_weights(graph, facts, seed), np.asarray)


def _differences(
    graph: Graph,
    facts: Sequence[LayerCounts],
    framework: Framework,
    arrays: Sequence[Numbers],
    weights: Weights,
    given: Callable[[Numbers], Any],
) -> Iterator[Difference]:
    """A run of NumPy's kernels and one in a framework, side by side; `given` makes its arrays of NumPy's."""
    tool = NumpyKernels()
    known: dict[int, Any] = {n: framework.moved(given(x), -1, 1) for n, x in enumerate(arrays)}
    spent = graph.spent()
    for step in steps(graph, facts, [tool.value(x) for x in arrays], weights, tool):
        node = step.node
        kept = {name: given(array) for name, array in weights.of(owner(graph, node), step.fact).items()}
        xs = [known[source] for source in node.inputs]
        theirs, witnessed = framework.run(step.fact.layer, kept, xs)
        known[step.number + len(graph.inputs)] = theirs
        for source in spent[step.number]:
            del known[source]
        values = np.asarray(framework.moved(theirs, 1, -1))
        yield Difference(node.name, relative_distance(step.value.array, values), witnessed)


def relative_distance(mine: Numbers, theirs: Numbers) -> float:
    """The largest difference, as a part of the largest value; infinite where the shapes differ."""
    if mine.shape != theirs.shape:
        return float("inf")
    largest = float(np.abs(theirs).max()) or 1.0
    return float(np.abs(mine - theirs).max()) / largest


def needed(module: str) -> Any:
    """A library of an extra, or an error that says how to get it."""
    try:
        return import_module(module)
    except ImportError:
        extra = EXTRAS.get(module, module)
        raise UsageError(
            f"{module} is not installed", f"pip install 'cnncalc[{extra}]'", "missing_library"
        ) from None


class Backend(NamedTuple):
    """An engine to compare values with; the largest difference allowed, as a part of the largest value."""

    differences: Callable[..., Iterator[Difference]]
    tolerance: float


BACKENDS = {"torch": Backend(against_torch, 1e-9), "onnxruntime": Backend(against_onnxruntime, 1e-4)}


def find_backend(name: str) -> Backend:
    """A backend by its name."""
    if name not in BACKENDS:
        raise unknown_choice(name, "what values are compared with", BACKENDS)
    return BACKENDS[name]
