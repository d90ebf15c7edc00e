"""The values of a network, layer by layer, beside another's: PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from cnncalc.analysis.counts import Facts
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.execute.run import OPTION, random_inputs, steps
from cnncalc.execute.toolkit import Kernels, Numbers, Value
from cnncalc.execute.weights import Weights, owner
from cnncalc.graph import Graph

TOLERANCE = 1e-9
"""The largest difference of two float64 results, as a part of the largest value."""


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
    tool, weights = Kernels(), Doubled(seed=seed)
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
        raise UsageError(f"{module} is not installed", f"pip install 'cnncalc[{module}]'") from None


BACKENDS: dict[str, Callable[[Graph, Sequence[Facts], int], Iterator[Difference]]] = {"torch": against_torch}
"""What values can be compared with."""


def beside(backend: str, graph: Graph, facts: Sequence[Facts], seed: int = 0) -> Iterator[Difference]:
    """Each layer's values beside those of a backend, by its name."""
    if backend not in BACKENDS:
        raise UsageError(f"values can't be compared with {backend}", did_you_mean(backend, BACKENDS, "known"))
    return BACKENDS[backend](graph, facts, seed)
