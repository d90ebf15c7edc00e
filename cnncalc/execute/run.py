"""A network run layer by layer: the values that come out, and the gradients of a weighted sum of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from cnncalc.analysis.counts import Facts
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.execute.arrays import Numbers, Patches, Value
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.weights import Weights, check, owner, told
from cnncalc.expr import product
from cnncalc.graph import Graph, Node
from cnncalc.layers.support.base import LAYOUTS, Layer, Shape, in_layout
from cnncalc.layers.support.kernels import Toolkit

OPTION = "activation."
"""What the names of the weights of an `activation` option begin with."""
Watch = Callable[[str, Numbers], object]
Track = Callable[[Iterable["Step"], int], Iterable["Step"]]
"""Goes through the layers as they run, of which there are so many: a progress bar, say."""


class Engine(Toolkit[Value, Patches], Protocol):
    """Kernels on NumPy arrays that a network can run on: those that compute values, or a probe."""

    def value(self, array: Numbers) -> Value: ...
    def weight(self, array: Numbers, x: Value) -> Value: ...
    def samples(self, x: Value, like: Value) -> Value: ...


class Ledger:
    """What is alive, in values: a buffer from when it is written until its last reader has read it."""

    def __init__(self) -> None:
        self.alive = self.peak = self.written = 0
        self._buffer: dict[int, int] = {}

    def write(self, number: int, value: Value, over: int | None = None) -> None:
        """A map comes to be, in a buffer of its own, or over another that nobody else reads."""
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
    """Keeps no account."""

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
    fact: Facts
    value: Value
    read: dict[str, int]


def steps(
    graph: Graph,
    facts: Sequence[Facts],
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
    pending = list(readers)
    held: dict[int, Value] = dict(enumerate(inputs))
    ledger = ledger or NoLedger()
    for number, value in held.items():
        ledger.write(number, value)
    for number, (node, fact) in enumerate(zip(graph.nodes, facts, strict=True), first):
        xs = [held[source] for source in node.inputs]
        first_read = xs[0] if xs else inputs[0]
        arrays = weights.of(owner(graph, node), fact, first_read)
        value, read = run_layer(
            fact.layer, xs, _leaves(arrays, owner(graph, node), tool, first_read, leaves), tool
        )
        if not xs:
            value = tool.samples(value, inputs[0])
        over = fact.layer.in_place and readers[node.inputs[0]] == 1
        held[number] = value
        ledger.write(number, value, node.inputs[0] if over else None)
        del xs
        for source in dict.fromkeys(node.inputs):
            pending[source] -= 1
            if not pending[source]:
                del held[source]
                if not over:
                    ledger.free(source)
        yield Step(number - first, node, fact, value, read)
        if not pending[number]:
            del held[number]
            ledger.free(number)


def run_layer(
    layer: Layer, xs: Sequence[Value], arrays: Mapping[str, Value], tool: Engine
) -> tuple[Value, dict[str, int]]:
    """What a layer puts out, its `activation` option applied, and the arrays that it read."""
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
    arrays: Mapping[str, Numbers], owner: str, tool: Engine, x: Value, leaves: dict[str, Value] | None
) -> dict[str, Value]:
    """Weights as values, which have an axis of 1 in place of the batch; shared ones are one value."""
    leaves = {} if leaves is None else leaves
    for name, array in arrays.items():
        full = f"{owner}.{name}"
        if full not in leaves:
            leaves[full] = tool.weight(array, x)
    return {name: leaves[f"{owner}.{name}"] for name in arrays}


def random_inputs(graph: Graph, seed: int) -> list[Numbers]:
    """One sample for each input: standard normal values, or tokens for an embedding."""
    draw = np.random.default_rng(seed)
    found: list[Numbers] = []
    for number, source in enumerate(graph.inputs):
        vocabulary = _vocabulary(graph, number)
        if vocabulary:
            found.append(draw.integers(0, vocabulary, (1, *source.shape)))
        else:
            found.append(draw.standard_normal((1, *source.shape), np.float32))
    return found


def _vocabulary(graph: Graph, number: int) -> int:
    """How many tokens an input chooses from; 0 where it holds numbers."""
    sizes = [node.layer.vocabulary for node in graph.nodes if number in node.inputs]
    return min((int(size) for size in sizes if size), default=0)


class RunInputs(NamedTuple):
    """The inputs of a run: channels last, with a batch axis."""

    arrays: list[Numbers]
    batched: bool


def read_inputs(graph: Graph, x: Any, layout: str) -> RunInputs:
    """Inputs as given: an array, or a mapping name -> array, in a layout, with or without a batch axis."""
    names = [source.name for source in graph.inputs]
    if not isinstance(x, Mapping):
        if len(names) > 1:
            raise UsageError(
                f"the network has inputs {', '.join(names)}", "a mapping name -> array says which"
            )
        x = {names[0]: x}
    for name in x:
        if name not in names:
            raise UsageError(
                f"the network has no input {name}",
                did_you_mean(str(name), names, "its inputs"),
                "unknown_name",
            )
    if missing := [name for name in names if name not in x]:
        raise UsageError(f"input {missing[0]} is missing")
    read = [_read_input(graph, number, x[name], layout) for number, name in enumerate(names)]
    arrays = [array for array, _ in read]
    if len({(batched, len(array)) for array, batched in read}) > 1:
        raise UsageError("the inputs differ in their batches", code="misshapen_array")
    if any(array.dtype == np.float64 for array in arrays):
        arrays = [array.astype(np.float64) if array.dtype.kind == "f" else array for array in arrays]
    return RunInputs(arrays, read[0][1])


def _read_input(graph: Graph, number: int, given: Any, layout: str) -> tuple[Numbers, bool]:
    """An input as (N, positions ..., channels), and whether it had a batch axis: floats, or whole tokens."""
    name, shape = graph.inputs[number]
    array = np.asarray(given)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name} holds {array.dtype} and no numbers", code="bad_value")
    array, batched = with_batch(graph, array, shape, layout, name)
    if vocabulary := _vocabulary(graph, number):
        if not ((array >= 0) & (array < vocabulary) & (array == np.floor(array))).all():
            raise UsageError(
                f"{name} holds what is no token",
                f"whole numbers from 0 to {vocabulary - 1}",
                code="bad_value",
            )
        array = array.astype(np.int64)
    elif array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float32)
    return array, batched


def with_batch(graph: Graph, array: Numbers, shape: Shape, layout: str, name: str) -> tuple[Numbers, bool]:
    """An array (N, positions ..., channels), and whether it had a batch axis."""
    order = graph.order(name, len(shape), layout)
    wanted = tuple(shape[axis] for axis in order)
    batched = array.ndim == len(wanted) + 1
    if batched:
        array = np.moveaxis(array, graph.provenance.batches.get(name, 0), 0)
    if array.shape[batched:] != wanted or (batched and not len(array)):
        other = next(other for other in LAYOUTS if other != layout)
        fits = array.ndim >= len(wanted) and array.shape[-len(wanted) :] == in_layout(shape, other)
        raise UsageError(
            f"{name} is {told(array.shape)}, and {told(wanted)} is wanted",
            f"it is {other}: --layout {other}"
            if fits
            else f"{layout}, with or without a batch axis before it",
            "misshapen_array",
        )
    array = array if batched else array[None]
    whole = _whole(order, len(shape))
    array = array.reshape(len(array), *(shape[axis] for axis in whole))
    back = sorted(range(len(whole)), key=whole.__getitem__)
    return array.transpose(0, *(1 + axis for axis in back)), batched


def _whole(order: Sequence[int], rank: int) -> tuple[int, ...]:
    """An order with the axes of size 1 that it leaves out, at the end."""
    return (*order, *(axis for axis in range(rank) if axis not in order))


def written(graph: Graph, name: str, array: Numbers, layout: str, *, batched: bool) -> Numbers:
    """What an input or a layer puts out as it is written, with the batch axis or without."""
    order = graph.order(name, array.ndim - 1, layout)
    shape = [array.shape[1 + axis] for axis in order]
    array = array.transpose(0, *(1 + axis for axis in _whole(order, array.ndim - 1)))
    array = array.reshape(len(array), *shape)
    return np.ascontiguousarray(array if batched else array[0])


def check_memory(facts: Sequence[Facts], batch: int, dtype: np.dtype[Any], *, recorded: bool = False) -> None:
    """Raises UsageError where a run would take more memory than the machine has."""
    weights = sum(product(weight.shape) for fact in set(facts) for weight in fact.arrays.values())
    sizes = [sum(map(product, fact.inputs)) + fact.activation_size for fact in facts]
    maps = sum(sizes) if recorded else max(sizes, default=0)
    needed = (weights + maps * batch) * dtype.itemsize
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else needed
    if needed > has:
        raise UsageError(
            f"a run takes {needed / 1e9:,.1f} GB at least, and the machine has {has / 1e9:,.1f}",
            "a smaller input does with less",
            "too_large",
        )


def draw_weights(graph: Graph, facts: Sequence[Facts], seed: int) -> Weights:
    """Random weights of a network, which depend on nothing but the seed."""
    weights, tool = Weights(seed=seed), NumpyKernels()
    with np.errstate(all="ignore"):
        for _ in steps(graph, facts, [tool.value(x) for x in random_inputs(graph, seed)], weights, tool):
            pass
    return weights


def run(
    graph: Graph,
    facts: Sequence[Facts],
    layout: str,
    x: Any = None,
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
    watch: Watch | None = None,
    track: Track | None = None,
) -> dict[str, Numbers]:
    """Output name -> array. Without `x` the input is random; `watch` is shown every map, in the layout."""
    if x is None:
        check_memory(facts, 1, np.dtype(np.float32))
        given = RunInputs(random_inputs(graph, seed), batched=False)
    else:
        given = read_inputs(graph, x, layout)
        check_memory(facts, len(given.arrays[0]), given.arrays[0].dtype)
    tool = NumpyKernels()
    if weights is not None:
        kept = Weights(check(weights, graph, facts))
    else:
        kept = Weights(seed=seed) if x is None else draw_weights(graph, facts, seed)
    found = {}
    first = len(graph.inputs)
    with np.errstate(all="ignore"):
        ran = steps(graph, facts, [tool.value(array) for array in given.arrays], kept, tool)
        for step in track(ran, len(graph.nodes)) if track else ran:
            if watch is None and step.number + first not in graph.outputs:
                continue
            array = written(graph, step.node.name, step.value.array, layout, batched=given.batched)
            if watch is not None:
                watch(step.node.name, array)
            if step.number + first in graph.outputs:
                found[step.node.name] = array
    return found


def gradients(
    graph: Graph,
    facts: Sequence[Facts],
    layout: str,
    x: Any,
    seeds: Mapping[str, Any],
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> dict[str, Numbers]:
    """The gradients of the sum of seeds[layer] * output: of the inputs, and of what is learned."""
    given = read_inputs(graph, x, layout)
    check_memory(facts, len(given.arrays[0]), given.arrays[0].dtype, recorded=True)
    names = {node.name: number for number, node in enumerate(graph.nodes)}
    names |= {name: n - len(graph.inputs) for name, n in graph.groups.items() if n >= len(graph.inputs)}
    for name in seeds:
        if name not in names:
            raise UsageError(f"no layer is called {name}", did_you_mean(str(name), names), "unknown_name")
    if not seeds:
        raise UsageError("of what?", "a mapping from a layer's name to the gradient at its output")
    kept = Weights(check(weights, graph, facts)) if weights is not None else draw_weights(graph, facts, seed)
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


def _learned(graph: Graph, facts: Sequence[Facts], last: int) -> set[str]:
    """The names of the arrays that are learned, of the layers up to the last."""
    pairs = list(zip(graph.nodes, facts, strict=True))[: last + 1]
    return {
        f"{owner(graph, node)}.{name}"
        for node, fact in pairs
        for name, weight in fact.arrays.items()
        if weight.learned
    }
