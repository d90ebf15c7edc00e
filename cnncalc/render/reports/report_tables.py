"""The tables of a network's report: the columns of each verb, and the values in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import OF_EACH, LayerReport, ReportRow
from cnncalc.analysis.totals import Totals
from cnncalc.analysis.tree import TreeLine, tree
from cnncalc.errors import UsageError
from cnncalc.expr import Formula, product
from cnncalc.languages import Joined, Message, some_of, word
from cnncalc.layers.support.base import Layer
from cnncalc.number_text import BYTE_UNITS, told_bytes, told_sizes
from cnncalc.quantity import IN_ROWS, IN_TOTALS, NUMBERS, QUANTITIES, RECORDS, chosen, find
from cnncalc.render import document as doc
from cnncalc.render.json_text import json_piece, json_text, short_piece

if TYPE_CHECKING:
    from cnncalc.analysis.conventions.engine import Convention


SPARE = {"macs_share": 5, "activation_size": 4, "connections": 3, "receptive_field": 2, "macs": 1}
"""What a narrow terminal does without first: each stands in a verb of its own."""
_NOTHING: Mapping[str, int] = {}
ALWAYS = ("name", "kind", "block", "from", "output_shape")
"""The fields of a layer in the JSON of every verb."""
COLUMNS = tuple(quantity for quantity in RECORDS if quantity.is_column)


def field_size(found: Mapping[str, Sequence[Any]] | None) -> Any:
    """The size of a receptive field: one number where it is square."""
    if found is None:
        return None
    return told_sizes([doc.formula_text(n) if isinstance(n, Formula) else n for n in found["size"]])


def course_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape as courses write it: a vector as (120, 1)."""
    return tuple(shape) if len(shape) > 1 else (shape[0], 1)


def _shapes(found: Any) -> Any:
    """A shape, or several: (8, 8, 4) + (8, 8, 4)."""
    if isinstance(found, list):
        return " + ".join(doc.cell(course_shape(shape)) for shape in found)
    return None if found is None else course_shape(found)


def told_options(found: Mapping[str, Any] | None) -> str:
    """Options and their values: kernel 5x5, stride 1."""
    told = ((name, value) for name, value in (found or {}).items() if value is not None)
    return ", ".join(f"{name} {_option(value)}" for name, value in told)


def _option(value: Any) -> str:
    if isinstance(value, list):
        plain = not any(isinstance(part, list) for part in value)
        return told_sizes(value) if plain else f"({', '.join(map(_option, value))})"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {told_options(options)}" for name, options in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


_CELLS: dict[str, Callable[[Any], Any]] = {
    "kind": lambda kind: word("kind", kind),
    "shape": _shapes,
    "options": told_options,
    "ratio": lambda value: (
        float(value) if isinstance(value, Fraction) and not isinstance(value, Formula) else value
    ),
    "share": doc.Share,
    "field": field_size,
    "names": ", ".join,
}
"""How the values of a unit stand in a cell, where a cell doesn't take them as they are."""


class ReportColumn(NamedTuple):
    """A column of a report: what it shows of a row, and of the totals; `json` are the fields that it tells.

    `quantity` is the name of the quantity that it shows, "" where it shows none; `bytes` says whether its
    values are bytes, which can be shown in a larger unit.
    """

    column: doc.Column
    of_row: Callable[[Any], Any]
    of_totals: Callable[[Totals], Any] = lambda _: None
    json: Sequence[str] = ()
    quantity: str = ""
    bytes: bool = False


def column(name: str, heading: str = "", *, spare: int = 0, longest: float = 1.0) -> ReportColumn:
    """The column of a quantity, by any of its names, under its own heading unless said; raises UsageError.

    `longest` is the share whose bar is whole.
    """
    quantity = chosen(name, COLUMNS, "a column")
    number = quantity.unit in (*NUMBERS, "field", "share")
    to_cell = _CELLS.get(quantity.unit, lambda value: value)
    if quantity.unit == "share":
        to_cell = lambda value: doc.Share(value, longest)  # noqa: E731 - one of several functions of the same use
    return ReportColumn(
        doc.Column(quantity.name, number, spare, Message(f"heading.{heading}") if heading else None),
        lambda row: to_cell(row.value(quantity)),
        lambda totals: to_cell(totals.value(quantity)) if quantity.has_total else None,
        tuple(filter(None, (quantity.row_key, *quantity.companions))),
        quantity.name,
        quantity.unit == "bytes",
    )


