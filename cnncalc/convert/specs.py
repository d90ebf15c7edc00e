"""A network as the text of a spec, which read again is the same network."""

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.convert.folding import Folder
from cnncalc.convert.joins import step_by_step
from cnncalc.convert.tree import Tree, given_options
from cnncalc.errors import SpecError
from cnncalc.graph import Graph, Node
from cnncalc.layers.support.base import in_layout
from cnncalc.spec.document import read_document
from cnncalc.spec.expand import expand
from cnncalc.spec.parse import parse
from cnncalc.spec.source import Source
from cnncalc.spec.write import InLine, write_yaml

ROUNDING = "floor"


def spec_of(graph: Graph, *, name: str, layout: str, source: str = "", fold: bool = True) -> str:
    """The YAML of a network: layers that come again as blocks and repeats, unless `fold` is false.

    `source` is what the network was read from, told in a comment. The text is read again, and where a folded
    one would not be the same network, layer by layer, nothing is folded.
    """
    joined = step_by_step(graph)
    attempts = [(joined, True), (graph, True), (graph, False)] if fold else [(graph, False)]
    for network, folds in attempts:
        text = _comment(source) + write_yaml(_value(network, name, layout, folds=folds))
        if (network, folds) == attempts[-1] or _is_same(network, text):
            break
    return text


def layout_of(graph: Graph, layout: str) -> str:
    """The layout in which most layers of a model have their axes: channels come last in those of tokens."""
    last = sum(len(graph.provenance.axes.get(node.name, ())) > 1 for node in graph.nodes)
    return "hwc" if 2 * last > len(graph.nodes) else layout


def _comment(source: str) -> str:
    return f"# from {source}\n" if source else ""


def _value(graph: Graph, name: str, layout: str, *, folds: bool) -> dict[str, Any]:
    tree = Tree(graph, {"rounding": ROUNDING, "layout": layout})
    shapes = {
        str(source.name): "x".join(map(str, in_layout(source.shape, layout))) for source in graph.inputs
    }
    value: dict[str, Any] = {"name": name}
    value["input"] = InLine(shapes) if list(shapes) != ["input"] else shapes["input"]
    if layout != "hwc":
        value["layout"] = layout
    value |= Folder(tree, folds=folds).spec()
    if graph.outputs != (len(graph.inputs) + len(graph.nodes) - 1,):
        value["outputs"] = InLine([tree.name(number) for number in graph.outputs])
    return value


def _is_same(graph: Graph, text: str) -> bool:
    """Whether a text is the spec of a network: the same layers, which read the same and share the same."""
    source = Source(text, "<converted>")
    try:
        expansion = expand(read_document(parse(source), source))
    except SpecError:
        return False
    again = expansion.graph
    return (
        not expansion.faults
        and graph.outputs == again.outputs
        and len(graph.nodes) == len(again.nodes)
        and list(_facts(graph.nodes)) == list(_facts(again.nodes))
    )


def _facts(nodes: Sequence[Node]) -> Iterator[tuple[Any, ...]]:
    """What two networks must have in common, of each layer."""
    known: dict[int, dict[str, Any]] = {}
    for node in nodes:
        if id(node.layer) not in known:
            options = given_options(node.layer, {})
            known[id(node.layer)] = {key: value for key, value in options.items() if key != "like"}
        yield node.layer.kind, known[id(node.layer)], node.inputs, node.shared, node.trainable
