"""A network as the text of a spec, which read again is the same network."""

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.convert.folding import Folder
from cnncalc.convert.joins import step_by_step
from cnncalc.convert.kept import Kept
from cnncalc.convert.sequences import grouped, is_flat
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
FEW_LAYERS, MOST_LINES = 100, 60
"""Each layer of a group has a line of its own in networks of so few layers, or where the text is so short."""


def spec_of(
    graph: Graph, *, name: str, layout: str, source: str = "", kept: Kept | None = None, fold: bool = True
) -> str:
    """The YAML of a network: layers that come again as blocks and repeats, unless `fold` is false.

    `source` is what the network was read from, told in a comment, `kept` what its own spec says beside its
    layers. The text is read again, and where a folded one would not be the same network, layer by layer,
    nothing is folded. A network whose names tell of no groups is folded where this makes the text shorter,
    unless a framework's model has its weights by those names.
    """

    def text_of(network: Graph, *, folds: bool = True) -> str:
        tree = Tree(network, {"rounding": ROUNDING, "layout": layout}, named=bool(source))
        for dense in (False, True):
            value = _value(tree, name, layout, kept or Kept(), folds=folds, dense=dense)
            text = _comment(source) + write_yaml(value)
            if len(network.nodes) <= FEW_LAYERS or text.count("\n") <= MOST_LINES:
                break
        return text if not folds or _is_same(tree, text) else ""

    if not fold:
        return text_of(graph, folds=False)
    joined = step_by_step(graph)
    text = text_of(joined) or text_of(graph) or text_of(graph, folds=False)
    shorter = text_of(grouped(joined)) if is_flat(graph) and not source else ""
    return shorter if 0 < len(shorter) < len(text) else text


def layout_of(graph: Graph, layout: str) -> str:
    """The layout in which most layers of a model have their axes: channels come last in those of tokens."""
    last = sum(len(graph.provenance.axes.get(node.name, ())) > 1 for node in graph.nodes)
    return "hwc" if 2 * last > len(graph.nodes) else layout


def _comment(source: str) -> str:
    return f"# from {source}\n" if source else ""


def _value(tree: Tree, name: str, layout: str, kept: Kept, *, folds: bool, dense: bool) -> dict[str, Any]:
    graph = tree.graph
    shapes = {
        str(source.name): "x".join(map(str, in_layout(source.shape, layout))) for source in graph.inputs
    }
    value: dict[str, Any] = {"name": name, **kept.top}
    value["input"] = InLine(shapes) if list(shapes) != ["input"] else shapes["input"]
    if layout != "hwc":
        value["layout"] = layout
    value |= Folder(tree, folds=folds, dense=dense, comments=kept.of_layers).spec()
    if graph.outputs != (len(graph.inputs) + len(graph.nodes) - 1,):
        value["outputs"] = InLine([tree.name(number) for number in graph.outputs])
    if kept.expect:
        value["expect"] = kept.expected(tree)
    return kept.commented(value)


def _is_same(tree: Tree, text: str) -> bool:
    """Whether a text is the spec of a network: the same layers and names, which read and share the same."""
    graph = tree.graph
    source = Source(text, "<converted>")
    try:
        expansion = expand(read_document(parse(source), source))
    except SpecError:
        return False
    again = expansion.graph
    return (
        not expansion.faults
        and graph.outputs == again.outputs
        and [tree.name(number) for number in tree.paths] == list(map(again.name, tree.paths))
        and list(_facts(graph.nodes)) == list(_facts(again.nodes))
    )


def _facts(nodes: Sequence[Node]) -> Iterator[tuple[Any, ...]]:
    """The facts of each layer that two networks must have in common."""
    known: dict[int, dict[str, Any]] = {}
    for node in nodes:
        if id(node.layer) not in known:
            options = given_options(node.layer, {})
            known[id(node.layer)] = {key: value for key, value in options.items() if key != "like"}
        yield node.layer.kind, known[id(node.layer)], node.inputs, node.shared, node.trainable
