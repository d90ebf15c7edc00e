"""The tables of a network's report: which columns each verb shows, and what stands in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.report import Report, TreeLine
from cnncalc.analysis.rows import LayerReport, Totals
from cnncalc.analysis.rows import Row as ReportRow
from cnncalc.expr import Formula, product
from cnncalc.languages import of_tables
from cnncalc.quantity import IN_TOTALS, NUMBERS, RECORDS, chosen, find
from cnncalc.render.tables.table import Column, Row, Table, cell, formula_text

if TYPE_CHECKING:
    from cnncalc.analysis.conventions.engine import Convention


SPARE = {"activation_size": 3, "connections": 2, "receptive_field": 1}
"""What a table of everything leaves out first on a narrow terminal: each stands in a verb of its own."""
ALWAYS = ("name", "kind", "block", "from", "output_shape")
"""What the JSON says of a layer in every verb."""
COLUMNS = tuple(quantity for quantity in RECORDS if quantity.heading)


def _each(values: Sequence[Any]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def field_size(found: Mapping[str, Sequence[Any]] | None) -> Any:
    """The size of a receptive field: one number where it is square."""
    return None if found is None else _each(found["size"])


def course_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape as courses write it: a vector as (120, 1)."""
    return tuple(shape) if len(shape) > 1 else (shape[0], 1)


_CELLS: dict[str, Callable[[Any], Any]] = {
    "kind": lambda kind: of_tables().kind(kind),
    "shape": course_shape,
    "field": field_size,
    "names": ", ".join,
}
"""How the values of a unit stand in a cell, where a cell doesn't take them as they are."""


@dataclass(frozen=True)
class ReportColumn:
    """A column of a report: what it shows of a row, and of the totals; `json` are the fields that it tells.

    `quantity` is the name of the quantity that it shows, "" where it shows none.
    """

    column: Column
    of_row: Callable[[Any], Any]
    of_totals: Callable[[Totals], Any] = lambda _: None
    json: Sequence[str] = ()
    quantity: str = ""


def column(name: str, *, heading: str = "", spare: int = 0) -> ReportColumn:
    """The column of a quantity, by any of its names; raises UsageError."""
    quantity = chosen(name, COLUMNS, "a column")
    number = quantity.unit in (*NUMBERS, "field")
    to_cell = _CELLS.get(quantity.unit, lambda value: value)
    return ReportColumn(
        Column(heading or quantity.heading, number, spare),
        lambda row: to_cell(row.value(quantity)),
        lambda totals: totals.value(quantity) if quantity.total_key else None,
        tuple(filter(None, (quantity.row_key, *quantity.beside))),
        quantity.name,
    )


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


def report_table(
    report: Report,
    columns: Sequence[str | ReportColumn],
    *,
    depth: int | None = None,
    format: str = "table",
    with_input: bool = False,
    everything: bool = False,
    caption: str = "",
    extra: Mapping[str, Any] | None = None,
) -> Table:
    """A table of a report; `columns` are names of quantities, or columns of one's own.

    `everything` gives the JSON all fields; `extra` stands in it after the totals.
    """
    spare = SPARE if everything else {}
    shown = [_column(name, spare) if isinstance(name, str) else name for name in columns if name != "name"]
    if report.convention is not None:
        shown.append(_by_convention(report.convention))
    heads = [Column("Layer"), *(each.column for each in shown)]
    total = Row(["Total", *(each.of_totals(report.totals) for each in shown)])
    flat = format == "csv"
    return Table(
        heads,
        _rows(report, shown, depth, flat, with_input),
        report.settings.network,
        total if any(value is not None for value in total.cells[1:]) else None,
        "\n".join(line for line in (told_convention(report), caption, told_letters(report, format)) if line),
        data=lambda: json_pieces(
            report, [] if everything else [field for each in shown for field in each.json], extra
        ),
    )


def row_table(row: ReportRow, columns: Sequence[str]) -> Table:
    """One row of a report by itself."""
    shown = [column(name) for name in columns]
    name = label(row, row.name) if isinstance(row, LayerReport) else row.name
    cells = [name, *(each.of_row(row) for each in shown)]
    return Table([Column("Layer"), *(each.column for each in shown)], [Row(cells)])


def _column(name: str, spare: Mapping[str, int]) -> ReportColumn:
    quantity = find(name)
    return column(name, spare=spare.get(quantity.name, 0) if quantity else 0)


def _by_convention(convention: Convention) -> ReportColumn:
    """The column of what a tool counts."""
    told = of_tables().say("table.of_tool", tool=convention.name, unit=of_tables().heading(convention.unit))
    return ReportColumn(
        Column(told, True),
        lambda row: row.reported.value,
        lambda totals: totals.reported.value if totals.reported else None,
    )


def told_convention(report: Report) -> str:
    """Whose counting a total follows, "" where it is the textbook's."""
    convention, reported = report.convention, report.totals.reported if report.convention else None
    if convention is None or reported is None:
        return ""
    word, quantity = of_tables().heading, convention.quantity
    return of_tables().say(
        "table.counted",
        tool=convention.title,
        count=cell(reported.value),
        unit=word(reported.unit),
        ours=cell(report.totals.value(quantity)),
        our_unit=word(quantity.answer),
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
    report: Report, shown: Sequence[ReportColumn], depth: int | None, flat: bool, with_input: bool
) -> Iterator[Row]:
    if with_input:
        for source in report.graph.inputs:
            name = of_tables().heading("Input")
            name += "" if len(report.graph.inputs) == 1 else f" {source.name}"
            cells = {
                "shape": course_shape(report.written(source.shape)),
                "activation_size": product(source.shape),
                "params": 0,
            }
            yield Row([name, *(cells.get(each.quantity) for each in shown)])
    for line in report.tree(depth):
        if flat and line.heading:
            continue
        yield Row(
            [_name(line, flat), *(each.of_row(line.row) for each in shown)],
            0 if flat else line.level,
            line.heading,
        )


def _name(line: TreeLine, flat: bool) -> str:
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
        tail["totals"] = {key: tail["totals"][key] for key, quantity in IN_TOTALS.items() if quantity.letters}
        tail["warnings"] = []
    yield "\n], " + encode(told(tail))[1:] + "\n"


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
