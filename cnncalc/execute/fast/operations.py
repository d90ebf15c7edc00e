"""A graph as operations: activations apart from their layers, and layers that do nothing left out."""

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.execute.weights import owner
from cnncalc.expr import product
from cnncalc.graph import Graph
from cnncalc.layers.support.base import Layer, Shape


class Operation(NamedTuple):
    """A layer without its activation, or an activation; values are numbers, the network's inputs first."""

    layer: Layer
    inputs: tuple[int, ...]
    output: int
    shapes: tuple[Shape, ...]
    """Of its inputs."""
    shape: Shape
    """Of its output."""
    owner: str
    """The part of its arrays' names before the dot."""


class Flow:
    """The operations of a graph in order, and the readers of each."""

    def __init__(self, graph: Graph, facts: Sequence[LayerCounts]) -> None:
        first = len(graph.inputs)
        self.operations: list[Operation] = []
        self.same: dict[int, int] = {}
        """The value that a value is equal to, where its layer does nothing."""
        fresh = first + len(graph.nodes)
        for number, (node, fact) in enumerate(zip(graph.nodes, facts, strict=True), first):
            layer, activation = node.layer, node.layer.activation
            inputs = tuple(self.find(source) for source in node.inputs)
            owned = owner(graph, node)
            if activation is not None:
                own = Operation(layer, inputs, fresh, fact.inputs, fact.output, owned)
                shapes = (fact.output,)
                after = Operation(activation, (fresh,), number, shapes, fact.output, f"{owned}.activation")
                self.operations += [own, after]
                fresh += 1
            elif _does_nothing(layer, fact):
                self.same[number] = inputs[0]
            else:
                self.operations.append(Operation(layer, inputs, number, fact.inputs, fact.output, owned))
        self.outputs = [self.find(number) for number in graph.outputs]
        self._readers: dict[int, list[Operation]] = {}
        for operation in self.operations:
            for source in operation.inputs:
                self._readers.setdefault(source, []).append(operation)

    def find(self, number: int) -> int:
        """The value that this one is, in the end."""
        return self.same.get(number, number)

    def only_reader(self, number: int) -> Operation | None:
        """The one operation that reads a value which nobody else wants."""
        readers = self._readers.get(number, [])
        return readers[0] if len(readers) == 1 and number not in self.outputs else None


def _does_nothing(layer: Layer, fact: LayerCounts) -> bool:
    """Whether the values and their places stay."""
    if layer.keeps_values:
        return True
    vector = all(product(shape[:-1]) == 1 for shape in (*fact.inputs, fact.output))
    return vector and layer.reshapes
