"""The working of one layer, in a line for each equation: the result first, then how it comes about."""

from collections.abc import Callable, Iterator, Sequence

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import ReportRow
from cnncalc.explain import Equation, work_out
from cnncalc.formula import text
from cnncalc.languages import Joined, Message, all_of, word
from cnncalc.quantity import RECORDS, chosen
from cnncalc.render import document as doc
from cnncalc.render.explained.sections import told
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import course_shape, told_convention
from cnncalc.render.sentences import quantity_word

_IN_JSON = {
    "params": ("params", "weights", "biases", "trainable", "buffers"),
    "connections": ("connections", "connections_real"),
    "output": ("output_shape", "activation_size", "params"),
}
"""Quantity -> the fields in the JSON of one layer, where these are more than the quantity itself."""


def working_document(
    report: Report,
    quantities: Sequence[str],
    input_said: bool,
    more: Sequence[doc.Line] = (),
    data: Callable[[], Iterator[str]] | None = None,
) -> doc.Document:
    """The quantities of the one layer of a report, with their formulas, and `more` lines after them.

    Without an input what depends on the input is left out.
    """
    row = report.rows(1)[0]
    worked = {
        each.name: [e for found in work_out(report, each, quantities).workings for e in found.equations]
        for each in row.layers
    }
    equations = [each for found in worked.values() for each in found]
    blocks: list[doc.Block] = [doc.List([*map(_line, equations), *more])]
    if len(worked) > 1:
        sums = [*_sums(row, quantities), *more]
        parts = [
            doc.Section(name.rpartition(".")[2], [doc.List([*map(_line, e)])]) for name, e in worked.items()
        ]
        blocks = [*parts, *([doc.Section(Message("working.together"), [doc.List(sums)])] if sums else [])]
    if input_said:
        output = Message(
            "working.output",
            kind=word("kind", row.kind),
            shapes=all_of([str(course_shape(shape)) for shape in row.input_shapes]),
            output=course_shape(row.output_shape),
            values=f"{row.activation_size:,}",
        )
        blocks.insert(0, doc.Paragraph(output))
    # what a layer does depends on its input; its weights need not
    if input_said or (report.convention is not None and report.convention.counts_parameters):
        blocks += told_convention(report)

    def json_pieces() -> Iterator[str]:
        wanted = [field for quantity in quantities for field in _IN_JSON.get(quantity, (quantity,))]
        yield json_text({"kind": row.kind, **row.to_dict(wanted)}, ascii=True)

    return doc.Document(blocks, data=data or json_pieces, csv=_csv(equations))


def _sums(row: ReportRow, quantities: Sequence[str]) -> Iterator[doc.Line]:
    """The quantities of a kind that is shown as several layers, each the sum over these."""
    for quantity in (chosen(name, RECORDS) for name in quantities):
        if quantity.sums:
            parts = [each.value(quantity) for each in row.layers]
            head = Joined([quantity_word(quantity.word), told(row.value(quantity))], "colon")
            yield (head, " = ", doc.Code(" + ".join(map(str, parts))))


def _line(equation: Equation) -> doc.Line:
    value = told(equation.value)
    sides: list[str] = []
    for numbers in (False, True):
        side = text(equation.tree, numbers)
        if side not in (*sides[-1:], value, str(equation.value)):
            sides.append(side)
    name = equation.name if equation.letter else quantity_word(equation.name, equation.of)
    head = Joined([name, value], "colon")
    return (head, *(part for side in sides for part in (" = ", doc.Code(side))))


def _csv(equations: Sequence[Equation]) -> doc.Table:
    columns = [doc.Column(name, called=name) for name in ("quantity", "value", "formula", "numbers")]
    rows = [
        doc.Row([each.name, str(each.value), text(each.tree), text(each.tree, numbers=True)])
        for each in equations
    ]
    return doc.Table(columns, rows)
