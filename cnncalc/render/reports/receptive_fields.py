"""The receptive field of each layer."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.counts import line_names
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.errors import UsageError, brief
from cnncalc.expr import Formula
from cnncalc.languages import Joined, Message, some_of
from cnncalc.render.document import Column, Document, Paragraph, Row, Table, cell
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import ReportColumn, View, report_document

LONGEST_PLACE = 9
"""The most digits of a place."""
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
        # an array of weights that is a layer reads no input
        notes += [] if row.view.blind else ["all"]
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
    if any(row.receptive_field is None and not row.view.blind for row in report.layers):
        yield Message("field.all.why")
    if size and any(n > limit for _, sizes in seen for n, limit in zip(sizes, size, strict=True)):
        yield Message("field.wider.why")
    if meetings:
        yield Message("field.misaligned.why", layers=some_of(meetings))


def _by(sizes: Sequence[int | float]) -> str:
    told = [cell(n) if isinstance(n, Formula) else f"{n:,g}" for n in sizes]
    return " x ".join(told if len(told) == 1 else [f"({part})" if " " in part else part for part in told])


def read_place(flag: str, text: str) -> tuple[int, ...]:
    """A place such as 0,3 along the axes; raises UsageError."""
    parts = [part for part in re.split(r"[\s,x()]+", text.strip()) if part]
    if not parts or not all(part.isdecimal() and len(part) <= LONGEST_PLACE for part in parts):
        raise UsageError(f"{flag} {brief(text)}: no place", "a row and a column from 0, such as 0,3")
    return tuple(map(int, parts))


def units_document(report: Report, flag: str, place: Sequence[int], *, bounded: bool) -> Document:
    """The pixels that the unit at a place sees in each layer, or the units of each layer that see a pixel.

    Places count from 0. Without an input that is `bounded`, fields end at its beginning alone. Raises
    UsageError for a place that the input, or every layer, doesn't have, or of other dimensions.
    """
    if any(isinstance(size, Formula) for row in report.layers for size in row.facts.output):
        raise UsageError(f"{flag} asks of numbers, and the network has letters", "leave the letters out")
    if len(report.graph.inputs) > 1:
        raise UsageError(f"{flag} asks of a network of one input")
    shape = report.graph.inputs[0].shape[:-1]
    if len(place) != len(shape):
        message = f"{flag} has {len(place)} numbers, and the input {len(shape)} dimensions"
        raise UsageError(message, f"such as {flag} {','.join('0' * len(shape))}", "wrong_rank")
    if flag == "--pixel" and bounded and any(at >= n for at, n in zip(place, shape, strict=True)):
        raise UsageError(f"the input has no pixel {_at(place)}: it is {_by(shape)}", "pixels count from 0")
    lines = line_names(len(shape))
    found = [(row, _axes_of(row, flag, place, shape, bounded=bounded)) for row in report.layers]
    if flag == "--at" and all(spans is None for _, spans in found):
        message = f"no layer has a unit {_at(place)}"
        raise UsageError(message, f"units count from 0, such as {flag} {','.join('0' * len(shape))}")
    rows = [Row([row.label, *(["", *[""] * (len(lines) - 1)] if spans is None else map(_told_span, spans))])
            for row, spans in found if row.view.fields is not None]  # fmt: skip
    columns = [Column("name"), *(Column(line, called=Message(f"word.{line}")) for line in lines)]
    said = Message("field.at" if flag == "--at" else "field.pixel", place=_at(place))
    data = {
        "at" if flag == "--at" else "pixel": list(place),
        "layers": [
            {
                "name": row.name,
                "spans": None if spans is None else [each and list(each[:2]) for each in spans],
            }
            for row, spans in found
        ],
    }
    return Document([Paragraph(said), Table(columns, rows)], data=lambda: iter([json_text(data, ascii=True)]))


_Seen = tuple[int, int, int] | None
"""The first and the last that is seen, and how many lie in the padding."""


def _axes_of(
    row: LayerReport, flag: str, place: Sequence[int], shape: Sequence[int], *, bounded: bool
) -> list[_Seen] | None:
    """Along each axis, what a unit sees or what sees a pixel; None without positions or such a unit."""
    fields, outputs = row.view.fields, row.facts.output[:-1]
    if fields is None or len(outputs) != len(place):
        return None
    if flag == "--pixel":
        spans = [field.seen_by(at, n) for field, at, n in zip(fields, place, outputs, strict=True)]
        return [span and (*span, 0) for span in spans]
    if any(at >= n for at, n in zip(place, outputs, strict=True)):
        return None
    seen: list[_Seen] = []
    for field, at, n in zip(fields, place, shape, strict=True):
        span = field.seen(at)
        if span is None:
            seen.append(None)
            continue
        first, last = max(span[0], 0), min(span[1], n - 1) if bounded else span[1]
        seen.append((first, last, span[1] - span[0] - (last - first)))
    return seen


def _told_span(span: _Seen) -> str:
    if span is None:
        return Message("field.none")
    first, last, padded = span
    told = str(first) if first == last else f"{first}-{last}"
    return Message("field.padded", span=told, padded=padded) if padded else told


def _at(place: Sequence[int]) -> str:
    return f"({', '.join(map(str, place))})"
