"""The report of a network: a row for each layer, and the totals. Its `to_dict` is the JSON."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.memory import Peak, bytes_of, in_place, peak_values, states_of
from cnncalc.analysis.receptive_field import View, views
from cnncalc.analysis.rows import GroupReport, LayerReport
from cnncalc.analysis.totals import Totals
from cnncalc.errors import UsageError, as_text, brief, did_you_mean, is_among, unknown_choice
from cnncalc.graph import Graph
from cnncalc.languages import Message
from cnncalc.layers.support.base import LAYOUTS, Shape, in_layout

if TYPE_CHECKING:
    from cnncalc.analysis.bounds import Bounds
    from cnncalc.analysis.conventions.engine import Convention
    from cnncalc.analysis.devices import Device

SCHEMA_VERSION = 1


class Settings(NamedTuple):
    """The settings of a report."""

    network: str = ""
    layout: str = "hwc"
    batch: int = 1
    dtype: str = "float32"
    convention: str = "textbook"
    optimizer: str = "sgd"


class Caution(NamedTuple):
    """A warning for a reader of the numbers, and the name of the layer that it is about."""

    layer: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"layer": self.layer, "message": self.message}


class UnknownRowError(UsageError, KeyError):
    """A name that is no layer's and no group's: a KeyError too, as a mapping raises."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message, help, "unknown_name")

    __str__ = Exception.__str__


class Report:
    """Every number of a network. `report["CONV1"]` is a layer's, `report.totals` the sums.

    `letters` maps the letters of sizes that are formulas, such as H, to their numbers, None for any number.
    """

    def __init__(
        self,
        graph: Graph,
        facts: list[LayerCounts],
        settings: Settings = Settings(),  # noqa: B008 - it is immutable
        letters: Mapping[str, int | None] | None = None,
    ) -> None:
        self.graph, self.facts, self.settings = graph, facts, settings
        self.letters: Mapping[str, int | None] = letters or {}
        self.known_values: dict[Any, dict[str, Any]] = {}
        """The values of rows so far, for all rows of equal layers on equal shapes."""
        self.window_texts: dict[LayerCounts, str] = {}
        """The windows of layers as labels tell them, f=5, s=1; equal layers on equal shapes share one."""

    def __repr__(self) -> str:
        totals = self.totals
        return (
            f"<Report {self.settings.network}: {len(self.layers)} layers, "
            f"{totals.params} parameters, {totals.macs} MACs>"
        )

    def written(self, name: str, shape: Shape) -> Shape:
        """The shape of an input or a layer's output, as the report's layout or the model writes shapes."""
        axes = self.graph.provenance.axes.get(name)
        return tuple(shape[axis] for axis in axes) if axes else in_layout(shape, self.settings.layout)

    def laid_out(self, layout: str) -> "Report":
        """The same report with every shape in a layout, whatever order a foreign model has."""
        graph = self.graph._replace(provenance=self.graph.provenance._replace(axes={}))
        return Report(graph, self.facts, self.settings._replace(layout=layout), self.letters)

    def shape(self, number: int) -> Shape:
        """The shape of an input or a layer's output, by its number as `Node.inputs` counts, in the layout."""
        index = number - len(self.graph.inputs)
        shape = self.facts[index].output if index >= 0 else self.graph.inputs[number].shape
        return self.written(self.graph.name(number), shape)

    @cached_property
    def layers(self) -> Sequence[LayerReport]:
        """The layers in order, blocks unfolded."""
        return [LayerReport(self, index) for index in range(len(self.graph.nodes))]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """A layer's name -> its number among the layers."""
        return {node.name: index for index, node in enumerate(self.graph.nodes)}

    @cached_property
    def spans(self) -> dict[str, tuple[int, int]]:
        """A scope's name -> where its layers start and end; they stand together, a merge with its paths."""
        spans: dict[str, tuple[int, int]] = {}
        for index, node in enumerate(self.graph.nodes):
            dot = node.name.find(".")
            while dot >= 0:
                scope = node.name[:dot]
                start, end = spans.get(scope, (index, index))
                # a scope of a foreign model whose layers don't stand together is no group
                spans[scope] = (start, index + 1 if end == index else -1)
                dot = node.name.find(".", dot + 1)
            if node.name in spans:
                spans[node.name] = (spans[node.name][0], index + 1)
        return {scope: span for scope, span in spans.items() if span[1] >= 0}

    def __getitem__(self, name: str) -> LayerReport | GroupReport:
        """A layer's numbers, or a group's. A merge's are its own: `group` gives it with its paths."""
        if is_among(name, self.numbers):
            return self.layers[self.numbers[name]]
        return self.group(name)

    def group(self, name: str) -> GroupReport:
        """The sums of a group: a block, a repeat or a round of it, a merge or a path of it."""
        if not is_among(name, self.graph.groups) and not is_among(name, self.spans):
            # enough names among which to find a near one
            known = [*list(self.numbers)[:5000], *list(self.graph.groups)[:5000]]
            help = did_you_mean(name, known)
            raise UnknownRowError(f"no layer or group is called {brief(name)}", help)
        return GroupReport(self, name)

    def rows(self, depth: int | None = None) -> list[LayerReport | GroupReport]:
        """The layers in order; layers deeper than `depth` scopes are summed in the row of their group.

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
    def convention(self) -> "Convention | None":
        """The tool whose counting the report has beside the textbook's; None for the textbook's alone."""
        return _convention(self.settings.convention)

    @cached_property
    def in_place(self) -> list[bool]:
        return in_place(self.graph, self.facts)

    @cached_property
    def peak(self) -> Peak:
        """The moment of the forward pass with the most values in memory."""
        return peak_values(self.graph, self.facts, self.in_place)

    @cached_property
    def views(self) -> list[View]:
        return views(self.graph, self.facts)

    @cached_property
    def totals(self) -> Totals:
        """The sums over the network."""
        return Totals(self)

    @cached_property
    def bytes_each(self) -> int:
        """The bytes of a value."""
        return bytes_of(self.settings.dtype)

    @cached_property
    def warnings(self) -> list[Caution]:
        convention = self.convention
        read = {number for node in self.graph.nodes for number in node.inputs}
        unread = [source.name for number, source in enumerate(self.graph.inputs) if number not in read]
        told = [Caution(self.settings.network, note) for note in self.graph.provenance.notes]
        told += [Caution(name, Message("warning.opaque")) for name in self.opaque]
        told += [Caution(name, Message("warning.input")) for name in unread]
        told += [
            Caution(source.name, message)
            for source in self.graph.inputs
            if not self.letters
            and source.name not in self.graph.provenance.axes
            and (message := doubt(source.shape, self.settings.layout))
        ]
        if not self.graph.provenance.origins:
            told += [
                Caution(node.name, Message("warning.unused"))
                for number, node in enumerate(self.graph.nodes, len(self.graph.inputs))
                if number not in read and number not in self.graph.outputs
            ]
        return told + [
            Caution(node.name, message)
            for node, fact in zip(self.graph.nodes, self.facts, strict=True)
            for message in (*fact.warnings, *(convention.cautions(fact) if convention else ()))
        ]

    def bounds(self, device: "str | Device") -> "Bounds":
        """The least seconds that a device allows for each layer, and in all, for the report's batch and type.

        `device` is a name of the catalogue, the path of a file, or a device that was measured. Raises
        UsageError for a name or a type that there isn't, SpecError with every fault of a file.

        >>> import cnncalc
        >>> bounds = cnncalc.load("lenet5").analyze().bounds("t4")
        >>> bounds.of([4]).limited_by, f"{bounds.of([4]).least:.3g}"
        ('memory', '6.08e-07')
        """
        from cnncalc.analysis.bounds import Bounds
        from cnncalc.analysis.devices import find

        return Bounds(self, find(device) if isinstance(device, str) else device)

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
                {"name": source.name, "shape": list(self.written(source.name, source.shape))}
                for source in self.graph.inputs
            ],
        }

    def tail(self) -> dict[str, Any]:
        """The JSON after the layers."""
        return {
            "totals": self.totals.to_dict(),
            **({} if self.is_complete else {"complete": False}),
            "outputs": self.outputs,
            "warnings": [warning.to_dict() for warning in self.warnings],
        }

    @cached_property
    def opaque(self) -> list[str]:
        """The names of the layers that count nothing because no kind stands for their operators."""
        return [node.name for node in self.graph.nodes if not node.layer.complete]

    @property
    def is_complete(self) -> bool:
        """Whether every layer is counted; else each total is a lower bound."""
        return not self.opaque

    def to_dict(self, fields: Sequence[str] = ()) -> dict[str, Any]:
        """The JSON of the report as plain data; with `fields`, those of each layer alone."""
        return {**self.head(), "layers": [row.to_dict(fields) for row in self.layers], **self.tail()}

    def _repr_html_(self) -> str:
        from cnncalc.notebook import report_html

        return report_html(self)


def _scope(name: str, depth: int) -> str:
    """The first `depth` parts of a name.

    >>> _scope("stage1.add1.1.conv1", 2)
    'stage1.add1'
    """
    return ".".join(name.split(".", depth)[:depth])


def _convention(name: str) -> "Convention | None":
    """A tool's way of counting, loaded where one is asked for; raises UsageError for an unknown one."""
    if name == "textbook":
        return None
    name = as_text(name)
    from cnncalc.analysis.conventions import find

    return find(name)


