"""A network that runs again and again: what stays the same is made ready once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cnncalc.analysis.counts import Facts
from cnncalc.execute.arrays import Numbers
from cnncalc.execute.fast.plan import MOST_IMAGES, Plan
from cnncalc.execute.run import RunInputs, draw_weights, random_inputs, read_inputs, run, written
from cnncalc.execute.weights import check
from cnncalc.graph import Graph


class Forward:
    """Runs a network: in float32 by the fast path, in float64 by the definitions."""

    def __init__(self, graph: Graph, facts: Sequence[Facts], layout: str) -> None:
        self.graph, self.facts, self.layout = graph, facts, layout
        self._plan: Plan | None = None
        self._made_of: Any = None
        self._kept: Any = None
        self._lock = threading.Lock()  # a plan's maps serve one run at a time

    def __reduce__(self) -> Any:
        return Forward, (self.graph, self.facts, self.layout)  # a plan would not survive being copied

    def run(
        self, x: Any = None, weights: Mapping[str, Any] | None = None, seed: int = 0
    ) -> dict[str, Numbers]:
        """Output name -> array, as `execute.run.run` has it."""
        if x is None and weights is None:
            return run(self.graph, self.facts, self.layout, seed=seed)  # which draws weights as it goes
        given = (
            RunInputs(random_inputs(self.graph, seed), batched=False)
            if x is None
            else read_inputs(self.graph, x, self.layout)
        )
        if any(array.dtype == np.float64 for array in given.arrays):
            return run(self.graph, self.facts, self.layout, x, weights, seed)
        with self._lock:
            outputs = self._planned(weights, seed, len(given.arrays[0])).run(given.arrays)
        names = [self.graph.name(number) for number in self.graph.outputs]
        return {
            name: written(self.graph, name, array, self.layout, batched=given.batched)
            for name, array in zip(names, outputs, strict=True)
        }

    def _planned(self, weights: Mapping[str, Any] | None, seed: int, batch: int) -> Plan:
        """The plan for these weights: the last one, where nothing can have changed since."""
        named = None if weights is None else dict(weights)
        of = seed if named is None else tuple((name, id(array)) for name, array in named.items())
        made_of = (of, min(batch, MOST_IMAGES))
        if self._plan is None or made_of != self._made_of:
            self._plan = self._made_of = self._kept = None  # let go before the next takes its room
            arrays = (
                draw_weights(self.graph, self.facts, seed).arrays
                if named is None
                else check(named, self.graph, self.facts)
            )
            plan = Plan(self.graph, self.facts, arrays, batch)
            if named is not None and not all(map(_is_frozen, named.values())):
                return plan
            # what is kept alive keeps its id
            self._plan, self._made_of, self._kept = plan, made_of, named
        return self._plan


def _is_frozen(array: Any) -> bool:
    """Whether an array can't be written to, nor what it is a view of."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return array is None or isinstance(array, bytes)