def _in_unit(shown: ReportColumn, unit: str) -> ReportColumn:
    """The same column in a larger unit of bytes, which its heading tells; another column as it is."""
    if not (unit and shown.bytes):
        return shown

    def cell(value: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, Formula):
            return value
        scaled = value / BYTE_UNITS[unit]
        return doc.Shown(f"{scaled:,.3f}" if scaled >= 0.0005 or not value else f"{scaled:.1g}", scaled)

    own = QUANTITIES.get(shown.column.id)
    # the usual headings of these say bytes
    named = own is not None and own.unit == "bytes"
    heading = Message(f"heading.{shown.column.id}.sized") if named else shown.column.heading
    called = Message("table.in_unit", heading=heading, unit=unit)
    return shown._replace(
        column=shown.column._replace(called=called),
        of_row=lambda row: cell(shown.of_row(row)),
        of_totals=lambda totals: cell(shown.of_totals(totals)),
    )


class View(NamedTuple):
    """The part of a report that is shown: groups to a depth, every layer; and the command as it was typed."""

    depth: int | None = None
    every: bool = False
    """Whether each layer has a row, however long the table."""
    sums: bool = True
    """Whether the sums stand under the title."""
    command: str = ""
    """What shows columns that there is no room for, where their names are put behind it."""
    bytes_in: str = ""
    """The unit of columns of bytes, such as MB; "" for bytes."""


def report_document(
    report: Report,
    columns: Sequence[str | ReportColumn],
    view: View = View(),  # noqa: B008 - it is immutable
    *,
    with_input: bool = False,
    everything: bool = False,
    spare: Mapping[str, int] = _NOTHING,
    with_total: bool = True,
    captions: Sequence[doc.Block] = (),
    extra: Mapping[str, Any] | None = None,
) -> doc.Document:
    """The table of a report; `columns` are names of quantities, or columns of one's own.

    `everything` gives the JSON all fields, and people the layers' shares as bars; `spare` says which columns
    a narrow terminal can do without; `extra` stands in the JSON after the totals. A long table is folded for
    people, never for data.
    """
    asked = (_column(name, spare) if isinstance(name, str) else name for name in columns if name != "name")
    data = [_in_unit(each, view.bytes_in) for each in asked]
    if view.bytes_in and not any(each.bytes for each in data):
        raise UsageError(
            "--bytes-in says nothing to a table without bytes", "--columns memory,weight_bytes has them"
        )
    if report.convention is not None:
        data.append(_by_convention(report.convention))
    shown = [*data, _bars(report, view.depth)] if everything and not report.letters else data
    folds = _Folds(typed=bool(view.command))
    lines = folds.seen(tree(report, view.depth, every=view.every or bool(report.letters)))
    table = _table(report, shown, lines, with_input, with_total)
    # a column of a document's own is no quantity that another table could show
    known = all(each.quantity or not each.column.spare for each in data)
    table = table._replace(subtitle=_sums(report) if view.sums else "", command=view.command * known)
    fields = [] if everything else [field for each in data for field in each.json]
    every_line = tree(report, view.depth, every=True)
    return doc.Document(
        _blocks(
            table, folds, [*told_convention(report), *_batch(report, data), *captions, *_told_letters(report)]
        ),
        data=lambda: json_pieces(report, fields, extra),
        csv=_table(report, data, every_line, with_input, with_total),
    )


def _batch(report: Report, shown: Sequence[ReportColumn]) -> Iterator[doc.Paragraph]:
    """The shape of a batch's output, where a table of shapes is of a batch."""
    batch, (*_, last) = report.settings.batch, report.graph.outputs
    if batch > 1 and any(each.quantity == "shape" for each in shown):
        shape = ", ".join(map(doc.cell, (batch, *report.shape(last))))
        yield doc.Paragraph(Message("table.batch", batch=f"{batch:,}", shape=shape))


def _bars(report: Report, depth: int | None) -> ReportColumn:
    """The share of each layer in the multiply-accumulates, drawn on terminals."""
    bars = shares(report, "macs_share", depth)
    return bars._replace(column=bars.column._replace(drawn=True))


def _blocks(table: doc.Table, folds: "_Folds", captions: Sequence[doc.Block]) -> Iterator[doc.Block]:
    yield table
    # what is folded is known when the rows are written
    yield from folds.told()
    yield from captions


def _table(
    report: Report,
    shown: Sequence[ReportColumn],
    lines: Iterator[TreeLine],
    with_input: bool,
    with_total: bool,
) -> doc.Table:
    sums = [each.of_totals(report.totals) for each in shown] if with_total else []
    return doc.Table(
        [doc.Column("layer"), *(each.column for each in shown)],
        _rows(report, shown, lines, with_input),
        report.settings.network,
        doc.Row([Message("heading.total" if report.is_complete else "heading.total.least"), *sums])
        if any(value is not None for value in sums)
        else None,
    )


