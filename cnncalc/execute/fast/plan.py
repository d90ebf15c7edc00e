"""A network made ready to run in float32."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.execute.fast.arrays import Array
from cnncalc.execute.fast.binding import BoundSchedule
from cnncalc.execute.fast.lowering import Lowering
from cnncalc.execute.fast.operations import Flow
from cnncalc.graph import Graph

MOST_IMAGES = 16
"""How many images run at a time; more would only take memory."""


class Plan:
    """Weights laid out, memory given out, steps listed: what is left is to run, as often as one likes."""

    def __init__(
        self, graph: Graph, facts: Sequence[LayerCounts], arrays: Mapping[str, Array], batch: int = 1
    ) -> None:
        """The arrays are named and shaped as PyTorch has them; each is asked for once, and not changed.

        Most are copied, but a dense layer's weights are used as they are.
        """
        self.images = min(batch, MOST_IMAGES)
        flow = Flow(graph, facts)
        self.schedule = Lowering(graph, flow, arrays, self.images).schedule
        self.bound = BoundSchedule(self.schedule, self.images)
        first = len(graph.inputs)
        self.shapes = [
            facts[number - first].output if number >= first else graph.inputs[number].shape
            for number in graph.outputs
        ]

    def run(self, xs: Sequence[Array]) -> list[Array]:
        """The outputs, each (N, positions ..., channels), of inputs that are so too."""
        total = len(xs[0])
        results = [np.empty((total, *shape), np.float32) for shape in self.shapes]
        for start in range(0, total, self.images):
            count = min(self.images, total - start)
            for place, x in zip(self.bound.inputs, xs, strict=True):
                place[count:] = 0  # where the last group is smaller, nobody reads what these come to
                place[:count] = x[start : start + count].reshape(count, *place.shape[1:])
            with np.errstate(all="ignore"):
                self.bound.run()
            for result, y in zip(results, self.bound.outputs, strict=True):
                result[start : start + count] = y[:count].reshape(count, *result.shape[1:])
        return results
