"""Networks by their definitions: each layer's `forward` on the kernels that are given, layer by layer.

This is the oracle of the fast path, and what `verify` tallies, probes and records gradients by.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.execute.inputs import RunInputs, with_batch, written
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.values import Numbers, Patches, Value
from cnncalc.execute.weights import Weights, owner
from cnncalc.graph import Graph, Node
from cnncalc.layers.support.base import Layer
from cnncalc.layers.support.kernels import Toolkit

OPTION = "activation."
"""The beginning of the names of the weights of an `activation` option."""


class Engine(Toolkit[Value, Patches], Protocol):
    """Kernels on NumPy arrays that a network can run on: those that compute values, or a probe."""

    def value(self, array: Numbers) -> Value: ...
    def weight(self, array: Numbers, x: Value) -> Value: ...
    def samples(self, x: Value, like: Value) -> Value: ...
    def hand(self, inputs: Sequence[Value]) -> Sequence[Value]: ...


class Ledger:
    """The values alive: those of each buffer from its writing until its last reader has read it."""

    def __init__(self) -> None:
        self.alive = self.peak = self.written = 0
        self._buffer: dict[int, int] = {}

    def write(self, number: int, value: Value, over: int | None = None) -> None:
        """A map is written: into a buffer of its own, or over the map of a layer that nobody else reads."""
        size = value.array.size
        if over is not None:
            size = max(size, self._buffer.pop(over))
            self._buffer[number] = size
            return
        self._buffer[number] = size
        self.alive += size
        self.written += size
        self.peak = max(self.peak, self.alive)

    def free(self, number: int) -> None:
        self.alive -= self._buffer.pop(number, 0)


class NoLedger(Ledger):
    """A ledger that records nothing, for runs whose memory nobody asks for."""

    def write(self, number: int, value: Value, over: int | None = None) -> None:
        pass


class TrackedWeights(dict[str, Value]):
    """The arrays of a layer by their names, and which of them have been read."""

    def __init__(self, arrays: Mapping[str, Value]) -> None:
        super().__init__(arrays)
        self.read: dict[str, int] = {}

    def __getitem__(self, name: str) -> Value:
        value = super().__getitem__(name)
        self.read[name] = value.array.size
        return value


class Step(NamedTuple):
    """A layer that has run; `read` are the arrays that it used, and their sizes."""

    number: int
    node: Node
    fact: LayerCounts
    value: Value
    read: dict[str, int]


def steps(
    graph: Graph,
    facts: Sequence[LayerCounts],
    inputs: Sequence[Value],
    weights: Weights,
    tool: Engine,
    leaves: dict[str, Value] | None = None,
    ledger: Ledger | None = None,
) -> Iterator[Step]:
    """Runs the layers in order, each map freed after its last use. `leaves` gathers the weights met."""
    first = len(graph.inputs)
    readers = [len(each) for each in graph.readers()]
    for number in graph.outputs:
        readers[number] += 1
    spent = graph.spent()
    held: dict[int, Value] = dict(enumerate(inputs))
    ledger = ledger or NoLedger()
    for number, value in held.items():
        ledger.write(number, value)
    for number, (node, fact) in enumerate(zip(graph.nodes, facts, strict=True), first):
        xs = [held[source] for source in node.inputs]
        first_read = xs[0] if xs else inputs[0]
        arrays = weights.of(owner(graph, node), fact, first_read.array)
        kept = _leaves(arrays, fact, owner(graph, node), tool, first_read, leaves)
        value, read = run_layer(fact.layer, tool.hand(xs), kept, tool)
        if not xs:
            value = tool.samples(value, inputs[0])
        over = fact.layer.in_place and readers[node.inputs[0]] == 1
        held[number] = value
        ledger.write(number, value, node.inputs[0] if over else None)
        del xs
        for source in spent[number - first]:
            if source != number:
                del held[source]
                if not over:
                    ledger.free(source)
        yield Step(number - first, node, fact, value, read)
        if number in spent[number - first]:
            del held[number]
            ledger.free(number)


def run_layer(
    layer: Layer, xs: Sequence[Value], arrays: Mapping[str, Value], tool: Engine
) -> tuple[Value, dict[str, int]]:
    """The output of a layer, its `activation` option applied, and the arrays that the layer read."""
    own = TrackedWeights({name: array for name, array in arrays.items() if not name.startswith(OPTION)})
    value = layer.forward(tool, own, *xs)
    if layer.activation is None:
        return value, own.read
    more = TrackedWeights(
        {name.removeprefix(OPTION): arrays[name] for name in arrays if name.startswith(OPTION)}
    )
    value = layer.activation.forward(tool, more, value)
    return value, own.read | {OPTION + name: size for name, size in more.read.items()}


def _leaves(
    arrays: Mapping[str, Numbers],
    fact: LayerCounts,
    owner: str,
    tool: Engine,
    x: Value,
    leaves: dict[str, Value] | None,
) -> dict[str, Value]:
    """Weights as values, which have an axis of 1 in place of the batch; shared ones are one value."""
    leaves = {} if leaves is None else leaves
    for name, array in arrays.items():
        full = f"{owner}.{name}"
        if full not in leaves:
            leaves[full] = tool.weight(array, x)
            leaves[full].trained = fact.learns and fact.arrays[name].learned
    return {name: leaves[f"{owner}.{name}"] for name in arrays}


def gradients(
    graph: Graph,
    facts: Sequence[LayerCounts],
    layout: str,
    given: RunInputs,
    seeds: Mapping[str, Any],
    kept: Weights,
) -> dict[str, Numbers]:
    """The gradients of the sum of seeds[layer] * output, by the inputs and the parameters."""
    names = {node.name: number for number, node in enumerate(graph.nodes)}
    names |= {name: n - len(graph.inputs) for name, n in graph.groups.items() if n >= len(graph.inputs)}
    for name in seeds:
        if name not in names:
            raise UsageError(f"no layer is called {name}", did_you_mean(str(name), names), "unknown_name")
    if not seeds:
        raise UsageError("of what?", "a mapping from a layer's name to the gradient at its output")
    last = max(names[name] for name in seeds)
    tool = NumpyKernels(record=True)
    inputs = [tool.value(array) for array in given.arrays]
    leaves: dict[str, Value] = {}
    met: dict[int, Value] = {}
    with np.errstate(all="ignore"):
        for step in steps(graph, facts, inputs, kept, tool, leaves):
            met[step.number] = step.value
            if step.number == last:
                break
        arrived = []
        for name, seed_array in seeds.items():
            value = met[names[name]]
            array = np.asarray(seed_array, value.array.dtype)
            array, batched = with_batch(graph, array, value.shape, layout, name)
            if batched != given.batched or len(array) != len(value.array):
                raise UsageError(
                    f"the gradient at {name} has another batch than the input", code="misshapen_array"
                )
            arrived.append((value, array))
        wanted: dict[str, Value] = {
            source.name: value
            for source, value in zip(graph.inputs, inputs, strict=True)
            if value.array.dtype.kind == "f"
        }
        learned = _learned(graph, facts, last)
        wanted |= {name: value for name, value in leaves.items() if name in learned}
        arrays = tool.gradients(arrived, list(wanted.values()))
    inputs_names = {source.name for source in graph.inputs}
    found = {}
    for name, array in zip(wanted, arrays, strict=True):
        is_input = name in inputs_names
        found[name] = written(graph, name, array, layout, batched=given.batched) if is_input else array[0]
    return found


def _learned(graph: Graph, facts: Sequence[LayerCounts], last: int) -> set[str]:
    """The names of the learned arrays of the layers up to number `last`."""
    pairs = list(zip(graph.nodes, facts, strict=True))[: last + 1]
    return {
        f"{owner(graph, node)}.{name}"
        for node, fact in pairs
        for name, weight in fact.arrays.items()
        if weight.learned
    }
