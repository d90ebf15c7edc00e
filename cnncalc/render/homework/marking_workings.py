"""The right working of answers that are not right: of those that no slip explains, or of all."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.errors import CnncalcError
from cnncalc.explain import work_out
from cnncalc.explain.data import Equation
from cnncalc.formula import text
from cnncalc.homework.answers import Answer, Marked
from cnncalc.languages import spoken
from cnncalc.render.homework.marking import expected, named, said


def right_working(report: Report, marked: Marked, format: str, *, everything: bool) -> Iterator[str]:
    """A paragraph for each answer that no slip explains; with `everything`, for each that is not right."""
    if format not in ("table", "markdown"):
        return
    mark = "`" if format == "markdown" else ""
    for head, lines in workings(report, marked, everything=everything):
        yield f"\n{head}\n" if not mark else f"\n**{head}**\n\n"
        for line in lines:
            yield f"- {mark}{line}{mark}\n" if mark else f"  {line}\n"


def workings(report: Report, marked: Marked, *, everything: bool) -> Iterator[tuple[str, list[str]]]:
    """The layer, quantity and right answer of each, and the equations that lead to it."""
    for answer in marked.answers:
        if answer.unexplained or (everything and not answer.earns):
            yield _heading(answer), _equations(report, answer)


def _heading(answer: Answer) -> str:
    """The layer, the quantity and the right answer."""
    values = {"layer": named(answer), "quantity": said(answer.quantity), "answer": expected(answer)}
    return spoken().say("marking.heading", **values)


def _equations(report: Report, answer: Answer) -> list[str]:
    """The equations that lead to the right answer."""
    row = report[answer.layer] if answer.layer in report.numbers else None
    if not isinstance(row, LayerReport):
        return []
    try:
        working = work_out(report, row, [answer.quantity]).workings[0]
    except CnncalcError:
        return []
    return [line for equation in working.equations if (line := _line(equation))]


def _line(equation: Equation) -> str:
    """A = F*F*C = 5*5*3 = 75, each side once."""
    sides = list(dict.fromkeys(text(tree, numbers) for tree, numbers in equation.chain))
    name = equation.name if equation.letter else ""
    return " = ".join(filter(None, [name, *sides])) if len(sides) > 1 or name else ""
