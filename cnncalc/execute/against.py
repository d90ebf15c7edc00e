"""The values of a network, layer by layer, beside another's: PyTorch's, onnxruntime's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from cnncalc.analysis.counts import Facts
from cnncalc.errors import UsageError, unknown_choice
from cnncalc.execute.arrays import Numbers, Value
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.onnx_model import run_onnx
from cnncalc.execute.run import OPTION, random_inputs, steps
from cnncalc.execute.weights import Weights, owner
from cnncalc.graph import Graph

EXTRAS = {"onnxruntime": "onnx"}
"""The extra that a library comes with, where it isn't called as the library is."""


class Difference(NamedTuple):
    """How far the values of a layer lie apart, as a part of the largest."""

    layer: str
    apart: float


class Doubled(Weights):
    """Drawn weights in float64."""

    def of(self, owner: str, fact: Facts, x: Value | None = None) -> dict[str, Numbers]:
        return {name: array.astype(np.float64) for name, array in super().of(owner, fact, x).items()}


def against_torch(graph: Graph, facts: Sequence[Facts], seed: int = 0) -> Iterator[Difference]:
    """Each layer's values in float64 beside PyTorch's, which goes its own way from the same input."""
    torch = needed("torch")
    tool, weights = NumpyKernels(), Doubled(seed=seed)
    arrays = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in random_inputs(graph, seed)]
    known: dict[int, Any] = {n: first_channels(torch.from_numpy(x)) for n, x in enumerate(arrays)}
    last = {source: number for number, node in enumerate(graph.nodes) for source in node.inputs}
    with torch.no_grad():
        for step in steps(graph, facts, [tool.value(x) for x in arrays], weights, tool):
            node, layer = step.node, step.fact.layer
            mine = step.value.array
            tensors = {
                name: torch.from_numpy(array)
                for name, array in weights.of(owner(graph, node), step.fact).items()
            }
            theirs = layer.to_torch(torch, tensors, *(known[source] for source in node.inputs))
            if layer.activation is not None:
                own = {name.removeprefix(OPTION): tensors[name] for name in tensors}
                theirs = layer.activation.to_torch(torch, own, theirs)
            known[step.number + len(graph.inputs)] = theirs
            for source in set(node.inputs):
                if last[source] == step.number:
                    del known[source]
            yield Difference(node.name, apart(mine, np.asarray(first_channels(theirs, back=True))))


def against_onnxruntime(graph: Graph, facts: Sequence[Facts], seed: int = 0) -> Iterator[Difference]:
    """Each layer's values in float32 beside onnxruntime's, which has kernels for little else."""
    onnxruntime, onnx = needed("onnxruntime"), needed("onnx")
    tool, weights = NumpyKernels(), Weights(seed=seed)
    arrays = random_inputs(graph, seed)
    known: dict[int, Numbers] = {n: np.moveaxis(x, -1, 1) for n, x in enumerate(arrays)}
    last = {source: number for number, node in enumerate(graph.nodes) for source in node.inputs}
    for step in steps(graph, facts, [tool.value(x) for x in arrays], weights, tool):
        node, layer = step.node, step.fact.layer
        own: dict[str, Numbers] = {}
        more: dict[str, Numbers] = {}
        for name, array in weights.of(owner(graph, node), step.fact).items():
            (more if name.startswith(OPTION) else own)[name.removeprefix(OPTION)] = array
        xs = [known[source] for source in node.inputs]
        theirs = known[step.number + len(graph.inputs)] = run_onnx(onnx, onnxruntime, layer, (own, more), xs)
        for source in set(node.inputs):
            if last[source] == step.number:
                del known[source]
        yield Difference(node.name, apart(step.value.array, np.moveaxis(theirs, 1, -1)))


def first_channels(x: Any, *, back: bool = False) -> Any:
    """A tensor (N, positions ..., channels) as (N, channels, positions ...), or back."""
    return x.movedim(1, -1) if back else x.movedim(-1, 1)


def apart(mine: Numbers, theirs: Numbers) -> float:
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
    """What values can be compared with, and the largest difference, as a part of the largest value."""

    differences: Callable[[Graph, Sequence[Facts], int], Iterator[Difference]]
    tolerance: float


BACKENDS = {"torch": Backend(against_torch, 1e-9), "onnxruntime": Backend(against_onnxruntime, 1e-4)}


def find_backend(name: str) -> Backend:
    """A backend by its name."""
    if name not in BACKENDS:
        raise unknown_choice(name, "what values are compared with", BACKENDS)
    return BACKENDS[name]
