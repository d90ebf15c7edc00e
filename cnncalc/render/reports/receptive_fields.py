"""The receptive field of each layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.expr import Formula
from cnncalc.languages import Joined, Message, some_of
from cnncalc.render.document import Column, Document, Paragraph, cell
from cnncalc.render.reports.report_tables import ReportColumn, View, report_document

_SPARE = {"size": 0, "jump": 0, "start": 2, "center": 3, "padding": 1}
"""The columns of a receptive field, and how dispensable each is."""


def fields_document(
    report: Report,
    view: View = View(),  # noqa: B008 - it is immutable
    *,
    input_said: bool = True,
) -> Document:
    """Size, jump, start, centre and effective padding of each layer's receptive field, in input pixels."""
    inputs = report.graph.inputs
    size = inputs[0].shape[:-1] if len(inputs) == 1 and input_said else None
    columns = [_column(name, spare) for name, spare in _SPARE.items()]
    columns.append(ReportColumn(Column("note"), lambda row: _note(row, size)))
    meetings = [row.name for row in report.layers if _begins(report, row)]
    captions = [Paragraph(line) for line in _field_sentences(report, size, meetings)]
    return report_document(
        report,
        columns,
        view._replace(command="", sums=input_said),
        captions=captions,
        extra={"misaligned": meetings},
    )


def _column(name: str, spare: int) -> ReportColumn:
    column = Column("receptive_field" if name == "size" else name, True, spare)
    return ReportColumn(column, lambda row: _axes(row.receptive_field, name), json=("receptive_field",))


def _axes(field: dict[str, list[Any]] | None, of: str) -> Any:
    if field is None:
        return None
    if any(isinstance(value, Formula) for value in field[of]):
        return _by(field[of][:1] if len(set(field[of])) == 1 else field[of])
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
    return Joined(Message(f"field.{note}") for note in notes)


def _begins(report: Report, row: LayerReport) -> bool:
    """Whether paths out of line meet in a layer, rather than before it."""
    first = len(report.graph.inputs)
    sources = [number - first for number in row.node.inputs]
    return row.view.misaligned and not any(report.views[at].misaligned for at in sources if at >= 0)


def _field_sentences(report: Report, size: Sequence[int] | None, meetings: list[str]) -> Iterator[str]:
    seen = [(row.name, field["size"]) for row in report.layers if (field := row.receptive_field)]
    if seen:
        name, sizes = seen[-1]
        key = "field.last_of" if size else "field.last"
        yield Message(key, layer=name, size=_by(sizes), input=_by(size or ()))
    if any(row.receptive_field is None for row in report.layers):
        yield Message("field.all.why")
    if size and any(n > limit for _, sizes in seen for n, limit in zip(sizes, size, strict=True)):
        yield Message("field.wider.why")
    if meetings:
        yield Message("field.misaligned.why", layers=some_of(meetings))


def _by(sizes: Sequence[int | float]) -> str:
    told = [cell(n) if isinstance(n, Formula) else f"{n:,g}" for n in sizes]
    return " x ".join(told if len(told) == 1 else [f"({part})" if " " in part else part for part in told])
