"""A layer to explain, with letters for its numbers; equations with those of the letters that they use."""

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.counts import LayerCounts, line_names
from cnncalc.analysis.receptive_field import Field, View, entering, input_view
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.explain.data import Equation, Reason
from cnncalc.explain.letters import AXES, alike, symbolic, symbolic_inputs
from cnncalc.expr import Formula, Number
from cnncalc.formula import symbols, tidy
from cnncalc.layers.support.windows import Axes


class Subject:
    """A layer to explain, as the report has it and with letters for its numbers."""

    def __init__(self, report: Report, row: LayerReport) -> None:
        self.report, self.row, self.layer = report, row, row.node.layer
        self.square = alike(self.layer, row.facts.inputs)
        self.known = symbolic(self.layer)
        self.shapes = symbolic_inputs(self.layer, row.facts.inputs)
        facts = row.facts
        self.facts = LayerCounts(self.known, self.shapes, facts.wanted, learns=facts.learns)
        self.axes: Axes = self.known.geometry(*self.shapes)
        """The geometry of the kernel along each spatial axis, in letters."""

    @property
    def of(self) -> tuple[str, ...]:
        """The variants of a reason to look for: the kind's own, then its family's."""
        return self.layer.reason_names

    @property
    def before(self) -> list[tuple[Field, ...]]:
        """The fields of each layer that this one reads; [] where one of these layers has no position."""
        graph = self.report.graph
        first = len(graph.inputs)

        def view(number: int) -> View:
            return input_view(graph.inputs[number]) if number < first else self.report.views[number - first]

        found = [each.fields for each in entering(self.row.node, self.row.facts, view, first)]
        return [fields for fields in found if fields] if all(found) else []

    def reason(self, key: str, **values: Any) -> Reason:
        return Reason(key, self.of, values)

    def letters(self, letter: str) -> tuple[str, ...]:
        """A letter for each spatial axis: M_H and M_W, or M for both where both have the same numbers."""
        rank = len(self.facts.output) - 1
        return (letter,) * rank if self.square or rank < 2 else tuple(f"{letter}_{a}" for a in AXES[rank])

    def lines(self) -> tuple[str, ...]:
        """The names of the lines along each spatial axis: rows, columns."""
        return line_names(len(self.row.facts.inputs[0]) - 1) if self.row.facts.inputs else ()


def with_definitions(equations: Sequence[Equation]) -> list[Equation]:
    """The equations, each after the equations of the letters that it uses; no equation twice."""
    found: dict[str, Equation] = {}
    for equation in equations:
        for needed in (*definitions(equation.tree), equation):
            found.setdefault(needed.name, needed)
    return list(found.values())


def definitions(tree: Number) -> Iterator[Equation]:
    """The equations of the letters that stand for formulas, such as P = (F - 1)/2."""
    for name, part in symbols(tree).items():
        if isinstance(part, Formula) and part.args:
            yield from definitions(part.args[0])
            yield Equation(name, tidy(part.args[0]), letter=True)
