"""A network as a graph in order, made from a spec; every count walks over the graph. Immutable."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.layers.support.base import Layer, Shape, in_layout


class Input(NamedTuple):
    """An input of a network; its shape is (..., channels), whatever the layout."""

    name: str
    shape: Shape


class Node(NamedTuple):
    """A layer in its place. `inputs` are numbers: the network's inputs first, then the nodes, from 0.

    `shared` is the number of the node whose weights this node uses, or None; `location` is where the layer
    was written, for the spec's reader.
    """

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    trainable: bool = True
    shared: int | None = None
    location: Any = None

    @property
    def block(self) -> str | None:
        """The name of the scope in which the node stands, or None at the top."""
        return self.name.rpartition(".")[0] or None


_NONE: Mapping[str, Any] = {}  # no proxy: a graph can be copied


class Provenance(NamedTuple):
    """The origin of a network that a framework wrote, beside the network itself.

    `axes` maps the name of an input or a layer to the order in which the model writes the axes of its
    shape, where this is not the layout's (sizes of 1 may be left out). `origins` maps a layer's name to its
    operator, node and line in the model. `notes` are what a reader of the numbers should know. `weights` maps
    `layer.weight` to an array, or is None where the model comes without values. `batches` maps the name of an
    input to the axis of its batch, where this is not the first.
    """

    axes: Mapping[str, tuple[int, ...]] = _NONE
    origins: Mapping[str, Mapping[str, str]] = _NONE
    notes: tuple[str, ...] = ()
    weights: Mapping[str, Any] | None = None
    batches: Mapping[str, int] = _NONE


class Graph(NamedTuple):
    """Nodes in an order in which each comes after the nodes that it reads.

    `outputs` are numbers of nodes, counted as `Node.inputs` counts. `groups` maps the name of each block,
    repeat and head to the number of the group's last node; `group_kinds` maps the name to what the group was
    written as: block, repeat, round, head, or the name of a block of the author's own.
    """

    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    groups: Mapping[str, int] = _NONE
    group_kinds: Mapping[str, str] = _NONE
    provenance: Provenance = Provenance()

    def order(self, name: str, rank: int, layout: str) -> tuple[int, ...]:
        """The order in which the axes of an input's or a layer's shape are written."""
        return self.provenance.axes.get(name) or in_layout(tuple(range(rank)), layout)

    def name(self, number: int) -> str:
        """The name of an input or a node."""
        first = len(self.inputs)
        return self.inputs[number].name if number < first else self.nodes[number - first].name

    def readers(self) -> list[list[int]]:
        """For each input and node, the numbers of the nodes that read it."""
        first = len(self.inputs)
        read_by: list[list[int]] = [[] for _ in range(first + len(self.nodes))]
        for number, node in enumerate(self.nodes, first):
            for source in dict.fromkeys(node.inputs):
                read_by[source].append(number)
        return read_by

    def spent(self) -> list[list[int]]:
        """For each node, the inputs and nodes whose values nobody needs once it has run."""
        first = len(self.inputs)
        found: list[list[int]] = [[] for _ in self.nodes]
        for number, readers in enumerate(self.readers()):
            last = readers[-1] if readers else number
            if last >= first and number not in self.outputs:
                found[last - first].append(number)
        return found