def check_settings(settings: Settings) -> None:
    """Raises UsageError for settings of which no report can be made."""
    bytes_of(settings.dtype)
    _convention(settings.convention)
    states_of(settings.optimizer)
    batch: Any = settings.batch
    if not isinstance(batch, int) or isinstance(batch, bool) or not 1 <= batch <= 10**9:
        raise UsageError(
            f"a batch of {brief(batch)} can't be", "a whole number from 1 to 1,000,000,000", "bad_value"
        )
    if settings.layout not in LAYOUTS:
        raise unknown_choice(settings.layout, "a layout", LAYOUTS)


def doubt(shape: Shape, layout: str) -> Message | None:
    """The warning for an input that was probably meant in another way, with the way to type that."""
    written = in_layout(shape, layout)
    told = "x".join(map(str, written))
    match written:
        case (height, width) if height == width > 4:
            better = f"1x{told}" if layout == "chw" else f"{told}x1"
            return Message("warning.square", size=height, better=better)
        case (batch, 1 | 3 as channels, height, width) if height == width > 4:
            command = f"--input {channels}x{height}x{width} --layout chw --batch {batch}"
            return Message("warning.batch", shape=told, batch=batch, command=command)
        case (1 | 3, _, height, width) if height == width > 4 and layout == "hwc":
            return Message("warning.channels_first", shape=told, command=f"--input {told} --layout chw")
    return _other_layout(shape, layout)


def _other_layout(shape: Shape, layout: str) -> Message | None:
    """The warning for an input of 3 rows and many channels: 3x224x224 is probably of the other layout."""
    if len(shape) != 3:
        return None
    height, width, channels = shape
    few, long, other = (height, width, "chw") if layout == "hwc" else (width, height, "hwc")
    if min(long, channels) < 16 or not (few == 3 or (few == 1 and long == channels)):
        return None
    return Message("warning.layout", channels=channels, layout=other, few=few)
