"""The tables of a network's report: which columns each verb shows, and what stands in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import ReportRow
from cnncalc.analysis.totals import Totals
from cnncalc.expr import Formula, product
from cnncalc.languages import Joined, Message, some_of, word
from cnncalc.number_text import told_sizes
from cnncalc.quantity import IN_TOTALS, NUMBERS, RECORDS, chosen, find
from cnncalc.render.document import (
    Block,
    Column,
    Document,
    Paragraph,
    Row,
    Share,
    Shown,
    Table,
    cell,
    formula_text,
)
from cnncalc.render.json_text import json_piece, json_text

if TYPE_CHECKING:
    from cnncalc.analysis.conventions.engine import Convention


SPARE = {"activation_size": 3, "connections": 2, "receptive_field": 1}
"""What a table of everything leaves out first on a narrow terminal: each stands in a verb of its own."""
ALWAYS = ("name", "kind", "block", "from", "output_shape")
"""What the JSON says of a layer in every verb."""
COLUMNS = tuple(quantity for quantity in RECORDS if quantity.is_column)


def field_size(found: Mapping[str, Sequence[Any]] | None) -> Any:
    """The size of a receptive field: one number where it is square."""
    return None if found is None else told_sizes(found["size"])


def course_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape as courses write it: a vector as (120, 1)."""
    return tuple(shape) if len(shape) > 1 else (shape[0], 1)


def _shapes(found: Any) -> Any:
    """A shape, or several: (8, 8, 4) + (8, 8, 4)."""
    if isinstance(found, list):
        return " + ".join(cell(course_shape(shape)) for shape in found)
    return None if found is None else course_shape(found)


def _options(found: Mapping[str, Any] | None) -> str:
    """Options and their values: kernel 5x5, stride 1."""
    told = ((name, value) for name, value in (found or {}).items() if value is not None)
    return ", ".join(f"{name} {_option(value)}" for name, value in told)


def _option(value: Any) -> str:
    if isinstance(value, list):
        plain = not any(isinstance(part, list) for part in value)
        return told_sizes(value) if plain else f"({', '.join(map(_option, value))})"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_options(options)}" for name, options in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


_CELLS: dict[str, Callable[[Any], Any]] = {
    "kind": lambda kind: word("kind", kind),
    "shape": _shapes,
    "options": _options,
    "ratio": lambda value: (
        float(value) if isinstance(value, Fraction) and not isinstance(value, Formula) else value
    ),
    "share": Share,
    "field": field_size,
    "names": ", ".join,
}
"""How the values of a unit stand in a cell, where a cell doesn't take them as they are."""


class ReportColumn(NamedTuple):
    """A column of a report: what it shows of a row, and of the totals; `json` are the fields that it tells.

    `quantity` is the name of the quantity that it shows, "" where it shows none.
    """

    column: Column
    of_row: Callable[[Any], Any]
    of_totals: Callable[[Totals], Any] = lambda _: None
    json: Sequence[str] = ()
    quantity: str = ""


def column(name: str, heading: str = "", *, spare: int = 0) -> ReportColumn:
    """The column of a quantity, by any of its names, under its own heading unless said; raises UsageError."""
    quantity = chosen(name, COLUMNS, "a column")
    number = quantity.unit in (*NUMBERS, "field", "share")
    to_cell = _CELLS.get(quantity.unit, lambda value: value)
    return ReportColumn(
        Column(heading or quantity.name, number, spare),
        lambda row: to_cell(row.value(quantity)),
        lambda totals: to_cell(totals.value(quantity)) if quantity.has_total else None,
        tuple(filter(None, (quantity.row_key, *quantity.companions))),
        quantity.name,
    )


def report_document(
    report: Report,
    columns: Sequence[str | ReportColumn],
    *,
    depth: int | None = None,
    with_input: bool = False,
    everything: bool = False,
    with_total: bool = True,
    captions: Sequence[Block] = (),
    extra: Mapping[str, Any] | None = None,
) -> Document:
    """The table of a report; `columns` are names of quantities, or columns of one's own.

    `everything` gives the JSON all fields; `extra` stands in the JSON after the totals.
    """
    spare = SPARE if everything else {}
    shown = [_column(name, spare) if isinstance(name, str) else name for name in columns if name != "name"]
    if report.convention is not None:
        shown.append(_by_convention(report.convention))
    sums = [each.of_totals(report.totals) for each in shown] if with_total else []
    table = Table(
        [Column("layer"), *(each.column for each in shown)],
        _rows(report, shown, depth, with_input),
        report.settings.network,
        Row([Message("heading.total" if report.is_complete else "heading.total.least"), *sums])
        if any(value is not None for value in sums)
        else None,
    )
    fields = [] if everything else [field for each in shown for field in each.json]
    return Document(
        [table, *told_convention(report), *captions, *_told_letters(report)],
        data=lambda: json_pieces(report, fields, extra),
    )


