"""The report of a network: a row for each layer, and the totals. Its `to_dict` is the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.counts import Facts
from cnncalc.analysis.memory import Memory, Peak, bytes_of, in_place, memory, peak_values, states_of
from cnncalc.analysis.receptive_field import View, views
from cnncalc.analysis.rows import GroupReport, LayerReport, Reported
from cnncalc.errors import UsageError, did_you_mean, unknown_choice
from cnncalc.graph import Graph
from cnncalc.languages import Message
from cnncalc.layers.support.base import LAYOUTS, Shape, in_layout

if TYPE_CHECKING:
    from cnncalc.analysis.conventions.engine import Convention

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
    reported: Reported | None = None

    def to_dict(self) -> dict[str, Any]:
        told = {**vars(self), "memory": self.memory._asdict()}
        reported = told.pop("reported")
        return told if reported is None else told | {"reported": reported._asdict()}


@dataclass(frozen=True)
class Caution:
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
    letters: Mapping[str, int] = field(default_factory=dict)
    """Where sizes are formulas of letters: what these stand for."""

    def __repr__(self) -> str:
        totals = self.totals
        return (
            f"<Report {self.settings.network}: {len(self.layers)} layers, "
            f"{totals.params} parameters, {totals.macs} MACs>"
        )

    def html_of(self, row: LayerReport | GroupReport) -> str | None:
        """How a row of it shows in a notebook; None: as text."""
        return None

    def written(self, shape: Shape) -> Shape:
        """A shape as the report's layout writes it."""
        return in_layout(shape, self.settings.layout)

    @cached_property
    def layers(self) -> Sequence[LayerReport]:
        """The layers in order, blocks unfolded."""
        return [LayerReport(self, index) for index in range(len(self.graph.nodes))]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """A layer's name -> which of the layers it is."""
        return {node.name: index for index, node in enumerate(self.graph.nodes)}

    @cached_property
    def spans(self) -> dict[str, tuple[int, int]]:
        """A scope's name -> where its layers start and end; they stand together, a merge with its paths."""
        spans: dict[str, tuple[int, int]] = {}
        for index, node in enumerate(self.graph.nodes):
            dot = node.name.find(".")
            while dot >= 0:
                scope = node.name[:dot]
                spans[scope] = (spans[scope][0] if scope in spans else index, index + 1)
                dot = node.name.find(".", dot + 1)
            if node.name in spans:
                spans[node.name] = (spans[node.name][0], index + 1)
        return spans

    def __getitem__(self, name: str) -> LayerReport | GroupReport:
        """A layer's numbers, or a group's. A merge's are its own: `group` gives it with its paths."""
        if name in self.numbers:
            return self.layers[self.numbers[name]]
        return self.group(name)

    def group(self, name: str) -> GroupReport:
        """The sums of a group: a block, a repeat or a round of it, a merge or a path of it."""
        if name not in self.graph.groups and name not in self.spans:
            # enough names to find a near one
            known = [*list(self.numbers)[:5000], *list(self.graph.groups)[:5000]]
            help = did_you_mean(name, known)
            raise KeyError(f"no layer or group is called {name!r}" + (f"; {help}" if help else ""))
        return GroupReport(self, name)

    def rows(self, depth: int | None = None) -> list[LayerReport | GroupReport]:
        """The layers in order; what stands deeper than `depth` scopes is one row of its group, summed.

        >>> import cnncalc
        >>> [row.name for row in cnncalc.load("resnet18").analyze().rows(depth=1)][:4]
        ['conv1', 'batch_norm1', 'relu1', 'max_pool1']
        """
        if depth is None:
            return list(self.layers)
        rows: list[LayerReport | GroupReport] = []
        at = 0
        while at < len(self.layers):
            row = self.layers[at]
            scope = _scope(row.name, depth)
            # a merge that stands above the depth has its paths beside it, not in it
            if scope in self.spans and row.name.count(".") >= depth - 1:
                rows.append(GroupReport(self, scope))
                at = self.spans[scope][1]
            else:
                rows.append(row)
                at += 1
        return rows

    def __contains__(self, name: object) -> bool:
        return name in self.numbers or name in self.graph.groups or name in self.spans

    def __iter__(self) -> Iterator[LayerReport]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.graph.nodes)

    @cached_property
    def convention(self) -> Convention | None:
        """Whose counting the report follows besides the textbook's."""
        return _convention(self.settings.convention)

    @cached_property
    def in_place(self) -> list[bool]:
        return in_place(self.graph, self.facts)

    @cached_property
    def peak(self) -> Peak:
        """What is held when the most values are."""
        return peak_values(self.graph, self.facts, self.in_place)

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
                values=params + buffers,
                trainable=trainable,
                activations=activations,
                peak=self.peak.values,
                batch=batch,
                dtype=self.settings.dtype,
                optimizer=self.settings.optimizer,
            ),
            reported=self._reported,
        )

    @property
    def _reported(self) -> Reported | None:
        if self.convention is None:
            return None
        batch = 1 if self.convention.of_weights else self.settings.batch
        counts = (row.reported.value for row in self.layers if row.reported is not None)
        return Reported(sum(counts) * batch, self.convention.unit)

    @cached_property
    def warnings(self) -> list[Caution]:
        convention = self.convention
        read = {number for node in self.graph.nodes for number in node.inputs}
        unread = [source.name for number, source in enumerate(self.graph.inputs) if number not in read]
        told = [Caution(name, Message("warning.input")) for name in unread]
        told += [
            Caution(source.name, message)
            for source in self.graph.inputs
            if not self.letters and (message := _other_layout(source.shape, self.settings.layout))
        ]
        return told + [
            Caution(node.name, message)
            for node, fact in zip(self.graph.nodes, self.facts, strict=True)
            for message in (*fact.warnings, *(convention.cautions(fact) if convention else ()))
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


def _scope(name: str, depth: int) -> str:
    """The first `depth` parts of a name.

    >>> _scope("stage1.add1.1.conv1", 2)
    'stage1.add1'
    """
    return ".".join(name.split(".", depth)[:depth])


def weight_layers(graph: Graph) -> int:
    """Layers with weights on the longest path, as papers count; norms and subsampling not counted."""
    first = len(graph.inputs)
    depth = [0] * first
    for node in graph.nodes:
        depth.append(max((depth[number] for number in node.inputs), default=0) + node.layer.deepens)
    return max(depth, default=0)


def _convention(name: str) -> Convention | None:
    """A tool's way of counting, loaded where one is asked for; raises UsageError for an unknown one."""
    if name == "textbook":
        return None
    from cnncalc.analysis.conventions import find

    return find(name)


def check_settings(settings: Settings) -> None:
    """Raises UsageError where a report can't be made so."""
    bytes_of(settings.dtype)
    _convention(settings.convention)
    states_of(settings.optimizer)
    batch: Any = settings.batch
    if not isinstance(batch, int) or isinstance(batch, bool) or not 1 <= batch <= 10**9:
        raise UsageError(
            f"a batch of {batch} can't be", "a whole number from 1 to 1,000,000,000", "bad_value"
        )
    if settings.layout not in LAYOUTS:
        raise unknown_choice(settings.layout, "a layout", LAYOUTS)


def _other_layout(shape: Shape, layout: str) -> Message | None:
    """What is said of an input with 3 rows or columns and many channels: 3x224x224 is mostly an image."""
    if len(shape) != 3:
        return None
    height, width, channels = shape
    few, long, other = (height, width, "chw") if layout == "hwc" else (width, height, "hwc")
    if min(long, channels) < 16 or not (few == 3 or (few == 1 and long == channels)):
        return None
    return Message("warning.layout", channels=channels, layout=other, few=few)
