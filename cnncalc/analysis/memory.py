"""Bytes: weights, the forward pass, the peak, training."""

from typing import NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import is_among, unknown_choice
from cnncalc.expr import product
from cnncalc.graph import Graph

DTYPES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""The types of values, and the bytes of one."""
OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}
"""Optimizer -> the values that it keeps for each trainable parameter."""


class Memory(NamedTuple):
    """The memory of a batch, in bytes."""

    weights: int
    forward: int
    peak: int
    training: int
    optimizer: str

    @property
    def running(self) -> int:
        """The bytes of a forward pass that frees each output after its last reader: weights and peak."""
        return self.weights + self.peak


class Peak(NamedTuple):
    """The most values alive at once, per sample.

    `at` is the node that is computed then (-1 where the inputs alone are the most); `alive` are the
    numbers of the inputs and nodes that are held, counted as `Node.inputs` counts, each with its values.
    """

    values: int
    at: int
    alive: tuple[tuple[int, int], ...]


class Fit(NamedTuple):
    """The largest batches that fit into a number of bytes; 0 where not even one sample fits."""

    limit: int
    training: int
    running: int
    training_one: int
    """The bytes that one sample needs."""
    running_one: int


def in_place(graph: Graph, facts: list[LayerCounts]) -> list[bool]:
    """For each node, whether its output can overwrite its input: no other node reads the input."""
    first = len(graph.inputs)
    readers = [0] * (first + len(graph.nodes))
    for node in graph.nodes:
        if len(node.inputs) == 1:
            readers[node.inputs[0]] += 1
        else:
            for source in set(node.inputs):
                readers[source] += 1
    for output in graph.outputs:
        readers[output] += 1
    return [
        fact.layer.in_place and readers[node.inputs[0]] == 1
        for node, fact in zip(graph.nodes, facts, strict=True)
    ]


def peak_values(graph: Graph, facts: list[LayerCounts], overwrites: list[bool]) -> Peak:
    """The most values alive at once, each output freed after its last reader, inputs included."""
    first = len(graph.inputs)
    # the node whose buffer holds each output: of an output in place, the holder of the input
    holder = list(range(first + len(graph.nodes)))
    size = [product(source.shape) for source in graph.inputs]
    for number, (node, fact) in enumerate(zip(graph.nodes, facts, strict=True), first):
        if overwrites[number - first]:
            holder[number] = holder[node.inputs[0]]
            size.append(0)
            # a buffer is as large as the largest output in it
            size[holder[number]] = max(size[holder[number]], fact.activation_size)
        else:
            size.append(fact.activation_size)
    # an input that no node reads is held to the end
    last = [len(holder)] * first + list(range(first, len(holder)))
    for number, node in enumerate(graph.nodes, first):
        last[holder[number]] = number
        for source in node.inputs:
            last[holder[source]] = number
    for output in graph.outputs:
        last[holder[output]] = len(holder)
    freed = [0] * (len(holder) + 1)
    for end, values in zip(last, size, strict=True):
        freed[end] += values
    alive = sum(size[:first])
    peak, at = alive, -1
    for number in range(first, len(holder)):
        alive += size[number]
        if alive > peak:
            peak, at = alive, number - first
        alive -= freed[number]
    now = first + at
    held = (number for number in range(now + 1) if holder[number] == number and last[number] >= now)
    return Peak(peak, at, tuple((number, size[number]) for number in held))


def memory(
    graph: Graph,
    *,
    values: int,
    trainable: int,
    activations: int,
    peak: int,
    batch: int,
    dtype: str,
    optimizer: str,
) -> Memory:
    """The memory of a network.

    `values` are all that the network keeps, buffers included; `activations` and `peak` are values per sample.
    """
    bytes_each = bytes_of(dtype)
    inputs = sum(product(source.shape) for source in graph.inputs)
    forward = (inputs + activations) * batch * bytes_each
    states = states_of(optimizer)
    training = (values + trainable * (1 + states)) * bytes_each + forward
    return Memory(values * bytes_each, forward, peak * batch * bytes_each, training, optimizer)


def states_of(optimizer: str) -> int:
    """The values that an optimizer keeps for each trainable parameter; raises UsageError."""
    if not is_among(optimizer, OPTIMIZERS):
        raise unknown_choice(optimizer, "an optimizer", OPTIMIZERS)
    return OPTIMIZERS[optimizer]


def fit(memory: Memory, batch: int, limit: int) -> Fit:
    """The largest batches in `limit` bytes, from the memory of a batch: each sample adds as much.

    >>> fit(Memory(100, 60, 40, 260, "sgd"), 2, 400)
    Fit(limit=400, training=6, running=15, training_one=230, running_one=120)
    """
    each, peak = memory.forward // batch, memory.peak // batch
    kept = memory.training - memory.forward
    return Fit(
        limit,
        max((limit - kept) // each, 0),
        max((limit - memory.weights) // peak, 0),
        kept + each,
        memory.weights + peak,
    )


def bytes_of(dtype: str) -> int:
    """The bytes of one value."""
    if not is_among(dtype, DTYPES):
        raise unknown_choice(dtype, "a type of values", DTYPES)
    return DTYPES[dtype]
