"""Built-in networks and long chains as flat specs: a list of layers, each of which names what it reads."""

from __future__ import annotations

import dataclasses
from typing import Any

import cnncalc
from cnncalc.graph import Node
from cnncalc.layers.support.base import Layer


def flat(name: str) -> dict[str, Any]:
    """A built-in network with its blocks, repeats and paths unfolded."""
    graph = cnncalc.load(name).graph()
    names = [graph.name(number).replace(".", "_") for number in range(len(graph.inputs) + len(graph.nodes))]
    first = len(graph.inputs)
    layers = [{node.layer.kind: _item(node, number, names)} for number, node in enumerate(graph.nodes, first)]
    return {"name": name, "input": list(graph.inputs[0].shape), "layers": layers}


def _item(node: Node, number: int, names: list[str]) -> dict[str, Any]:
    """What stands under a layer's kind."""
    item: dict[str, Any] = {"name": names[number]}
    if node.inputs != (number - 1,):
        item["from"] = [names[source] for source in node.inputs]
    return item | _options(node.layer)


def _options(layer: Layer) -> dict[str, Any]:
    """The options that differ from the usual."""
    options = {}
    for field in dataclasses.fields(layer):  # type: ignore[arg-type]
        value = getattr(layer, field.name)
        if value != field.default:
            options[field.name] = value.kind if isinstance(value, Layer) else value
    return options


def chain(length: int) -> dict[str, Any]:
    """Residual units of ten layers one after another, to this many layers in all."""
    unit: list[dict[str, Any]] = [
        {"conv": {"filters": 64, "kernel": 1, "bias": False}},
        {"batch_norm": {}},
        {"relu": {}},
        {"conv": {"filters": 64, "kernel": 3, "padding": 1, "bias": False}},
        {"batch_norm": {}},
        {"relu": {}},
        {"conv": {"filters": 256, "kernel": 1, "bias": False}},
        {"batch_norm": {}},
        {"add": {}},
        {"relu": {}},
    ]
    layers = []
    before = "input"
    for number in range(length):
        kind, options = next(iter(unit[number % 10].items()))
        name = f"{kind}_{number}"
        item = {"name": name, **options}
        if kind == "add":
            item["from"] = [f"batch_norm_{number - 1}", before]
        if number % 10 == 9:
            before = name
        layers.append({kind: item})
    return {"name": f"{length} layers", "input": [14, 14, 256], "layers": layers}
