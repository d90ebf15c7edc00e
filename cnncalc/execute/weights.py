"""Weights: given under their names, or drawn by a seed so that values neither die nor explode on the way."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import Fault, UsageError, did_you_mean
from cnncalc.execute.values import Numbers
from cnncalc.graph import Graph, Node
from cnncalc.layers.support.base import is_bias
from cnncalc.spec.source import MOST_FAULTS

PASSED_OVER = "num_batches_tracked"
"""What PyTorch's batch norm also keeps, and nothing is computed with."""
_BY_ORDER = (
    "no name in the file is a layer's; --weights-by order takes its tensors in the order of the layers"
)


class Weights:
    """The arrays of a network by their names, `layer.weight`; without any given, each is drawn when met.

    Drawn weights of products are scaled by the mean square of what they are first multiplied with, as He et
    al. (2015) scale by what they expect it to be: sums come to about 1 in the deepest network.
    """

    def __init__(self, given: Mapping[str, Numbers] | None = None, seed: int = 0) -> None:
        self.arrays: dict[str, Numbers] = dict(given or {})
        self.drawn, self.seed = given is None, seed

    def of(self, owner: str, fact: LayerCounts, x: Numbers | None = None) -> dict[str, Numbers]:
        """The arrays of a layer.

        `owner` is the layer that has the weights, another one where weights are shared; `x` is the layer's
        first input, by which weights are drawn.
        """
        for name, weight in fact.arrays.items():
            full = f"{owner}.{name}"
            if x is not None and self.drawn and full not in self.arrays:
                self.arrays[full] = self._draw(full, weight.shape, fact, x)
        return {name: self.arrays[f"{owner}.{name}"] for name in fact.arrays}

    def _draw(self, full: str, shape: tuple[int, ...], fact: LayerCounts, x: Numbers) -> Numbers:
        draw = np.random.default_rng((self.seed, zlib.crc32(full.encode())))
        last = full.rpartition(".")[2]
        if is_bias(last) or last == "running_mean":
            return 0.1 * draw.standard_normal(shape, np.float32)
        square = float(np.square(x, dtype=np.float64).mean()) or 1.0
        if last == "running_var":
            return (square * draw.uniform(0.5, 1.5, shape)).astype(np.float32)
        if len(shape) == 1 or (len(shape) > 2 and not fact.macs):
            return draw.uniform(0.5, 1.5, shape).astype(np.float32)
        array = draw.standard_normal(shape, np.float32)
        if fact.macs:
            array *= np.float32((fact.activation_size / (fact.macs * square)) ** 0.5)
        return array


def expected(graph: Graph, facts: Sequence[LayerCounts]) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every array that a network keeps, in the order of its layers."""
    return {
        f"{node.name}.{name}": weight.shape
        for node, fact in zip(graph.nodes, facts, strict=True)
        if node.shared is None
        for name, weight in fact.arrays.items()
    }


def owner(graph: Graph, node: Node) -> str:
    """The name of the layer whose weights a layer uses: mostly its own."""
    return node.name if node.shared is None else graph.name(node.shared)


def as_mapping(weights: Any) -> Mapping[str, Any]:
    """Weights by their names; raises UsageError for what holds none."""
    if not isinstance(weights, Mapping) or not all(isinstance(name, str) for name in weights):
        raise UsageError(
            "weights are no mapping name -> array", "such as {'conv1.weight': ...}", "bad_weight"
        )
    return weights


def check(given: Mapping[str, Any], graph: Graph, facts: Sequence[LayerCounts]) -> dict[str, Numbers]:
    """Weights as arrays. Raises UsageError that names every one missing, surplus or misshapen."""
    wanted = expected(graph, facts)
    given = as_mapping(given)
    arrays = {name: np.asarray(array) for name, array in given.items() if not name.endswith(PASSED_OVER)}
    faults = list[Fault]()
    strange = len(arrays) == len(wanted) and arrays.keys().isdisjoint(wanted)
    for name, shape in wanted.items():
        if name not in arrays:
            help = _BY_ORDER if strange and not faults else ""
            faults.append(Fault("missing_weight", f"{name} is missing: {told(shape)} wanted", help))
        elif arrays[name].shape != shape:
            message = f"{name} is {told(arrays[name].shape)}, and {told(shape)} is wanted"
            faults.append(Fault("misshapen_weight", message))
        elif arrays[name].dtype.kind not in "fiu":
            faults.append(Fault("bad_weight", f"{name} holds {arrays[name].dtype} and no numbers"))
    for name in arrays:
        if name not in wanted:
            near = len(faults) < MOST_FAULTS and not strange
            help = did_you_mean(name, [other for other in wanted if other not in arrays]) if near else ""
            faults.append(Fault("surplus_weight", f"the network has no {name}", help))
    if faults:
        error = UsageError(faults[0].message, faults[0].help, faults[0].code)
        error.faults = tuple(faults[:MOST_FAULTS])
        raise error
    return arrays


def own_weights(graph: Graph, facts: Sequence[LayerCounts], seed: int = 0) -> Weights:
    """The weights that come with a network, as a model's file holds them; else such as a seed draws."""
    own = graph.provenance.weights
    return Weights(seed=seed) if own is None else Weights(check(own, graph, facts))


def by_order(
    tensors: Mapping[str, Numbers], graph: Graph, facts: Sequence[LayerCounts]
) -> dict[str, Numbers]:
    """The tensors of a PyTorch state_dict under the layers' names, matched in order, whatever their own."""
    wanted = expected(graph, facts)
    found = [(name, array) for name, array in tensors.items() if not name.endswith(PASSED_OVER)]
    pairs = zip(found, wanted.items(), strict=False)
    apart = (
        f"{name} is {told(array.shape)}, and in its place comes {own}: {told(shape)}"
        for (name, array), (own, shape) in pairs
        if array.shape != shape
    )
    first = next(apart, "")
    if len(found) != len(wanted):
        raise UsageError(f"the file holds {len(found)} tensors, and the layers take {len(wanted)}", first)
    if first:
        raise UsageError(first, "the order of the layers differs, or the network")
    return {own: array for own, (_, array) in zip(wanted, found, strict=True)}


def told(shape: Sequence[int]) -> str:
    """A shape as an error shows it."""
    return "x".join(map(str, shape)) or "one number"
