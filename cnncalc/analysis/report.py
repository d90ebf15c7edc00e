"""The report of a network: a row for each layer, and the totals. Its `to_dict` is the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from cnncalc.analysis.counts import Facts
from cnncalc.analysis.memory import Memory, bytes_of, in_place, memory
from cnncalc.analysis.receptive_field import Number, View, views
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.graph import Graph, Node
from cnncalc.layers.base import Shape, Work

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Settings:
    """How a report was asked for."""

    network: str = ""
    layout: str = "hwc"
    batch: int = 1
    dtype: str = "float32"
    convention: str = "textbook"
    optimizer: str = "sgd"


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
    def view(self) -> View:
        return self._report.views[self.index]

    @property
    def receptive_field(self) -> dict[str, list[int | float]] | None:
        """Size, jump, start, center and effective padding along each spatial axis; None where it has no position."""
        fields = self.view.fields
        if fields is None:
            return None
        return {
            "size": [_plain(axis.size) for axis in fields],
            "jump": [_plain(axis.jump) for axis in fields],
            "start": [_plain(axis.start) for axis in fields],
            "center": [float(axis.center) for axis in fields],
            "padding": [_plain(axis.padding) for axis in fields],
        }

    def to_dict(self, fields: Sequence[str] = ()) -> dict[str, Any]:
        """The JSON of one layer; with `fields`, those alone."""
        return {name: LAYER_FIELDS[name](self) for name in fields or LAYER_FIELDS}


LAYER_FIELDS: dict[str, Any] = {
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


def _plain(value: Number) -> int | float:
    return int(value) if Fraction(value).denominator == 1 else float(value)


@dataclass(frozen=True)
class Totals:
    """The sums over a network. A batch multiplies work, activations and memory but the weights'."""

    params: int
    trainable: int
    buffers: int
    connections: int
    connections_real: int
    macs: int
    flops: int
    activations: int
    space: int
    weight_layers: int
    memory: Memory

    def to_dict(self) -> dict[str, Any]:
        return {
            **{name: value for name, value in vars(self).items() if name != "memory"},
            "memory": self.memory._asdict(),
        }


@dataclass(frozen=True)
class Warning_:
    """Something that a reader of the numbers should know, and of which layer."""

    layer: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"layer": self.layer, "message": self.message}


@dataclass(frozen=True, eq=False)
class Report:
    """Every number of a network. `report["CONV1"]` is a layer's, `report.totals` the sums."""

    graph: Graph
    facts: list[Facts] = field(repr=False)
    settings: Settings = Settings()

    def written(self, shape: Shape) -> Shape:
        """A shape as the report's layout writes it."""
        return (shape[-1], *shape[:-1]) if self.settings.layout == "chw" else shape

    @cached_property
    def layers(self) -> Sequence[LayerReport]:
        """The layers in order, blocks unfolded."""
        return [LayerReport(self, index) for index in range(len(self.graph.nodes))]

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return {node.name: index for index, node in enumerate(self.graph.nodes)}

    def __getitem__(self, name: str) -> LayerReport:
        if name not in self._by_name:
            number = self.graph.groups.get(name, -1) - len(self.graph.inputs)
            if number < 0:
                raise KeyError(
                    f"no layer is called {name!r}; {did_you_mean(name, list(self._by_name)[:5000])}"
                )
            return LayerReport(self, number)
        return LayerReport(self, self._by_name[name])

    def __contains__(self, name: object) -> bool:
        return name in self._by_name or name in self.graph.groups

    def __iter__(self) -> Iterator[LayerReport]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.graph.nodes)

    @cached_property
    def in_place(self) -> list[bool]:
        return in_place(self.graph, self.facts)

    @cached_property
    def views(self) -> list[View]:
        return views(self.graph, self.facts)

    @cached_property
    def totals(self) -> Totals:
        own = [
            (node, fact)
            for node, fact in zip(self.graph.nodes, self.facts, strict=True)
            if node.shared is None
        ]
        params = sum(fact.params for _, fact in own)
        trainable = sum(fact.params for node, fact in own if node.trainable)
        buffers = sum(fact.buffers for _, fact in own)
        batch = self.settings.batch
        macs = sum(fact.macs for fact in self.facts)
        activations = sum(
            fact.activation_size
            for fact, overwrites in zip(self.facts, self.in_place, strict=True)
            if not overwrites
        )
        return Totals(
            params=params,
            trainable=trainable,
            buffers=buffers,
            connections=sum(fact.connections for fact in self.facts),
            connections_real=sum(fact.connections_real for fact in self.facts),
            macs=macs * batch,
            flops=2 * macs * batch,
            activations=activations * batch,
            space=params + activations * batch,
            weight_layers=weight_layers(self.graph),
            memory=memory(
                self.graph,
                self.facts,
                values=params + buffers,
                trainable=trainable,
                params=params + buffers,
                activations=activations,
                batch=batch,
                dtype=self.settings.dtype,
                optimizer=self.settings.optimizer,
            ),
        )

    @cached_property
    def warnings(self) -> list[Warning_]:
        return [
            Warning_(node.name, message)
            for node, fact in zip(self.graph.nodes, self.facts, strict=True)
            for message in fact.warnings
        ]

    @property
    def outputs(self) -> list[str]:
        return [self.graph.name(number) for number in self.graph.outputs]

    def head(self) -> dict[str, Any]:
        """The JSON before the layers."""
        settings = self.settings
        return {
            "schema_version": SCHEMA_VERSION,
            "network": settings.network,
            "layout": settings.layout,
            "batch": settings.batch,
            "dtype": settings.dtype,
            "convention": settings.convention,
            "inputs": [
                {"name": source.name, "shape": list(self.written(source.shape))}
                for source in self.graph.inputs
            ],
        }

    def tail(self) -> dict[str, Any]:
        """The JSON after the layers."""
        return {
            "totals": self.totals.to_dict(),
            "outputs": self.outputs,
            "warnings": [warning.to_dict() for warning in self.warnings],
        }

    def to_dict(self, fields: Sequence[str] = ()) -> dict[str, Any]:
        """The JSON of the report as plain data; with `fields`, those of each layer alone."""
        return {**self.head(), "layers": [row.to_dict(fields) for row in self.layers], **self.tail()}


def weight_layers(graph: Graph) -> int:
    """Layers with weights on the longest path, as papers say how deep a network is; norms and subsampling not counted."""
    first = len(graph.inputs)
    depth = [0] * first
    for node in graph.nodes:
        depth.append(max(depth[number] for number in node.inputs) + node.layer.deepens)
    return max(depth, default=0)


def check_settings(settings: Settings) -> None:
    """Raises UsageError where a report can't be made so."""
    bytes_of(settings.dtype)
    if (
        not isinstance(settings.batch, int)
        or isinstance(settings.batch, bool)
        or not 1 <= settings.batch <= 10**9
    ):
        raise UsageError(f"a batch of {settings.batch} can't be", "a whole number from 1 to 1,000,000,000")
    if settings.layout not in ("hwc", "chw"):
        raise UsageError(f"{settings.layout} is not a layout", "hwc or chw")
