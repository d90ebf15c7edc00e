"""Norms folded into the layers before them, as networks are deployed."""

from dataclasses import replace
from typing import Any

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.report import Report
from cnncalc.graph import Graph, Node
from cnncalc.layers.support.base import Layer
from cnncalc.layers.support.merging import Merge


def folded(report: Report) -> tuple[Report, int]:
    """The report of the network without the norms that fold into the layer before, and how many these are.

    A batch norm multiplies each channel by a number and adds another, where nothing is trained. A convolution
    or a dense layer before it that nobody else reads does both by its own weights and biases: its filters are
    multiplied, and it has a bias in any case.
    """
    graph, first = report.graph, len(report.graph.inputs)
    readers = graph.readers()
    shared = {node.shared for node in graph.nodes if node.shared is not None}
    gone: dict[int, int] = {}
    for number, node in enumerate(graph.nodes, first):
        if node.layer.reason_family != "norm" or not node.layer.scales_channels or node.shared is not None:
            continue
        (source,) = node.inputs
        alone = len(readers[source]) == 1 and source not in graph.outputs and number not in shared
        if source >= first and alone and source not in shared and _takes(graph.nodes[source - first]):
            gone[number] = source
    biased: dict[Layer, Layer] = {}
    place = {number: number for number in range(first)}
    nodes: list[Node] = []
    facts: list[LayerCounts] = []
    known: dict[Any, LayerCounts] = {}
    into = set(gone.values())
    for number, node in enumerate(graph.nodes, first):
        if number in gone:
            place[number] = place[gone[number]]
            continue
        layer, each = node.layer, report.facts[number - first]
        if number in into:
            if layer not in biased:
                biased[layer] = replace(layer, bias=True)  # type: ignore[type-var]
            layer = biased[layer]
            each = known.setdefault((layer, each.inputs), LayerCounts(layer, each.inputs))
        place[number] = first + len(nodes)
        shared_by = None if node.shared is None else place[node.shared]
        inputs = tuple(place[source] for source in node.inputs)
        nodes.append(node._replace(layer=layer, inputs=inputs, shared=shared_by))
        facts.append(each)
    smaller = Graph(
        graph.inputs,
        tuple(nodes),
        tuple(dict.fromkeys(place[number] for number in graph.outputs)),
        {name: place[number] for name, number in graph.groups.items()},
        graph.group_kinds,
        graph.provenance,
    )
    return Report(smaller, facts, report.settings, report.letters), len(gone)


def _takes(node: Node) -> bool:
    """Whether a layer can do what a norm behind it does: it is linear, and adds a bias for each channel."""
    layer = node.layer
    return (
        layer.bias is not None
        and layer.activation is None
        and node.shared is None
        and not isinstance(layer, Merge)
    )
