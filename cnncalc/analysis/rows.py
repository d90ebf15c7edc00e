"""The rows of a report: a layer's numbers, and those of several layers, summed.

A row has every quantity of `cnncalc.quantity` as an attribute of its JSON name: `row.params`, `row.flops`.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.receptive_field import Field, View, input_view
from cnncalc.analysis.sums import OF_LAYER, Reported, Sums, as_json, reported
from cnncalc.expr import Number
from cnncalc.formula import is_open, text
from cnncalc.graph import Node
from cnncalc.layers.support.base import Shape
from cnncalc.number_text import told_sizes
from cnncalc.quantity import IN_ROWS, Quantity

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report


class ReportRow:
    """A layer, or several layers that are told in one row."""

    __slots__ = ()
    report: "Report"
    name: str
    span: range
    """The numbers of the row's layers."""

    @property
    def kind(self) -> str:
        raise NotImplementedError  # pragma: no cover - every row has one

    @property
    def output_shape(self) -> Shape:
        """In the report's layout."""
        raise NotImplementedError  # pragma: no cover - every row has one

    @property
    def view(self) -> View:
        """The receptive field of the row's output."""
        raise NotImplementedError  # pragma: no cover - every row has one

    def value(self, quantity: Quantity) -> Any:
        """The row's value of a quantity, per sample; None where the row has none."""
        raise NotImplementedError  # pragma: no cover - every row has one

    def values(self, keys: Iterable[str]) -> dict[str, Any]:
        """Its values of some quantities, by their JSON names."""
        return {key: self.value(IN_ROWS[key]) for key in keys}

    def __getattr__(self, key: str) -> Any:
        quantity = IN_ROWS.get(key)
        if quantity is None:
            raise AttributeError(f"a row of a report has no {key}")
        return self.value(quantity)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *IN_ROWS]

    @property
    def origin(self) -> Mapping[str, str]:
        """Of a layer of a foreign model: its operator, the node's name, the line of the model's own code."""
        return {}

    @property
    def block(self) -> str | None:
        """The name of the scope in which the row stands."""
        return self.name.rpartition(".")[0] or None

    @property
    def layers(self) -> "Sequence[LayerReport]":
        return [self.report.layers[index] for index in self.span]

    @property
    def sources(self) -> list[str]:
        """The names of the layers and inputs that the row's layers read from outside."""
        return [self.report.graph.name(number) for number in self._outside]

    @property
    def samples(self) -> int:
        """For how many samples the row's totals are; its own numbers are for one sample."""
        return self.report.settings.batch

    @property
    def label(self) -> str:
        """The row's label in tables."""
        return self.labelled(self.name)

    def labelled(self, name: str) -> str:
        """The label with another name, such as that within a group."""
        return name

    @property
    def options(self) -> dict[str, Any] | None:
        """The options of a layer, as JSON has them."""
        return None

    @property
    def input_shape(self) -> Shape | tuple[Shape, ...] | None:
        """The shape of the input, in the report's layout; the shapes of several inputs, None without any."""
        shapes = self.input_shapes
        return shapes[0] if len(shapes) == 1 else shapes or None

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shapes that the row's layers read from outside, in the report's layout."""
        return tuple(map(self.report.shape, self._outside))

    @property
    def _outside(self) -> list[int]:
        """The numbers of the inputs and layers that the row reads from outside, as `Node.inputs` counts."""
        nodes, first = self.report.graph.nodes, len(self.report.graph.inputs)
        read = (number for index in self.span for number in nodes[index].inputs)
        return [number for number in dict.fromkeys(read) if number - first not in self.span]

    @property
    def reported(self) -> Reported | None:
        """By the report's convention; None under the textbook's, which has every number already."""
        return reported(self.report, self.span)

    @property
    def receptive_field(self) -> dict[str, list[Any]] | None:
        """Size, jump, start, center, effective padding along each axis; None without a position."""
        fields = self.view.fields
        if fields is None:
            return None
        return {
            "size": [_plain(axis.size) for axis in fields],
            "jump": [_plain(axis.jump) for axis in fields],
            "start": [_plain(axis.start) for axis in fields],
            "center": [_center(axis) for axis in fields],
            "padding": [_plain(axis.padding) for axis in fields],
        }

    def to_dict(self, fields: Sequence[str] = ()) -> dict[str, Any]:
        """The row as JSON; with `fields`, the named fields alone."""
        told = self.values(fields or IN_ROWS)
        for key in told.keys() & _NOT_JSON:
            if type(value := told[key]) in (tuple, Fraction):
                told[key] = as_json(value)
        if origin := self.origin:
            told["origin"] = dict(origin)
        found = self.reported
        return told if found is None else told | {"reported": found._asdict()}

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.name}: {self.kind}, {self.output_shape}, {self.params} parameters>"
        )

    def _repr_html_(self) -> str:
        from cnncalc.notebook import row_html

        return row_html(self)


class LayerReport(ReportRow):
    """One layer: its numbers, per sample."""

    __slots__ = ("facts", "index", "node", "report")

    def __init__(self, report: "Report", index: int) -> None:
        self.report, self.index = report, index
        self.node: Node = report.graph.nodes[index]
        self.facts: LayerCounts = report.facts[index]

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.node.name

    @property
    def kind(self) -> str:
        return self.node.layer.kind

    @property
    def origin(self) -> Mapping[str, str]:
        return self.report.graph.provenance.origins.get(self.node.name, {})

    @property
    def span(self) -> range:  # type: ignore[override]
        return range(self.index, self.index + 1)

    @property
    def sources(self) -> list[str]:
        """The names of the inputs and layers that the layer reads."""
        return [self.report.graph.name(number) for number in self.node.inputs]

    @property
    def output_shape(self) -> Shape:
        """In the report's layout."""
        return self.report.written(self.name, self.facts.output)

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        return tuple(map(self.report.written, self.sources, self.facts.inputs))

    def labelled(self, name: str) -> str:
        """The name of a layer that slides with f and s, then p, d, g where they are not 0, 1, 1."""
        if not self.node.layer.label_shows_window:
            return name
        texts = self.report.window_texts
        if self.facts not in texts:
            texts[self.facts] = self._window_text()
        return f"{name} ({texts[self.facts]})"

    def _window_text(self) -> str:
        layer = self.node.layer
        axes = layer.geometry(*self.facts.inputs)
        told = [f"f={_sizes([axis.kernel for axis in axes])}"]
        told.append(f"s={_sizes([axis.stride for axis in axes])}")
        if layer.padding == "same" and any(axis.before or axis.after for axis in axes):
            told.append("p=same")
        elif any(axis.before or axis.after for axis in axes):
            told.append(f"p={told_sizes([_pair(axis.before, axis.after) for axis in axes])}")
        if any(axis.dilation != 1 for axis in axes):
            told.append(f"d={_sizes([axis.dilation for axis in axes])}")
        if layer.filter_groups != 1:
            told.append(f"g={text(layer.filter_groups)}")
        return ", ".join(told)

    @property
    def options(self) -> dict[str, Any]:
        """Its options, as JSON has them."""
        return self.facts.options

    @property
    def in_place(self) -> bool:
        return self.report.in_place[self.index]

    @property
    def held(self) -> int:
        """The values that need memory of their own."""
        return 0 if self.in_place else self.facts.activation_size

    @property
    def shared_with(self) -> str | None:
        """The layer whose weights this layer uses; the weights are counted there."""
        return None if self.node.shared is None else self.report.graph.name(self.node.shared)

    @property
    def view(self) -> View:
        return self.report.views[self.index]

    def window(self, name: str) -> tuple[int, ...] | None:
        """The kernel, the stride or the padding before the input along each axis; None without a window."""
        if not self.node.layer.label_shows_window:
            return None
        at = {"padding": "before"}.get(name, name)
        return tuple(int(getattr(axis, at)) for axis in self.node.layer.geometry(*self.facts.inputs))

    def value(self, quantity: Quantity) -> Any:
        return OF_LAYER[quantity.name](self)

    def values(self, keys: Iterable[str]) -> dict[str, Any]:
        keys = tuple(keys)
        alike = (keys, self.likeness)
        known = self.report.known_values.get(alike)
        if known is None:
            found = {key: _IN_ROWS[key](self) for key in keys}
            self.report.known_values[alike] = found
            return dict(found)
        return known | self.own_values(keys)

    @property
    def likeness(self) -> Any:
        """Equal for layers that share all values but `own_values`: of a million layers most are equal."""
        node, orders = self.node, self.report.graph.provenance.axes
        written = tuple(map(orders.get, (node.name, *self.sources))) if orders else None
        return self.facts, node.shared is None, node.trainable, self.in_place, written

    def own_values(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values that may differ between equal layers, such as the name."""
        return {key: _IN_ROWS[key](self) for key in keys if key in OF_EACH}

    def __getattr__(self, key: str) -> Any:
        of_row = _IN_ROWS.get(key)
        return super().__getattr__(key) if of_row is None else of_row(self)


_IN_ROWS = {key: OF_LAYER[quantity.name] for key, quantity in IN_ROWS.items()}
_NOT_JSON = {key for key, quantity in IN_ROWS.items() if quantity.unit in ("shape", "names", "ratio")}
"""The quantities whose values JSON writes in another way: tuples and fractions."""
OF_EACH = {key for key, quantity in IN_ROWS.items() if quantity.of and not quantity.alike}
"""The quantities whose values may differ between equal layers."""


class GroupReport(ReportRow):
    """A block, a repeat or a round of it, a merge with its paths or a path of it: the sums of its layers.

    Its shape and receptive field are those of what it puts out; what is in place adds no `activation_size`.
    """

    shared_with: None = None
    in_place = False

    def __init__(self, report: "Report", name: str) -> None:
        self.report, self.name = report, name
        self.span = range(*report.spans.get(name, (0, 0)))
        self._sums = Sums(report, self.span)

    @property
    def kind(self) -> str:
        """A merge's kind; else block, repeat, round, path."""
        if self.name in self.report.numbers:
            return self.report[self.name].kind
        scope, _, last = self.name.rpartition(".")
        if last.isdigit() and scope:
            return "path" if scope in self.report.numbers else "round"
        return self.report.graph.group_kinds.get(self.name, "block")

    @cached_property
    def _output(self) -> int:
        """The number of the input or layer whose output is the group's, as `Node.inputs` counts."""
        report, first = self.report, len(self.report.graph.inputs)
        if self.name in report.numbers:
            return report.numbers[self.name] + first
        if self.name in report.graph.groups:
            return report.graph.groups[self.name]
        merge, _, path = self.name.rpartition(".")
        return report.graph.nodes[report.numbers[merge]].inputs[int(path) - 1]

    @property
    def output_shape(self) -> Shape:
        """In the report's layout."""
        return self.report.shape(self._output)

    @property
    def view(self) -> View:
        number = self._output - len(self.report.graph.inputs)
        return (
            self.report.views[number] if number >= 0 else input_view(self.report.graph.inputs[self._output])
        )

    @property
    def held(self) -> int:
        """The values that need memory of their own."""
        return int(self.activation_size)

    def value(self, quantity: Quantity) -> Any:
        if quantity.of and not quantity.sums:
            return quantity.of(self)
        return self._sums.sum(quantity)


def _sizes(sizes: Sequence[int]) -> str:
    return told_sizes([text(size) for size in sizes])


def _pair(before: int, after: int) -> str:
    return text(before) if before == after else f"{text(before)}/{text(after)}"


def _center(axis: Field) -> Any:
    if type(axis.start) is int and type(axis.size) is int and not axis.output_spans:
        # without a fraction, which takes ten times as long
        return axis.start + (axis.size - 1) / 2
    return axis.center if is_open(axis.center) else float(axis.center)


def _plain(value: Number) -> Any:
    if type(value) is int or is_open(value):
        return value
    return int(value) if Fraction(value).denominator == 1 else float(value)
