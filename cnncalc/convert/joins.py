"""Joins of many values taken as joins of two: what DenseNet's layers read grows by one from join to join."""

from cnncalc.convert.tree import given_options
from cnncalc.graph import Graph, Node


def step_by_step(graph: Graph) -> Graph:
    """The network with each join that begins as an earlier one does reading that one instead.

    Layers, their order and all that they put out stay.
    """
    known: dict[tuple[str, tuple[int, ...]], int] = {}
    nodes: list[Node] = []
    for number, node in enumerate(graph.nodes, len(graph.inputs)):
        inputs = node.inputs
        if type(node.layer).joins:
            options = str(given_options(node.layer, {}))
            sizes = range(len(inputs) - 1, 1, -1)
            begun = next((size for size in sizes if (options, inputs[:size]) in known), 0)
            known.setdefault((options, inputs), number)
            if begun:
                inputs = (known[options, inputs[:begun]], *inputs[begun:])
        nodes.append(node._replace(inputs=inputs))
    return graph._replace(nodes=tuple(nodes))
