"""The tables of a network's report: which columns each verb shows, and what stands in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.outline import Line, outline
from cnncalc.analysis.report import Report, Totals
from cnncalc.analysis.rows import GroupReport, LayerReport
from cnncalc.errors import unknown_choice
from cnncalc.expr import Formula, product
from cnncalc.languages import of_tables
from cnncalc.render.tables.table import Column, Row, Table, cell, formula_text

if TYPE_CHECKING:
    from cnncalc.analysis.conventions.engine import Convention


@dataclass(frozen=True)
class Quantity:
    """A column of a report: what it shows of a layer, of the input, of the whole."""

    column: Column
    of_layer: Callable[[Any], Any]
    total: Callable[[Totals], Any] = lambda _: None
    json: tuple[str, ...] = ()


def field_size(row: Any) -> Any:
    """The size of a receptive field: one number where it is square."""
    if (found := row.receptive_field) is None:
        return None
    sizes = found["size"]
    return sizes[0] if len(set(sizes)) == 1 else "x".join(map(str, sizes))


QUANTITIES: dict[str, Quantity] = {
    "kind": Quantity(Column("Kind"), lambda row: of_tables().kind(row.kind), json=("kind",)),
    "shape": Quantity(
        Column("Activation shape"), lambda row: course_shape(row.output_shape), json=("output_shape",)
    ),
    "size": Quantity(
        Column("Activation size", True),
        lambda row: row.activation_size,
        json=("activation_size", "in_place"),
    ),
    "params": Quantity(
        Column("# parameters", True),
        lambda row: row.params,
        lambda totals: totals.params,
        ("params", "shared_with"),
    ),
    "weights": Quantity(Column("Weights", True), lambda row: row.weights, json=("weights",)),
    "biases": Quantity(Column("Biases", True), lambda row: row.biases, json=("biases",)),
    "trainable": Quantity(
        Column("Trainable", True), lambda row: row.trainable, lambda t: t.trainable, ("trainable",)
    ),
    "buffers": Quantity(Column("Buffers", True), lambda row: row.buffers, lambda t: t.buffers, ("buffers",)),
    "connections": Quantity(
        Column("Connections", True), lambda row: row.connections, lambda t: t.connections, ("connections",)
    ),
    "connections_real": Quantity(
        Column("Without padding", True),
        lambda row: row.connections_real,
        lambda t: t.connections_real,
        ("connections_real",),
    ),
    "macs": Quantity(Column("MACs", True), lambda row: row.macs, lambda t: t.macs, ("macs",)),
    "flops": Quantity(Column("FLOPs", True), lambda row: row.flops, lambda t: t.flops, ("flops",)),
    "rf": Quantity(Column("Sees", True), field_size, json=("receptive_field",)),
    "from": Quantity(Column("From"), lambda row: ", ".join(getattr(row, "sources", [])), json=("from",)),
}
SPARE = {"size": 3, "connections": 2, "rf": 1}
"""What a table of everything leaves out first on a narrow terminal: each stands in a verb of its own."""
ALWAYS = ("name", "kind", "block", "from", "output_shape")
"""What the JSON says of a layer in every verb."""


def course_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape as courses write it: a vector as (120, 1)."""
    return tuple(shape) if len(shape) > 1 else (shape[0], 1)


def label(row: LayerReport, name: str) -> str:
    """The label of a row: a sliding layer's name with f and s, then p, d, g where they are not 0, 1, 1."""
    layer = row.node.layer
    if not layer.label:
        return name
    axes = layer.geometry(*row.facts.inputs)
    told = [f"f={_each([axis.kernel for axis in axes])}", f"s={_each([axis.stride for axis in axes])}"]
    if layer.padding == "same" and any(axis.before or axis.after for axis in axes):  # type: ignore[attr-defined]
        told.append("p=same")
    elif any(axis.before or axis.after for axis in axes):
        told.append(f"p={_each([_pair(axis.before, axis.after) for axis in axes])}")
    if any(axis.dilation != 1 for axis in axes):
        told.append(f"d={_each([axis.dilation for axis in axes])}")
    if (groups := getattr(layer, "groups", 1)) != 1:
        told.append(f"g={groups}")
    return f"{name} ({', '.join(told)})"


def _pair(before: int, after: int) -> str:
    return str(before) if before == after else f"{before}/{after}"


