"""The subject of a figure: the inputs and layers of a report that are drawn, and the words for them."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.languages import Language, Message, english, word
from cnncalc.layers.support.base import Layer, Shape
from cnncalc.plain_text import shortened, visible

LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 4000
"""The signs of the words that a figure says of itself."""


class Drawn(NamedTuple):
    """An input, or a layer with the norm, activation and dropout that ride on it. `path` is its full name.

    `shape` is (..., channels) whatever the layout is, `size` the shape as a reader sees it.
    """

    name: str
    path: str
    family: str
    shape: Shape
    size: str
    row: LayerReport | None = None
    riders: Sequence[LayerReport] = ()

    @property
    def has_map(self) -> bool:
        """Whether the values have positions: a vector has none."""
        return len(self.shape) > 1

    @property
    def map_size(self) -> tuple[int, int]:
        """The height and the width of a map; a sequence is a column of its steps."""
        return (self.shape[0], 1) if len(self.shape) == 2 else (self.shape[-3], self.shape[-2])

    @property
    def channels(self) -> int:
        return self.shape[-1]

    @property
    def params(self) -> int:
        return sum(int(row.params) for row in (self.row, *self.riders) if row is not None)

    @property
    def macs(self) -> int:
        return 0 if self.row is None else int(self.row.macs)


class Subject:
    """The network of a figure, in a language."""

    def __init__(self, report: Report, language: Language) -> None:
        self.report, self.language = report, language
        self.first = len(report.graph.inputs)

    @cached_property
    def drawn(self) -> list[Drawn]:
        """The inputs, then the layers that are drawn, in order."""
        return [*self.inputs, *self.layers_of(range(len(self.report)))]

    @cached_property
    def inputs(self) -> list[Drawn]:
        sources = self.report.graph.inputs
        return [self.input(number) for number in range(len(sources))]

    def input(self, number: int) -> Drawn:
        source = self.report.graph.inputs[number]
        name = self.tell(Message("heading.input")) if self.first == 1 else visible(source.name)
        return Drawn(name, source.name, "input", source.shape, self.size(number))

    def layers_of(self, span: range) -> list[Drawn]:
        """The layers of a span that are drawn, each with its riders; riders that come first ride on none."""
        found: list[Drawn] = []
        for row in self.report.layers[span.start : span.stop]:
            if is_drawn(row):
                found.append(self.layer(row))
            elif found and row.node.layer.rides:
                found[-1] = found[-1]._replace(riders=[*found[-1].riders, row])
        return found

    def layer(self, row: LayerReport) -> Drawn:
        return Drawn(
            visible(row.name),
            row.name,
            family(row.node.layer),
            row.facts.output,
            self.size(row.index + self.first),
            row,
        )

    def shape(self, number: int) -> Shape:
        """The shape of an input or a layer, (..., channels), by its number as the graph counts."""
        index = number - self.first
        return self.report.facts[index].output if index >= 0 else self.report.graph.inputs[number].shape

    def size(self, number: int) -> str:
        """The shape of an input or a layer, by its number as the graph counts: 28×28×6."""
        return "×".join(f"{int(size)}" for size in self.report.shape(number))

    def tell(self, message: str) -> str:
        return str(self.language.tell(message))

    def say(self, key: str, **values: Any) -> str:
        """A message of figures in the language."""
        return self.language.say(f"figure.{key}", **values)

    def kind(self, layer: Layer) -> str:
        """A kind as a caption has it: max pool."""
        if english().has(f"figure.kind.{layer.kind}"):
            return self.say(f"kind.{layer.kind}")
        return self.tell(word("kind", layer.kind)).replace("_", " ")

    def block(self, path: str) -> str:
        """The name of a block of the author's own, else just block."""
        kind = self.report.graph.group_kinds.get(path, "block")
        known = english().has(f"kind.{kind}")
        return self.tell(Message("kind.block")) if known else visible(kind).replace("_", " ")

    def operation(self, row: LayerReport) -> list[str]:
        """The operation of a layer, in lines: 5×5 conv; stride 2. Strides and dilations of 1 are left out."""
        layer = row.node.layer
        if not layer.label_shows_window:
            return [self.kind(layer)]
        axes = layer.geometry(*row.facts.inputs)
        kernel = "×".join(str(int(axis.kernel)) for axis in axes)
        lines = [f"{kernel} {self.kind(layer)}"]
        for option, values in (
            ("stride", [int(axis.stride) for axis in axes]),
            ("dilation", [int(axis.dilation) for axis in axes]),
            ("groups", [int(layer.filter_groups)]),
        ):
            if set(values) != {1}:
                told = str(values[0]) if len(set(values)) == 1 else "×".join(map(str, values))
                lines.append(self.say(option, value=told))
        return lines

    def caption(self, drawn: Drawn) -> list[str]:
        """The lines under or over a drawn layer but its name: its size, then its operation."""
        return [drawn.size, *(self.operation(drawn.row) if drawn.row is not None else ())]

    def title(self, drawn: Drawn) -> str:
        """The text for a pointer that rests on a drawn layer."""
        parts = [drawn.size]
        if drawn.row is not None:
            parts += self.operation(drawn.row)
            parts += self.costs(drawn.params, drawn.macs)
        return shortened(f"{drawn.name}: {'; '.join(parts)}", LONGEST_TITLE)

    def costs(self, params: int, macs: int) -> list[str]:
        """Parameters and multiply-accumulates in words."""
        return [self.say("params", count=f"{params:,}"), self.say("macs", count=f"{macs:,}")]

    @property
    def name(self) -> str:
        return shortened(visible(self.report.settings.network), 80)

    def words(self, drawn: Sequence[Drawn], title: str = "") -> str:
        """The network in words, or a part of it with a title of its own, for who can't see the figure."""
        return self.described(map(self.title, drawn), title)

    def described(self, told: Iterable[str], title: str = "") -> str:
        """Sentences between the name of the network and its costs."""
        totals = self.report.totals
        costs = "; ".join(self.costs(int(totals.params), int(totals.macs)))
        said = shortened(". ".join([*filter(None, [title]), *told]), LONGEST_DESCRIPTION)
        return f"{said}. {self.name}: {costs}."


