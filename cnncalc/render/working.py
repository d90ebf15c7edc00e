"""The working of one layer, as text or as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.explain import Step, explain_layer
from cnncalc.render.report_tables import course_shape

_TOLD = {"params": "parameters", "macs": "multiply-accumulates"}


def working(report: Report, quantities: Sequence[str], format: str, input_said: bool) -> Iterator[str]:
    """The quantities of the one layer of a report, with their formulas."""
    row = report.layers[0]
    if format == "json":
        wanted: list[str] = []
        for quantity in quantities:
            wanted += {
                "params": ["params", "weights", "biases", "trainable", "buffers"],
                "output": ["output_shape", "activation_size", "params"],
            }.get(quantity, [quantity])
        yield json.dumps({"kind": row.kind, **row.to_dict(wanted)}) + "\n"
        return
    if format not in ("table", "markdown", "csv"):
        raise UsageError(
            f"{format} is not a format", did_you_mean(format, ("table", "markdown", "csv", "json"), "known")
        )
    steps = explain_layer(row.node.layer, row.facts.inputs, tuple(quantities))
    if format == "csv":
        yield "quantity,value,formula,numbers\n"
        for step in steps:
            yield f'{step.quantity},{step.value},"{step.formula}","{step.numbers}"\n'
        return
    if input_said:
        shapes = " and ".join(map(str, map(course_shape, row.input_shapes)))
        yield f"{row.kind} on {shapes} puts out {course_shape(row.output_shape)}, {row.activation_size:,} values\n\n"
    mark = "`" if format == "markdown" else ""
    for step in steps:
        yield _line(step, mark)


def _line(step: Step, mark: str) -> str:
    name = _TOLD.get(step.quantity, step.quantity)
    told = [f"{step.value:,}"]
    for shown in (step.formula, step.numbers):
        if shown not in (told[-1].strip(mark), str(step.value)):
            told.append(f"{mark}{shown}{mark}")
    bullet = "- " if mark else ""
    return f"{bullet}{name}: {' = '.join(told)}\n"
