"""A network made ready to run."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cnncalc.analysis.counts import LayerCounts
from cnncalc.execute.definition import run_layer
from cnncalc.execute.fast.arrays import Array, Scratch
from cnncalc.execute.fast.binding import BoundSchedule
from cnncalc.execute.fast.lowering import Lowering
from cnncalc.execute.fast.operations import Flow
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.values import Numbers
from cnncalc.execute.weights import Weights, owner
from cnncalc.graph import Graph, Input

MOST_IMAGES = 16
"""How many images run at a time; more would only take memory."""


FEWEST_PRODUCTS = 1_000_000
"""The multiply-accumulates of a sliding layer from which a plan for the layer alone pays, as measured."""


def at_a_time(graph: Graph, batch: int) -> int:
    """Number of images of a batch that run at a time: all where a layer mixes samples."""
    mixed = any(node.layer.mixes_samples for node in graph.nodes)
    return batch if mixed else min(batch, MOST_IMAGES)


class Plan:
    """Weights laid out, memory given out and steps listed, to be run any number of times."""

    def __init__(
        self,
        graph: Graph,
        facts: Sequence[LayerCounts],
        arrays: Mapping[str, Array],
        batch: int = 1,
        scratch: Scratch | None = None,
        *,
        once: bool = False,
    ) -> None:
        """The arrays are named and shaped as PyTorch has them; each is asked for once, and not changed.

        Most are copied, but a dense layer's weights are used as they are. The numbers are of the type of the
        scratch memory. With `once`, the plan is for one run: fewer weights are laid out anew.
        """
        self.images = at_a_time(graph, batch)
        scratch = scratch or Scratch()
        flow = Flow(graph, facts)
        self.schedule = Lowering(graph, flow, arrays, self.images, scratch.dtype, once=once).schedule
        self.bound = BoundSchedule(self.schedule, self.images, scratch)
        first = len(graph.inputs)
        self.shapes = [
            facts[number - first].output if number >= first else graph.inputs[number].shape
            for number in graph.outputs
        ]

    def run(self, xs: Sequence[Array]) -> list[Array]:
        """The outputs, each (N, positions ..., channels), of inputs that are so too."""
        total = len(xs[0])
        results: list[Array] = [np.empty((total, *shape), self.bound.dtype) for shape in self.shapes]
        for start in range(0, total, self.images):
            count = min(self.images, total - start)
            for place, x in zip(self.bound.inputs, xs, strict=True):
                place[count:] = 0  # where the last group is smaller, nobody reads the rest of the results
                place[:count] = x[start : start + count].reshape(count, *place.shape[1:])
            with np.errstate(all="ignore"):
                self.bound.run()
            for result, y in zip(results, self.bound.outputs, strict=True):
                result[start : start + count] = y[:count].reshape(count, *result.shape[1:])
        return results


def layer_by_layer(
    graph: Graph, facts: Sequence[LayerCounts], inputs: Sequence[Numbers], weights: Weights
) -> Iterator[tuple[int, Array]]:
    """The number of each layer, counted as the graph counts, and its output, as the layers run.

    Each layer runs by itself, so that its weights can be drawn by its input: by a plan of its own, or by its
    definition where a plan takes longer to be made than it saves.
    """
    first, scratch, tool = len(graph.inputs), Scratch(), NumpyKernels()
    held: dict[int, Numbers] = dict(enumerate(inputs))
    spent = graph.spent()
    for number, (node, fact) in enumerate(zip(graph.nodes, facts, strict=True), first):
        # a source reads nothing, and has as many samples as the first input
        xs = [held[source] for source in node.inputs] or inputs[:1]
        drawn = weights.of(owner(graph, node), fact, xs[0])
        if fact.layer.geometry(*fact.inputs) and fact.macs >= FEWEST_PRODUCTS:
            alone = node._replace(name=owner(graph, node), shared=None, inputs=tuple(range(len(node.inputs))))
            given = tuple(Input(str(place), x.shape[1:]) for place, x in enumerate(xs))
            network = Graph(given, (alone,), (len(given),))
            plan = Plan(network, [fact], weights.arrays, len(xs[0]), scratch, once=True)
            (held[number],) = plan.run(xs)
        else:
            values = [tool.value(x) for x in xs]
            arrays = {name: tool.weight(array, values[0]) for name, array in drawn.items()}
            with np.errstate(all="ignore"):
                found, _ = run_layer(fact.layer, values if node.inputs else [], arrays, tool)
            held[number] = (found if node.inputs else tool.samples(found, values[0])).array
        yield number, held[number]
        for source in spent[number - first]:
            del held[source]
