"""The rows of a report: a layer's numbers, and those of a group of layers, summed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.counts import Facts
from cnncalc.analysis.receptive_field import View, input_view
from cnncalc.expr import Number
from cnncalc.graph import Node
from cnncalc.layers.support.base import Shape, Work

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report


class Reported(NamedTuple):
    """What the tool of the report's convention prints, and the word that it has for it."""

    value: int
    unit: str


class LayerReport:
    """One layer: its numbers, per sample."""

    __slots__ = ("_report", "facts", "index", "node")

    def __init__(self, report: Report, index: int) -> None:
        self._report, self.index = report, index
        self.node: Node = report.graph.nodes[index]
        self.facts: Facts = report.facts[index]

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def kind(self) -> str:
        return self.node.layer.kind

    @property
    def block(self) -> str | None:
        """The name of the scope that it stands in."""
        return self.node.block

    @property
    def sources(self) -> list[str]:
        """The names of what it reads."""
        return [self._report.graph.name(number) for number in self.node.inputs]

    @property
    def output_shape(self) -> Shape:
        """In the report's layout."""
        return self._report.written(self.facts.output)

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        return tuple(self._report.written(shape) for shape in self.facts.inputs)

    @property
    def activation_size(self) -> int:
        return self.facts.activation_size

    @property
    def in_place(self) -> bool:
        return self._report.in_place[self.index]

    @property
    def shared_with(self) -> str | None:
        """The layer whose weights it uses; they are counted there."""
        return None if self.node.shared is None else self._report.graph.name(self.node.shared)

    @property
    def weights(self) -> int:
        return 0 if self.node.shared is not None else self.facts.weights

    @property
    def biases(self) -> int:
        return 0 if self.node.shared is not None else self.facts.biases

    @property
    def params(self) -> int:
        return self.weights + self.biases

    @property
    def trainable(self) -> int:
        return self.params if self.node.trainable else 0

    @property
    def buffers(self) -> int:
        return 0 if self.node.shared is not None else self.facts.buffers

    @property
    def connections(self) -> int:
        return self.facts.connections

    @property
    def connections_real(self) -> int:
        return self.facts.connections_real

    @property
    def macs(self) -> int:
        return self.facts.macs

    @property
    def flops(self) -> int:
        return 2 * self.facts.macs

    @property
    def work(self) -> Work:
        return self.facts.work

    @property
    def space(self) -> int:
        """Parameters and the values that need memory of their own."""
        return self.params + (0 if self.in_place else self.activation_size)

    @property
    def reported(self) -> Reported | None:
        """By the report's convention; None under the textbook's, which has every number already."""
        convention = self._report.convention
        if convention is None:
            return None
        counted = self.node.shared is None or not convention.of_weights
        return Reported(convention.count(self.facts) if counted else 0, convention.unit)

    @property
    def view(self) -> View:
        return self._report.views[self.index]

    @property
    def receptive_field(self) -> dict[str, list[int | float]] | None:
        """Size, jump, start, center, effective padding along each axis; None where it has no position."""
        return _field(self.view)

    def to_dict(self, fields: Sequence[str] = ()) -> dict[str, Any]:
        """Its JSON; with `fields`, those alone."""
        return _told(self, fields)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.name}: {self.kind}, {self.output_shape}, {self.params} parameters>"
        )

    def _repr_html_(self) -> str | None:
        return self._report.html_of(self)


