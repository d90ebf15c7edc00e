"""The working of one layer, as text or as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from cnncalc.analysis.report import Report
from cnncalc.errors import unknown_choice
from cnncalc.explain import Equation, work_out
from cnncalc.formula import text
from cnncalc.languages import spoken
from cnncalc.render.explained.phrases import Phrases, told
from cnncalc.render.reports.report_tables import course_shape


def working(report: Report, quantities: Sequence[str], format: str, input_said: bool) -> Iterator[str]:
    """The quantities of the one layer of a report, with their formulas."""
    row = report.layers[0]
    if format == "json":
        wanted: list[str] = []
        for quantity in quantities:
            wanted += {
                "params": ["params", "weights", "biases", "trainable", "buffers"],
                "connections": ["connections", "connections_real"],
                "output": ["output_shape", "activation_size", "params"],
            }.get(quantity, [quantity])
        yield json.dumps({"kind": row.kind, **row.to_dict(wanted)}) + "\n"
        return
    if format not in ("table", "markdown", "csv"):
        raise unknown_choice(format, "a format", ("table", "markdown", "csv", "json"))
    equations = [each for found in work_out(report, row, quantities).workings for each in found.equations]
    if format == "csv":
        yield "quantity,value,formula,numbers\n"
        for each in equations:
            yield f'{each.name},{each.value},"{text(each.tree)}","{text(each.tree, numbers=True)}"\n'
        return
    words = spoken()
    phrases = Phrases(words)
    if input_said:
        yield words.say(
            "working.output",
            kind=words.kind(row.kind),
            shapes=words.all([str(course_shape(shape)) for shape in row.input_shapes]),
            output=course_shape(row.output_shape),
            values=f"{row.activation_size:,}",
        )
        yield "\n\n"
    mark = "`" if format == "markdown" else ""
    for each in equations:
        yield _line(each, phrases, mark)


def _line(equation: Equation, phrases: Phrases, mark: str) -> str:
    name = equation.name if equation.letter else phrases.name(equation)
    sides = [told(equation.value)]
    for numbers in (False, True):
        if (side := text(equation.tree, numbers)) not in (sides[-1].strip(mark), str(equation.value)):
            sides.append(f"{mark}{side}{mark}")
    bullet = "- " if mark else ""
    return f"{bullet}{name}{phrases.say('colon')}{' = '.join(sides)}\n"