class _Folds:
    """Which ways of folding the lines of a table take, to be told under the table.

    `typed` says whether a command asked for the table, so that an option can show each layer.
    """

    def __init__(self, *, typed: bool) -> None:
        self.typed = typed
        self.layers = 0
        self.found: set[str] = set()

    def seen(self, lines: Iterator[TreeLine]) -> Iterator[TreeLine]:
        """The same lines, looked at as they pass."""
        for line in lines:
            self.layers = max(self.layers, line.row.span.stop)
            self.found |= {"times"} if line.times > 1 else set()
            self.found |= {"riders"} if line.riders else set()
            yield line

    def told(self) -> Iterator[doc.Paragraph]:
        """The meaning of the signs of folded lines; for a typed command, the option that shows all layers."""
        signs: list[str] = [Message(f"table.{fold}") for fold in ("times", "riders") if fold in self.found]
        if signs:
            every = [Message("table.every", count=self.layers)] if self.typed else []
            yield doc.Paragraph(Joined([*signs, *every], "list.semicolon"))


def _sums(report: Report) -> str:
    """The inputs, layers and sums of a network in a line; "" where they are formulas."""
    totals = report.totals
    if report.letters:
        return ""
    return Message(
        "table.sums",
        inputs=inputs_text(report),
        layers=Message("table.layers", ("one",) if len(report) == 1 else (), layers=f"{len(report):,}"),
        params=doc.cell(totals.params),
        macs=doc.cell(totals.macs),
        bytes=told_bytes(totals.memory.weights).partition(" (")[0],
    )


def inputs_text(report: Report) -> str:
    """The shapes of the inputs of a network: 32x32x3 + 10."""
    return " + ".join(
        "x".join(
            doc.formula_text(size) if isinstance(size, Formula) else str(size)
            for size in report.written(source.name, source.shape)
        )
        for source in report.graph.inputs
    )


def shares(
    report: Report, name: str, depth: int | None, heading: str = "", *, spare: int = SPARE["macs_share"]
) -> ReportColumn:
    """The column of a share of the whole, the bar of the row with the largest part being whole."""
    quantity = QUANTITIES[name]
    longest = max((row.value(quantity) for row in report.rows(depth)), default=0.0)
    return column(name, heading, spare=spare, longest=longest or 1.0)


def row_table(row: ReportRow, columns: Sequence[str]) -> doc.Table:
    """One row of a report by itself."""
    shown = [column(name) for name in columns]
    cells = [row.label, *(each.of_row(row) for each in shown)]
    return doc.Table([doc.Column("layer"), *(each.column for each in shown)], [doc.Row(cells)])


def _column(name: str, spare: Mapping[str, int]) -> ReportColumn:
    quantity = find(name)
    return column(name, spare=spare.get(quantity.name, 0) if quantity else 0)


def _by_convention(convention: "Convention") -> ReportColumn:
    """The column of a tool's counts."""
    return ReportColumn(
        tool_column(convention),
        lambda row: row.reported.value,
        lambda totals: totals.reported.value if totals.reported else None,
    )


def tool_column(convention: "Convention") -> doc.Column:
    """A column for the counts of a tool, with their unit."""
    unit = word("unit", convention.unit)
    return doc.Column(convention.name, True, called=Message("table.of_tool", tool=convention.name, unit=unit))


def told_convention(report: Report) -> Iterator[doc.Paragraph]:
    """Whose counting a total follows, where that is not the textbook's."""
    convention, reported = report.convention, report.totals.reported if report.convention else None
    if convention is None or reported is None:
        return
    quantity = convention.quantity
    yield doc.Paragraph(
        Message(
            "table.counted",
            tool=convention.title,
            count=doc.cell(reported.value),
            unit=word("unit", reported.unit),
            ours=doc.cell(report.totals.value(quantity)),
            our_unit=word("unit", quantity.symbol),
        )
    )


def _told_letters(report: Report) -> Iterator[doc.Paragraph]:
    """The meaning of the letters, and the layers whose weights fix the input's size."""
    if not report.letters:
        return
    from cnncalc.analysis.symbolic_report import fixing

    given = [f"{letter} = {value:,}" for letter, value in report.letters.items() if value is not None]
    if given:
        yield doc.Paragraph(Message("table.letters", sizes=Joined(given)))
    if fixed := fixing(report):
        yield doc.Paragraph(Message("table.input_size_fixed", layers=some_of([row.name for row in fixed])))