class GroupReport:
    """A block, a repeat or a round of it, a merge with its paths or a path of it: the sums of its layers.

    Its shape and receptive field are those of what it puts out; what is in place adds no `activation_size`.
    """

    shared_with: None = None
    in_place = False

    def __init__(self, report: Report, name: str) -> None:
        self._report, self.name = report, name
        self.span = range(*report.spans.get(name, (0, 0)))

    @cached_property
    def layers(self) -> list[LayerReport]:
        return [self._report.layers[index] for index in self.span]

    @property
    def kind(self) -> str:
        """A merge's kind; else block, repeat, round, path."""
        if self.name in self._report.numbers:
            return self._report[self.name].kind
        scope, _, last = self.name.rpartition(".")
        if last.isdigit() and scope:
            return "path" if scope in self._report.numbers else "round"
        return self._report.graph.group_kinds.get(self.name, "block")

    @property
    def block(self) -> str | None:
        """The name of the scope that it stands in."""
        return self.name.rpartition(".")[0] or None

    @cached_property
    def _output(self) -> int:
        """The number of what it puts out, counted as `Node.inputs` counts."""
        report, first = self._report, len(self._report.graph.inputs)
        if self.name in report.numbers:
            return report.numbers[self.name] + first
        if self.name in report.graph.groups:
            return report.graph.groups[self.name]
        merge, _, path = self.name.rpartition(".")
        return report.graph.nodes[report.numbers[merge]].inputs[int(path) - 1]

    @property
    def output_shape(self) -> Shape:
        """In the report's layout."""
        graph, number = self._report.graph, self._output - len(self._report.graph.inputs)
        shape = self._report.facts[number].output if number >= 0 else graph.inputs[self._output].shape
        return self._report.written(shape)

    @property
    def view(self) -> View:
        number = self._output - len(self._report.graph.inputs)
        return (
            self._report.views[number] if number >= 0 else input_view(self._report.graph.inputs[self._output])
        )

    @property
    def sources(self) -> list[str]:
        """The names of what its layers read from outside."""
        graph, first = self._report.graph, len(self._report.graph.inputs)
        read = (number for index in self.span for number in graph.nodes[index].inputs)
        outside = dict.fromkeys(number for number in read if number - first not in self.span)
        return [graph.name(number) for number in outside]

    def _sum(self, quantity: str) -> int:
        return sum(getattr(layer, quantity) for layer in self.layers)

    @cached_property
    def activation_size(self) -> int:
        return sum(layer.activation_size for layer in self.layers if not layer.in_place)

    @cached_property
    def weights(self) -> int:
        return self._sum("weights")

    @cached_property
    def biases(self) -> int:
        return self._sum("biases")

    @property
    def params(self) -> int:
        return self.weights + self.biases

    @cached_property
    def trainable(self) -> int:
        return self._sum("trainable")

    @cached_property
    def buffers(self) -> int:
        return self._sum("buffers")

    @cached_property
    def connections(self) -> int:
        return self._sum("connections")

    @cached_property
    def connections_real(self) -> int:
        return self._sum("connections_real")

    @cached_property
    def macs(self) -> int:
        return self._sum("macs")

    @property
    def flops(self) -> int:
        return 2 * self.macs

    @cached_property
    def work(self) -> Work:
        """Operation -> how often."""
        work: Work = {}
        for layer in self.layers:
            for operation, times in layer.work.items():
                work[operation] = work.get(operation, 0) + times
        return work

    @property
    def space(self) -> int:
        """Parameters and the values that need memory of their own."""
        return self.params + self.activation_size

    @property
    def reported(self) -> Reported | None:
        """By the report's convention; None under the textbook's, which has every number already."""
        found = [layer.reported for layer in self.layers]
        known = [each for each in found if each is not None]
        return Reported(sum(each.value for each in known), known[0].unit) if known else None

    @property
    def receptive_field(self) -> dict[str, list[int | float]] | None:
        """Size, jump, start, center, effective padding along each axis; None where it has no position."""
        return _field(self.view)

    def to_dict(self, fields: Sequence[str] = ()) -> dict[str, Any]:
        """Its JSON; with `fields`, those alone."""
        return _told(self, fields)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.name}: {self.kind}, {self.output_shape}, {self.params} parameters>"
        )

    def _repr_html_(self) -> str | None:
        return self._report.html_of(self)


ROW_FIELDS: dict[str, Any] = {
    "name": lambda row: row.name,
    "kind": lambda row: row.kind,
    "block": lambda row: row.block,
    "from": lambda row: row.sources,
    "output_shape": lambda row: list(row.output_shape),
    "activation_size": lambda row: row.activation_size,
    "in_place": lambda row: row.in_place,
    "params": lambda row: row.params,
    "weights": lambda row: row.weights,
    "biases": lambda row: row.biases,
    "trainable": lambda row: row.trainable,
    "buffers": lambda row: row.buffers,
    "shared_with": lambda row: row.shared_with,
    "connections": lambda row: row.connections,
    "connections_real": lambda row: row.connections_real,
    "macs": lambda row: row.macs,
    "flops": lambda row: row.flops,
    "work": lambda row: row.work,
    "receptive_field": lambda row: row.receptive_field,
}


def _told(row: LayerReport | GroupReport, fields: Sequence[str]) -> dict[str, Any]:
    told = {name: ROW_FIELDS[name](row) for name in fields or ROW_FIELDS}
    reported = row.reported
    return told if reported is None else told | {"reported": reported._asdict()}


def _field(view: View) -> dict[str, list[int | float]] | None:
    fields = view.fields
    if fields is None:
        return None
    return {
        "size": [_plain(axis.size) for axis in fields],
        "jump": [_plain(axis.jump) for axis in fields],
        "start": [_plain(axis.start) for axis in fields],
        "center": [float(axis.center) for axis in fields],
        "padding": [_plain(axis.padding) for axis in fields],
    }


def _plain(value: Number) -> int | float:
    if type(value) is int:
        return value
    return int(value) if Fraction(value).denominator == 1 else float(value)
