"""The same network with other numbers, which are as hard: everyone in an exam has numbers of one's own.

The layers, their kinds and their order stay. Sizes of inputs, filters, units, kernels and strides change,
equal ones everywhere alike, so that paths still fit together.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.counts import LayerCounts, walk
from cnncalc.analysis.report import Report
from cnncalc.errors import LayerError, UsageError
from cnncalc.graph import Graph, Input, Node
from cnncalc.homework.questions.of_network import Asked, right_answer
from cnncalc.layers.support.base import Layer

TRIES = 400
ODDS = 0.6
"""How likely a number is to change in a try."""
Numbers = dict[tuple[str, int], int]
"""The numbers of a network by what they are, each with the number in its place."""


def varied(report: Report, seed: str, asked: Sequence[Asked]) -> Report:
    """The report of the network with other numbers, the same for the same seed.

    What is asked is as hard: every right answer has as many digits as before, give or take one, 0 stays 0,
    and sizes that divided still do. Raises UsageError where no such numbers are found.
    """
    chance = random.Random(f"cnncalc variant {seed}")  # noqa: S311 - a quiz, no secret
    choices = {number: near for number in _numbers(report.graph) if (near := list(_others(*number)))}
    wanted = [right_answer(report, pair) for pair in asked]
    for _ in range(TRIES if choices else 0):
        numbers = {
            number: chance.choice(found) for number, found in choices.items() if chance.random() < ODDS
        }
        found = _with(report, numbers) if numbers else None
        if found is not None and all(
            _as_hard(right, right_answer(found, pair)) for right, pair in zip(wanted, asked, strict=True)
        ):
            return found
    raise UsageError(
        "no other numbers that are as hard are found for this network", "ask about fewer layers", "bad_value"
    )


def _as_hard(right: tuple[int, ...] | None, other: tuple[int, ...] | None) -> bool:
    """Whether two right answers have as many sizes, and each as many digits, give or take one."""
    if right is None or other is None or len(right) != len(other):
        return right is other is None
    return all(
        bool(size) == bool(new) and abs(len(str(size)) - len(str(new))) <= 1
        for size, new in zip(right, other, strict=True)
    )


def _numbers(graph: Graph) -> dict[tuple[str, int], None]:
    """The numbers that may change, by what they are: those of inputs and of layers."""
    found: dict[tuple[str, int], None] = {}
    for source in graph.inputs:
        found |= dict.fromkeys(("size", size) for size in source.shape[:-1])
    for number, node in enumerate(graph.nodes, len(graph.inputs)):
        for role, name in _roles(node.layer).items():
            value = node.layer.options[name]
            # how many classes there are is no number of the network's own
            if type(value) is int and not (role == "units" and number in graph.outputs):
                found[role, value] = None
    return found


def _roles(layer: Layer) -> dict[str, str]:
    """The roles of a layer's numbers, and the options that hold the numbers."""
    if layer.filter_groups != 1 or layer.table is not None:
        return {}
    window = f"{layer.pools} " if layer.pools else ""
    roles = {"units": layer.units_option, f"{window}kernel": "kernel", f"{window}stride": "stride"}
    return {role: name for role, name in roles.items() if name in layer.options}


def _others(role: str, value: int) -> Iterator[int]:
    """The numbers that may stand in place of one: as many digits, and as easily divided."""
    if role in ("size", "units"):
        step = next(each for each in (10, 4, 2, 1) if value % each == 0)
        near = range(-(-value * 5 // 8), value * 8 // 5 + 1)
        yield from (
            each
            for each in near
            if each not in (0, value) and each % step == 0 and len(str(each)) == len(str(value))
        )
    elif role.endswith("kernel"):
        yield from (each for each in (value - 2, value + 2) if value > 1 and each > 1)
    elif value > 1:
        yield from (each for each in (value - 1, value + 1) if each > 1)


def _with(report: Report, numbers: Numbers) -> Report | None:
    """The report with other numbers; None where layers don't fit, or sizes don't divide as they did."""
    graph = report.graph
    inputs = tuple(
        Input(each.name, (*(numbers.get(("size", size), size) for size in each.shape[:-1]), each.shape[-1]))
        for each in graph.inputs
    )
    made: dict[tuple[int, bool], Layer] = {}
    nodes: list[Node] = []
    for number, node in enumerate(graph.nodes, len(inputs)):
        # equal layers stay one object, whose counts are looked up
        key = id(node.layer), number in graph.outputs
        if key not in made:
            made[key] = _layer(node.layer, numbers, last=number in graph.outputs)
        nodes.append(node._replace(layer=made[key]))
    other = graph._replace(inputs=inputs, nodes=tuple(nodes))
    try:
        facts, faults = walk(other, lambda *_: None)  # type: ignore[arg-type]
        found = Report(other, [each for each in facts if each is not None], report.settings)
        even = _unread(found.facts) == _unread(report.facts)
    except LayerError:
        return None
    return found if not faults and even and len(found.facts) == len(nodes) else None


def _unread(facts: Sequence[LayerCounts]) -> list[bool]:
    """Whether each layer leaves rows or columns unread: its size doesn't divide."""
    return [bool(each.warnings) for each in facts]


def _layer(layer: Layer, numbers: Numbers, *, last: bool) -> Layer:
    """A layer with other numbers; a padding that keeps the size keeps the size."""
    changed: dict[str, Any] = {}
    for role, name in _roles(layer).items():
        value = layer.options[name]
        if type(value) is int and not (last and role == "units"):
            changed[name] = numbers.get((role, value), value)
    kernel, padding = layer.options.get("kernel"), layer.options.get("padding")
    if type(kernel) is int and type(padding) is int and padding and 2 * padding == kernel - 1:
        changed["padding"] = (changed.get("kernel", kernel) - 1) // 2
    return type(layer)(**{**layer.options, **changed}) if changed else layer