def _rows(
    report: Report, shown: Sequence[ReportColumn], lines: Iterator[TreeLine], with_input: bool
) -> Iterator[doc.Row]:
    if with_input:
        for source in report.graph.inputs:
            input_word = Message("heading.input")
            cells = {
                "shape": course_shape(report.written(source.name, source.shape)),
                "activation_size": product(source.shape),
                "params": 0,
            }
            yield doc.Row(
                [
                    input_word if len(report.graph.inputs) == 1 else Joined([input_word, source.name], " "),
                    *(cells.get(each.quantity) for each in shown),
                ]
            )
    for line in lines:
        yield doc.Row(
            [row_label(line), *(each.of_row(line.row) for each in shown)],
            line.level,
            line.heading or line.times > 1,
            "" if line.heading else tone(report.graph.nodes[line.row.span.start].layer),
            line.goes_on,
        )


def row_label(line: TreeLine) -> doc.Label:
    """The name of a layer with its window, the layers folded into its row, and its path."""
    name = line.row.labelled(line.label)
    pieces = [(line.label, "name"), (name[len(line.label) :], "detail")]
    if line.riders:
        pieces.append((f" · {' '.join(_short(rider.node.layer) for rider in line.riders)}", "detail"))
    for path in line.paths:
        told = Message("table.shortcut") if path.is_shortcut else Message("table.path", number=path.number)
        pieces += [("  ", ""), (told, "path")]
    if line.times > 1:
        pieces.append((f" × {line.times}", "times"))
    return doc.Label([piece for piece in pieces if piece[0]], line.row.name)


def _short(layer: Layer) -> str:
    """The shortest name of a kind: bn for batch_norm."""
    return min((layer.kind, *layer.aliases), key=len)


def tone(layer: Layer) -> str:
    """The colour of a layer, by what it does."""
    return "" if layer.rides else layer.tone


def layer_json(report: Report, fields: Sequence[str], **more: Any) -> Iterator[str]:
    """The one layer of a report as data."""
    row = report.rows(1)[0]
    yield json_text({"kind": row.kind, **row.to_dict(fields), **more}, ascii=True)


def json_pieces(
    report: Report, fields: Sequence[str], extra: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """The JSON of a report, a layer a line, so that a million layers need no room."""
    wanted = list(dict.fromkeys([*ALWAYS, *fields])) if fields else []
    told = formulas if report.letters else _as_they_are
    row_text = _row_texts(wanted) if not (report.letters or report.graph.provenance.origins) else None
    head = report.head() | ({"letters": report.letters} if report.letters else {})
    yield json_piece(told(head))[:-1] + ', "layers": ['
    comma = "\n "
    for row in report.layers:
        yield comma + (row_text(row) if row_text else json_piece(told(row.to_dict(wanted))))
        comma = ",\n "
    tail = {**report.tail(), **(extra or {})}
    if report.letters:
        # neither holds for another size
        tail["totals"] = {key: tail["totals"][key] for key, quantity in IN_TOTALS.items() if quantity.letters}
        tail["warnings"] = []
    yield "\n], " + json_piece(told(tail))[1:] + "\n"


def _row_texts(wanted: Sequence[str]) -> Callable[[LayerReport], str]:
    """A function from a row to its JSON; a text that rows share is made once."""
    own = [key for key in wanted or IN_ROWS if key in OF_EACH and key != "receptive_field"]
    shared: dict[Any, dict[str, str]] = {}
    fields: dict[Any, dict[str, str]] = {}

    def pieces(values: Mapping[str, Any]) -> dict[str, str]:
        return {key: f'"{key}": {short_piece(value)}' for key, value in values.items()}

    def text(row: LayerReport) -> str:
        likeness = row.likeness
        if likeness not in shared:
            shared[likeness] = pieces(row.to_dict(wanted))
        found = shared[likeness] | pieces(row.own_values(own))
        if "receptive_field" in found:
            seen = row.view.fields
            if seen not in fields:
                fields[seen] = pieces(row.own_values(["receptive_field"]))
            found |= fields[seen]
        return "{" + ", ".join(found.values()) + "}"

    return text


def _as_they_are(data: Any) -> Any:
    return data


def formulas(data: Any) -> Any:
    """The same data with a text for each number that is a formula of letters."""
    if isinstance(data, dict):
        return {key: formulas(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [formulas(value) for value in data]
    if not isinstance(data, Formula):
        return data
    told = doc.formula_text(data)
    return int(told) if told.isdecimal() else told
