"""What each layer sees of the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.languages import of_tables
from cnncalc.render.reports.report_tables import ReportColumn, report_table
from cnncalc.render.tables.table import Column, Table

_COLUMNS = (
    ("Sees", "size", 0),
    ("Jump", "jump", 0),
    ("Start", "start", 2),
    ("Centre", "center", 3),
    ("Padding", "padding", 1),
)


def fields_table(report: Report, *, depth: int | None, format: str, input_said: bool = True) -> Table:
    """Size, jump, start, centre and effective padding of each layer's receptive field, in input pixels."""
    inputs = report.graph.inputs
    size = inputs[0].shape[:-1] if len(inputs) == 1 and input_said else None
    columns = [_column(heading, of, spare) for heading, of, spare in _COLUMNS]
    columns.append(ReportColumn(Column("Note"), lambda row: _note(row, size)))
    meetings = [row.name for row in report.layers if _begins(report, row)]
    caption = "" if format == "csv" else "\n".join(_told(report, size, meetings))
    return report_table(
        report, columns, depth=depth, format=format, caption=caption, extra={"misaligned": meetings}
    )


def _column(heading: str, of: str, spare: int) -> ReportColumn:
    return ReportColumn(
        Column(heading, True, spare), lambda row: _axes(row.receptive_field, of), json=("receptive_field",)
    )


def _axes(field: dict[str, list[Any]] | None, of: str) -> Any:
    if field is None:
        return None
    values = [int(value) if value == int(value) else value for value in field[of]]
    return values[0] if len(set(values)) == 1 else " x ".join(f"{value:,g}" for value in values)


def _note(row: Any, size: Sequence[int] | None) -> str:
    found = row.receptive_field
    notes = []
    if found is None:
        notes.append("all")
    elif size and any(seen > n for seen, n in zip(found["size"], size, strict=True)):
        notes.append("wider")
    elif size and list(found["size"]) == list(size):
        notes.append("as_wide")
    if row.view.uneven:
        notes.append("uneven")
    elif row.view.misaligned:
        notes.append("misaligned")
    say = of_tables().say
    return say("list.comma").join(say(f"field.{note}") for note in notes)


def _begins(report: Report, row: LayerReport) -> bool:
    """Whether paths out of line meet in a layer, rather than before it."""
    first = len(report.graph.inputs)
    sources = [number - first for number in row.node.inputs]
    return row.view.misaligned and not any(report.views[at].misaligned for at in sources if at >= 0)


def _told(report: Report, size: Sequence[int] | None, meetings: list[str]) -> Iterator[str]:
    words = of_tables()
    seen = [(row.name, field["size"]) for row in report.layers if (field := row.receptive_field)]
    if seen:
        name, sizes = seen[-1]
        key = "field.last_of" if size else "field.last"
        yield words.say(key, layer=name, size=_by(sizes), input=_by(size or ()))
    if any(row.receptive_field is None for row in report.layers):
        yield words.say("field.all.why")
    if size and any(n > limit for _, sizes in seen for n, limit in zip(sizes, size, strict=True)):
        yield words.say("field.wider.why")
    if meetings:
        yield words.say("field.misaligned.why", layers=words.some(meetings))


def _by(sizes: Sequence[int | float]) -> str:
    return " x ".join(f"{n:,g}" for n in sizes)