def _each(values: Sequence[Any]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def report_table(
    report: Report,
    columns: Sequence[str | Quantity],
    *,
    depth: int | None = None,
    format: str = "table",
    with_input: bool = False,
    everything: bool = False,
    caption: str = "",
    extra: Mapping[str, Any] | None = None,
) -> Table:
    """A table of a report; `columns` are names of QUANTITIES, or quantities of one's own.

    `everything` gives the JSON all fields; `extra` stands in it after the totals.
    """
    for name in columns:
        if isinstance(name, str) and name not in QUANTITIES and name != "name":
            raise unknown_choice(name, "a column", ["name", *QUANTITIES])
    spare = SPARE if everything else {}
    shown = [
        _sparing(QUANTITIES[name], spare.get(name, 0)) if isinstance(name, str) else name
        for name in columns
        if name != "name"
    ]
    if report.convention is not None:
        shown.append(_by_convention(report.convention))
    heads = [Column("Layer"), *(quantity.column for quantity in shown)]
    total = Row(["Total", *(quantity.total(report.totals) for quantity in shown)])
    flat = format == "csv"
    return Table(
        heads,
        _rows(report, shown, depth, flat, with_input),
        report.settings.network,
        total if any(value is not None for value in total.cells[1:]) else None,
        "\n".join(line for line in (told_convention(report), caption, told_letters(report, format)) if line),
        data=lambda: json_pieces(
            report, [] if everything else [field for quantity in shown for field in quantity.json], extra
        ),
    )


def row_table(row: LayerReport | GroupReport, columns: Sequence[str]) -> Table:
    """One row of a report by itself."""
    shown = [QUANTITIES[name] for name in columns]
    name = label(row, row.name) if isinstance(row, LayerReport) else row.name
    cells = [name, *(quantity.of_layer(row) for quantity in shown)]
    return Table([Column("Layer"), *(quantity.column for quantity in shown)], [Row(cells)])


def _sparing(quantity: Quantity, spare: int) -> Quantity:
    return replace(quantity, column=replace(quantity.column, spare=spare))


def _by_convention(convention: Convention) -> Quantity:
    """The column of what a tool counts."""
    told = of_tables().say("table.of_tool", tool=convention.name, unit=of_tables().heading(convention.unit))
    return Quantity(
        Column(told, True),
        lambda row: row.reported.value,
        lambda totals: totals.reported.value if totals.reported else None,
    )


def told_convention(report: Report) -> str:
    """Whose counting a total follows, "" where it is the textbook's."""
    convention, reported = report.convention, report.totals.reported if report.convention else None
    if convention is None or reported is None:
        return ""
    word = of_tables().heading
    ours, unit = (
        (report.totals.params, "parameters") if convention.of_weights else (report.totals.macs, "MACs")
    )
    return of_tables().say(
        "table.counted",
        tool=convention.title,
        count=cell(reported.value),
        unit=word(reported.unit),
        ours=cell(ours),
        our_unit=word(unit),
    )


def told_letters(report: Report, format: str) -> str:
    """What the letters stand for, and where the input's size is fixed by the weights."""
    if not report.letters or format == "csv":
        return ""
    from cnncalc.analysis.symbolic_report import fixing

    words = of_tables()
    given = (f"{letter} = {value:,}" for letter, value in report.letters.items())
    lines = [words.say("table.letters", sizes=words.say("list.comma").join(given))]
    if fixed := fixing(report):
        lines.append(words.say("table.fixed", layers=words.some([row.name for row in fixed])))
    return "\n".join(lines)


def _rows(
    report: Report, shown: Sequence[Quantity], depth: int | None, flat: bool, with_input: bool
) -> Iterator[Row]:
    if with_input:
        for source in report.graph.inputs:
            name = of_tables().heading("Input")
            name += "" if len(report.graph.inputs) == 1 else f" {source.name}"
            cells = {
                "Activation shape": course_shape(report.written(source.shape)),
                "Activation size": product(source.shape),
                "# parameters": 0,
            }
            yield Row([name, *(cells.get(quantity.column.heading) for quantity in shown)])
    for line in outline(report, depth):
        if flat and line.heading:
            continue
        yield Row(
            [_name(line, flat), *(quantity.of_layer(line.row) for quantity in shown)],
            0 if flat else line.level,
            line.heading,
        )


def _name(line: Line, flat: bool) -> str:
    name = line.row.name if flat else line.label
    return label(line.row, name) if isinstance(line.row, LayerReport) else name


def layer_json(report: Report, fields: Sequence[str], **more: Any) -> Iterator[str]:
    """The one layer of a report as data."""
    row = report.layers[0]
    yield json.dumps({"kind": row.kind, **row.to_dict(fields), **more}) + "\n"


def json_pieces(
    report: Report, fields: Sequence[str], extra: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """The JSON of a report, a layer a line, so that a million layers need no room."""
    wanted = list(dict.fromkeys([*ALWAYS, *fields])) if fields else []
    told = _formulas if report.letters else _as_they_are
    head = report.head() | ({"letters": report.letters} if report.letters else {})
    encode = json.JSONEncoder(ensure_ascii=False).encode
    yield encode(told(head))[:-1] + ', "layers": ['
    comma = "\n "
    for row in report.layers:
        yield comma + encode(told(row.to_dict(wanted)))
        comma = ",\n "
    tail = {**report.tail(), **(extra or {})}
    if report.letters:
        # neither holds for another size
        tail["totals"] = {name: tail["totals"][name] for name in IN_LETTERS}
        tail["warnings"] = []
    yield "\n], " + encode(told(tail))[1:] + "\n"


IN_LETTERS = ("params", "trainable", "buffers", "macs", "flops", "activations", "space", "weight_layers")
"""The totals that hold for every size of the input."""


def _as_they_are(data: Any) -> Any:
    return data


def _formulas(data: Any) -> Any:
    """The same data with a text for each number that is a formula of letters."""
    if isinstance(data, dict):
        return {key: _formulas(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_formulas(value) for value in data]
    if not isinstance(data, Formula):
        return data
    told = formula_text(data)
    return int(told) if told.isdecimal() else told
