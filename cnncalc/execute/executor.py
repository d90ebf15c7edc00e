"""The one way in for all that runs a network.

Every run takes the fast path (`cnncalc.execute.fast`), where a layer without a fast kernel runs by its
definition. Drawn weights are scaled by the values that their layer reads, so that the fast path goes layer by
layer.
Gradients are recorded as the definitions run, which are also the oracle of the fast path.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.execute import definition
from cnncalc.execute.definition import steps
from cnncalc.execute.fast.arrays import Scratch
from cnncalc.execute.fast.plan import Plan, at_a_time, layer_by_layer
from cnncalc.execute.inputs import RunInputs, check_memory, checked_seed, random_inputs, read_inputs, written
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.values import Numbers
from cnncalc.execute.weights import Weights, as_mapping, check
from cnncalc.graph import Graph

Watch = Callable[[str, Numbers], object]
Track = Callable[[Iterable[Any], int], Iterable[Any]]
"""Goes through the layers as they run, given their number: a progress bar, say."""


class Executor:
    """Runs a network; `by_definition` makes every layer run by its definition.

    All that is the same from run to run is prepared once.
    """

    def __init__(
        self, graph: Graph, facts: Sequence[LayerCounts], layout: str, *, by_definition: bool = False
    ) -> None:
        self.graph, self.facts, self.layout = graph, facts, layout
        self.by_definition = by_definition
        self._plan: Plan | None = None
        self._made_of: Any = None
        self._kept: Any = None
        self._lock = threading.Lock()  # a plan's maps serve one run at a time

    def __reduce__(self) -> Any:
        return Executor, (self.graph, self.facts, self.layout)  # a plan would not survive being copied

    def run(
        self,
        x: Any = None,
        weights: Mapping[str, Any] | None = None,
        seed: int = 0,
        watch: Watch | None = None,
        track: Track | None = None,
    ) -> dict[str, Numbers]:
        """Output name -> array. All that is not given is drawn by `seed`; `watch` is shown every map.

        Arrays are in the network's layout. Weights whose flags forbid writing are laid out once for all runs
        with them, others for each. Raises UsageError where something doesn't fit.
        """
        given = self._inputs(x, checked_seed(seed))
        drawn = Weights(seed=seed) if x is None and weights is None else None
        maps: Iterable[tuple[int, Numbers]]
        if self.by_definition:
            maps = self._by_definition(given, drawn or self._weights(weights, seed))
        elif drawn is not None:
            maps = layer_by_layer(self.graph, self.facts, given.arrays, drawn)
            maps = track(maps, len(self.graph.nodes)) if track else maps
        else:
            maps = self._planned(given, weights, seed, track, every=watch is not None)
        found = {}
        for number, array in maps:
            if watch is None and number not in self.graph.outputs:
                continue
            name = self.graph.name(number)
            whole = written(self.graph, name, array, self.layout, batched=given.batched)
            if watch is not None and number >= len(self.graph.inputs):
                watch(name, whole)
            if number in self.graph.outputs:
                found[name] = whole
        return found

    def gradients(
        self,
        x: Any,
        seeds: Mapping[str, Any],
        weights: Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> dict[str, Numbers]:
        """The gradients of the sum of seeds[layer] * output, by the inputs and the parameters."""
        given = self._inputs(x, seed, recorded=True)
        kept = self._weights(weights, seed)
        return definition.gradients(self.graph, self.facts, self.layout, given, seeds, kept)

    def _inputs(self, x: Any, seed: int, *, recorded: bool = False) -> RunInputs:
        if x is None:
            check_memory(self.facts, 1, np.dtype(np.float32), recorded=recorded)
            return RunInputs(random_inputs(self.graph, seed), batched=False)
        given = read_inputs(self.graph, x, self.layout)
        check_memory(self.facts, len(given.arrays[0]), given.arrays[0].dtype, recorded=recorded)
        return given

    def _weights(self, weights: Mapping[str, Any] | None, seed: int, track: Track | None = None) -> Weights:
        if weights is None:
            return draw_weights(self.graph, self.facts, seed, track)
        return Weights(check(weights, self.graph, self.facts))

    def _by_definition(self, given: RunInputs, kept: Weights) -> Iterator[tuple[int, Numbers]]:
        """The number of each layer, counted as the graph counts, and its output."""
        tool, first = NumpyKernels(), len(self.graph.inputs)
        with np.errstate(all="ignore"):
            for step in steps(self.graph, self.facts, [tool.value(x) for x in given.arrays], kept, tool):
                yield step.number + first, step.value.array

    def _planned(
        self,
        given: RunInputs,
        weights: Mapping[str, Any] | None,
        seed: int,
        track: Track | None,
        *,
        every: bool,
    ) -> Iterable[tuple[int, Numbers]]:
        """The numbers and values of the outputs, or of every layer, with weights known beforehand."""
        graph, batch = self.graph, len(given.arrays[0])
        dtype = np.dtype(np.float64 if _is_double(given.arrays, weights) else np.float32)
        if every:
            first = len(graph.inputs)
            graph = graph._replace(outputs=tuple(range(first, first + len(graph.nodes))))
            arrays = self._weights(weights, seed, track).arrays
            plan = Plan(graph, self.facts, arrays, batch, Scratch(dtype), once=True)
            return zip(graph.outputs, plan.run(given.arrays), strict=True)
        with self._lock:
            plan = self._kept_plan(weights, seed, track, batch, dtype)
            return zip(graph.outputs, plan.run(given.arrays), strict=True)

    def _kept_plan(
        self,
        weights: Mapping[str, Any] | None,
        seed: int,
        track: Track | None,
        batch: int,
        dtype: np.dtype[Any],
    ) -> Plan:
        """The plan for these weights: the last one, where nothing can have changed since."""
        named = None if weights is None else dict(as_mapping(weights))
        of = seed if named is None else tuple((name, id(array)) for name, array in named.items())
        made_of = (of, at_a_time(self.graph, batch), dtype)
        if self._plan is None or made_of != self._made_of:
            self._plan = self._made_of = self._kept = None  # let go before the next takes its room
            arrays = self._weights(named, seed, track).arrays
            once = named is not None and not all(map(_is_frozen, named.values()))
            plan = Plan(self.graph, self.facts, arrays, batch, Scratch(dtype), once=once)
            if once:
                return plan
            # an array that is kept alive keeps its id
            self._plan, self._made_of, self._kept = plan, made_of, named
        return self._plan


def draw_weights(
    graph: Graph, facts: Sequence[LayerCounts], seed: int, track: Track | None = None
) -> Weights:
    """Random weights of a network, which depend on nothing but the seed."""
    weights = Weights(seed=seed)
    ran = layer_by_layer(graph, facts, random_inputs(graph, seed), weights)
    for _ in track(ran, len(graph.nodes)) if track else ran:
        pass
    return weights


def _is_double(inputs: Sequence[Numbers], weights: Mapping[str, Any] | None) -> bool:
    """Whether a run is one in float64: by its inputs, or where these are tokens, by its weights."""
    floats = [array for array in inputs if array.dtype.kind == "f"]
    return any(array.dtype == np.float64 for array in floats or map(np.asarray, (weights or {}).values()))


def _is_frozen(array: Any) -> bool:
    """Whether neither an array nor the array of which it is a view can be written to."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return array is None or isinstance(array, bytes)