def family(layer: Layer) -> str:
    """The family of a layer by its role: a colour, and a word of the legend."""
    return {"merge": "join", "": "other"}.get(layer.tone, layer.tone)


def is_drawn(row: LayerReport) -> bool:
    """Whether a layer is drawn by itself: one that makes or moves values, rather than rides on another."""
    layer = row.node.layer
    if layer.rides or layer.reshapes or layer.inputs == "none":
        return False
    return (
        layer.counts_in_depth
        or bool(layer.pools)
        or layer.inputs == "many"
        or row.facts.inputs != (row.facts.output,)
        or bool(row.facts.params)
    )


def has_joins(report: Report) -> bool:
    """Whether paths fork or meet: then no view that is one row of layers can show the network."""
    graph = report.graph
    reads = [number for node in graph.nodes for number in node.inputs]
    single = len(graph.inputs) == 1 and len(graph.outputs) == 1
    return not single or len(reads) != len(set(reads)) or any(len(node.inputs) != 1 for node in graph.nodes)


def together(names: Sequence[str]) -> str:
    """The common name of neighbours.

    >>> together(["conv3", "conv4", "conv5"]), together(["inception4a", "inception4e"]), together(["a", "b"])
    ('conv3–5', 'inception4a–e', 'a–b')
    """
    first, last = names[0], names[-1]
    if len(names) == 1:
        return first
    common = 0
    while common < min(len(first), len(last)) and first[common] == last[common]:
        common += 1
    # conv9 to conv10, not conv9 to 0
    while common and first[common - 1].isdigit() and (first + " ")[common].isdigit():
        common -= 1
    return f"{first}–{last[common:] or last}"
