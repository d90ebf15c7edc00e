"""The rows of the page's table, as its script reads them."""

import json
import re
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport, ReportRow
from cnncalc.analysis.tree import Chain, Repeated, TreeLine
from cnncalc.errors import UsageError
from cnncalc.figures import draw
from cnncalc.languages import Joined, Language, Message, word
from cnncalc.layers.support.base import Shape
from cnncalc.page.drawn import inlined
from cnncalc.page.fields import field_of, sources_of
from cnncalc.page.packed import Packed
from cnncalc.page.panel import Writer, layer_blocks
from cnncalc.plain_text import shortened, visible
from cnncalc.render.reports.report_tables import tone

COLUMNS = (
    "name", "label", "level", "group", "times", "path", "does", "family", "input", "output", "params",
    "macs", "sees", "working", "graph", "field",
)  # fmt: skip
"""What a row is a list of. `working`, `graph` and `field` are numbers of packed pieces, a field as JSON.

A label is "" where it is the last part of the name.
"""
LONGEST_NAME = 200
"""The signs of a name that are shown: the page stays readable, whatever a layer is called."""
MOST_INPUTS = 4
MOST_IN_GRAPH = 24
"""The most layers of a block whose graph stands in the panel."""
_TITLES = re.compile("<(?:title|desc)>[^<]*</(?:title|desc)>\n?")
"""What a figure says of itself in words: the panel says the same."""


class Rows:
    """The rows so far. What many rows share is stored once, in `packed`."""

    def __init__(self, report: Report, language: Language) -> None:
        self.report, self.language = report, language
        self.rows: list[list[Any]] = []
        self.packed = Packed()
        self._writer = Writer(language)
        self._sources = sources_of(report.graph)

    def add(self, line: TreeLine) -> None:
        """Adds a line of the outline, and the layers that a table writes behind its layer."""
        row = line.row.first if isinstance(line.row, Chain) else line.row
        paths = [
            Message("table.shortcut") if path.is_shortcut else Message("table.path", number=path.number)
            for path in line.paths
        ]
        self._add(row, line.label, line, " ".join(map(self.language.tell, paths)))
        for rider in line.riders:
            self._add(rider, rider.name.rpartition(".")[2], line, "")

    def _add(self, row: ReportRow, label: str, line: TreeLine, path: str) -> None:
        layer = row if isinstance(row, LayerReport) else None
        name = f"{row.first}–{row.name}" if isinstance(row, Repeated) else row.name
        found = {
            "name": name,
            "label": label,
            "level": line.level,
            "group": int(layer is None),
            "times": line.times if layer is None else 1,
            "path": path,
            "does": "" if layer is None else self._does(layer),
            "family": "" if layer is None else tone(layer.node.layer) or "other",
            "input": self._shapes(row.input_shapes),
            "output": _shape(row.output_shape),
            "params": int(row.params),
            "macs": int(row.macs),
            "sees": "" if row.receptive_field is None else _sizes(row.receptive_field["size"], square=True),
            "working": [] if layer is None else self._working(layer),
            "graph": self._graph(row, line.times) if layer is None else None,
            "field": None if layer is None else self._field(layer),
        }
        shown = {column: self._shown(found[column]) for column in COLUMNS}
        if shown["label"] == shown["name"].rpartition(".")[2]:
            shown["label"] = ""
        self.rows.append([*shown.values()])

    def _shown(self, value: Any) -> Any:
        return shortened(visible(value), LONGEST_NAME) if isinstance(value, str) else value

    def _does(self, row: LayerReport) -> str:
        """The operation of a layer, in a few words: 7x7 conv, stride 2."""
        layer = row.node.layer
        kind = self.language.tell(word("kind", layer.kind)).replace("_", " ")
        if not layer.label_shows_window:
            return str(kind)
        axes = layer.geometry(*row.facts.inputs)
        told: list[str] = [Joined([_sizes([axis.kernel for axis in axes], square=True), kind], " ")]
        strides = [axis.stride for axis in axes]
        if set(strides) != {1}:
            told.append(Message("page.stride", stride=_sizes(strides)))
        if any(axis.before or axis.after for axis in axes):
            padding = [
                axis.before if axis.before == axis.after else f"{axis.before}/{axis.after}" for axis in axes
            ]
            told.append(Message("page.padding", padding=_sizes(padding)))
        if any(axis.dilation != 1 for axis in axes):
            told.append(Message("page.dilation", dilation=_sizes([axis.dilation for axis in axes])))
        if layer.filter_groups != 1:
            told.append(Message("page.groups", groups=layer.filter_groups))
        return str(self.language.tell(Joined(told)))

    def _shapes(self, shapes: tuple[Shape, ...]) -> str:
        told = [_shape(shape) for shape in shapes[:MOST_INPUTS]]
        return " + ".join(told + ["…"] * (len(shapes) > MOST_INPUTS))

    def _working(self, row: LayerReport) -> list[int]:
        """The pieces of a layer's working, each stored once for all layers that have the same."""
        return [self.packed.add("".join(self._writer.block(block))) for block in layer_blocks(row)]

    def _graph(self, row: ReportRow, times: int) -> int | None:
        """The piece that draws a block, or one of equal blocks; None for what is too large."""
        name = row.first if isinstance(row, Repeated) else row.name
        if len(row.span) > MOST_IN_GRAPH * times:
            return None
        try:
            scene = draw(self.report, name, lang=self.language.code)
        except UsageError:
            return None
        return self.packed.add(_TITLES.sub("", inlined(scene)))

    def _field(self, row: LayerReport) -> int | None:
        axes = field_of(row, self._sources)
        return None if axes is None else self.packed.add(json.dumps(axes))


def _shape(shape: Shape) -> str:
    return "×".join(map(str, shape))


def _sizes(sizes: list[Any], *, square: bool = False) -> str:
    """Sizes along the axes: 7×7; one number where they are the same, unless `square`."""
    return str(sizes[0]) if len(set(sizes)) == 1 and not square else "×".join(map(str, sizes))