def row_table(row: ReportRow, columns: Sequence[str]) -> Table:
    """One row of a report by itself."""
    shown = [column(name) for name in columns]
    cells = [row.label, *(each.of_row(row) for each in shown)]
    return Table([Column("layer"), *(each.column for each in shown)], [Row(cells)])


def _column(name: str, spare: Mapping[str, int]) -> ReportColumn:
    quantity = find(name)
    return column(name, spare=spare.get(quantity.name, 0) if quantity else 0)


def _by_convention(convention: "Convention") -> ReportColumn:
    """The column of what a tool counts."""
    return ReportColumn(
        tool_column(convention),
        lambda row: row.reported.value,
        lambda totals: totals.reported.value if totals.reported else None,
    )


def tool_column(convention: "Convention") -> Column:
    """A column for the counts of a tool, with their unit."""
    unit = word("unit", convention.unit)
    return Column(convention.name, True, called=Message("table.of_tool", tool=convention.name, unit=unit))


def told_convention(report: Report) -> Iterator[Paragraph]:
    """Whose counting a total follows, where that is not the textbook's."""
    convention, reported = report.convention, report.totals.reported if report.convention else None
    if convention is None or reported is None:
        return
    quantity = convention.quantity
    yield Paragraph(
        Message(
            "table.counted",
            tool=convention.title,
            count=cell(reported.value),
            unit=word("unit", reported.unit),
            ours=cell(report.totals.value(quantity)),
            our_unit=word("unit", quantity.symbol),
        )
    )


def _told_letters(report: Report) -> Iterator[Paragraph]:
    """What the letters stand for, and where the input's size is fixed by the weights."""
    if not report.letters:
        return
    from cnncalc.analysis.symbolic_report import fixing

    given = (f"{letter} = {value:,}" for letter, value in report.letters.items())
    yield Paragraph(Message("table.letters", sizes=Joined(given)))
    if fixed := fixing(report):
        yield Paragraph(Message("table.input_size_fixed", layers=some_of([row.name for row in fixed])))


def _rows(
    report: Report, shown: Sequence[ReportColumn], depth: int | None, with_input: bool
) -> Iterator[Row]:
    if with_input:
        for source in report.graph.inputs:
            input_word = Message("heading.input")
            cells = {
                "shape": course_shape(report.written(source.name, source.shape)),
                "activation_size": product(source.shape),
                "params": 0,
            }
            yield Row(
                [
                    input_word if len(report.graph.inputs) == 1 else Joined([input_word, source.name], " "),
                    *(cells.get(each.quantity) for each in shown),
                ]
            )
    for line in report.tree(depth):
        name = line.row.labelled(line.label)
        yield Row(
            [Shown(name, line.row.name), *(each.of_row(line.row) for each in shown)],
            line.level,
            line.heading,
        )


def layer_json(report: Report, fields: Sequence[str], **more: Any) -> Iterator[str]:
    """The one layer of a report as data."""
    row = report.layers[0]
    yield json_text({"kind": row.kind, **row.to_dict(fields), **more}, ascii=True)


def json_pieces(
    report: Report, fields: Sequence[str], extra: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """The JSON of a report, a layer a line, so that a million layers need no room."""
    wanted = list(dict.fromkeys([*ALWAYS, *fields])) if fields else []
    told = _formulas if report.letters else _as_they_are
    head = report.head() | ({"letters": report.letters} if report.letters else {})
    yield json_piece(told(head))[:-1] + ', "layers": ['
    comma = "\n "
    for row in report.layers:
        yield comma + json_piece(told(row.to_dict(wanted)))
        comma = ",\n "
    tail = {**report.tail(), **(extra or {})}
    if report.letters:
        # neither holds for another size
        tail["totals"] = {key: tail["totals"][key] for key, quantity in IN_TOTALS.items() if quantity.letters}
        tail["warnings"] = []
    yield "\n], " + json_piece(told(tail))[1:] + "\n"


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
