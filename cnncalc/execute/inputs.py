"""The inputs and outputs of a run: arrays in the layout of the network, with a batch or without."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import UsageError, brief, did_you_mean
from cnncalc.execute.values import Numbers
from cnncalc.execute.weights import told
from cnncalc.expr import product
from cnncalc.graph import Graph
from cnncalc.layers.support.axes import place
from cnncalc.layers.support.base import LAYOUTS, Shape, in_layout


def checked_seed(seed: Any) -> int:
    """A seed that values can be drawn by; raises UsageError for another."""
    if not isinstance(seed, int) or seed < 0:
        raise UsageError(f"{brief(seed)} is no seed", "a whole number from 0", "bad_value")
    return seed


def random_inputs(graph: Graph, seed: int) -> list[Numbers]:
    """One sample for each input: standard normal values, tokens for an embedding, or places for a gather."""
    draw = np.random.default_rng(seed)
    found: list[Numbers] = []
    for number, source in enumerate(graph.inputs):
        tokens = vocabulary(graph, number)
        if tokens:
            found.append(draw.integers(0, tokens, (1, *source.shape)))
        elif places := _places(graph, number):
            found.append(draw.integers(0, places, (1, *source.shape)).astype(np.float32))
        else:
            found.append(draw.standard_normal((1, *source.shape), np.float32))
    return found


def vocabulary(graph: Graph, number: int) -> int:
    """Number of tokens that an input chooses from; 0 for an input of numbers."""
    sizes = [node.layer.vocabulary for node in graph.nodes if number in node.inputs]
    return min((int(size) for size in sizes if size), default=0)


def _places(graph: Graph, number: int) -> int:
    """Number of places that an input of places chooses from; 0 for another input.

    Of what a layer puts out, the first place alone is sure to be there.
    """
    found = []
    for node in graph.nodes:
        if node.inputs[1:2] == (number,) and (along := node.layer.places_along) is not None:
            read = node.inputs[0]
            shape = graph.inputs[read].shape if read < len(graph.inputs) else ()
            found.append(int(shape[place(shape, along)]) if shape else 1)
    return min(found, default=0)


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
    if tokens := vocabulary(graph, number):
        if not ((array >= 0) & (array < tokens) & (array == np.floor(array))).all():
            raise UsageError(
                f"{name} holds what is no token",
                f"whole numbers from 0 to {tokens - 1}",
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
    whole = whole_order(order, len(shape))
    array = array.reshape(len(array), *(shape[axis] for axis in whole))
    back = sorted(range(len(whole)), key=whole.__getitem__)
    return array.transpose(0, *(1 + axis for axis in back)), batched


def whole_order(order: Sequence[int], rank: int) -> tuple[int, ...]:
    """An order with the axes of size 1 that it leaves out, at the end."""
    return (*order, *(axis for axis in range(rank) if axis not in order))


def written(graph: Graph, name: str, array: Numbers, layout: str, *, batched: bool) -> Numbers:
    """The value of an input or a layer as its axes are written, with the batch axis or without."""
    order = graph.order(name, array.ndim - 1, layout)
    shape = [array.shape[1 + axis] for axis in order]
    array = array.transpose(0, *(1 + axis for axis in whole_order(order, array.ndim - 1)))
    array = array.reshape(len(array), *shape)
    return np.ascontiguousarray(array if batched else array[0])


def check_memory(
    facts: Sequence[LayerCounts], batch: int, dtype: np.dtype[Any], *, recorded: bool = False
) -> None:
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
