"""A network's numbers as formulas of the input's height and width: the layers' arithmetic, run on letters."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.errors import UsageError
from cnncalc.expr import product, symbol, unknown
from cnncalc.formula import symbols
from cnncalc.formula.simplify import simplify
from cnncalc.layers.support.base import Layer, Shape, Weight

AXES = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("T", "H", "W")}
"""The letters of an input's positions."""


class LetteredFacts(LayerCounts):
    """LayerCounts whose sizes are formulas of the input's size, in their shortest form."""

    def __init__(self, layer: Layer, inputs: tuple[Shape, ...]) -> None:
        super().__init__(layer, inputs)
        self.output = tuple(shortest(size) for size in self.output)
        self.activation_size = product(self.output)

    def _values(self, wanted: Callable[[str, Weight], bool]) -> int:
        # in the order of textbooks: F*F*C*K for an array (K, C, F, F)
        arrays = (weight.shape for name, weight in self.arrays.items() if wanted(name, weight))
        return sum(product(reversed(shape)) for shape in arrays)


def shortest(size: int) -> int:
    """A whole number's formula in its shortest form."""
    found = simplify(size)
    assert isinstance(found, int)
    return found


def letter_inputs(report: Report) -> tuple[list[Shape], dict[str, int | None]]:
    """The inputs' shapes with letters for their positions, and the number of each letter."""
    given: dict[str, int | None] = {}
    shapes = []
    several = len(report.graph.inputs) > 1
    for number, source in enumerate(report.graph.inputs, 1):
        sizes: list[int] = []
        for letter, size in zip(AXES[len(source.shape) - 1], source.shape[:-1], strict=True):
            name = f"{letter}_{number}" if several else letter
            sizes.append(symbol(name, size))
            given[name] = int(size)
        shapes.append((*sizes, source.shape[-1]))
    return shapes, given


def with_unknowns(report: Report, letters: Mapping[int, str]) -> Report:
    """The report with letters for the numbers that are stand-ins: stand-in -> letter.

    The formulas hold for all numbers with which windows fit. Raises UsageError for a report under a
    convention.
    """
    if report.convention is not None:
        raise UsageError(f"{report.convention.name} counts a network at one size, not in letters")

    def told(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(told, value))
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return unknown(letters[value], value) if is_number and value in letters else value

    inputs = tuple(source._replace(shape=told(source.shape)) for source in report.graph.inputs)
    known = [source.shape for source in inputs]
    facts: list[LayerCounts] = []
    nodes = []
    for node in report.graph.nodes:
        options = {name: told(value) for name, value in node.layer.options.items()}
        layer = replace(node.layer, **options)  # type: ignore[type-var]
        nodes.append(node._replace(layer=layer))
        facts.append(LetteredFacts(layer, tuple(known[number] for number in node.inputs)))
        known.append(facts[-1].output)
    graph = report.graph._replace(inputs=inputs, nodes=tuple(nodes))
    return Report(graph, facts, report.settings, dict.fromkeys(letters.values()))


def in_letters(report: Report) -> Report:
    """The report with numbers that remember their formula: 28*28*6 is (H - 4)*(W - 4)*6.

    The formulas hold for every input size on which the network is valid, except the peak of the memory and
    the receptive fields, which are those of the given size. A batch above 1 is the letter B. Raises
    UsageError for an input without positions, and for a report under a convention, whose counts are of one
    size.
    """
    shapes, letters = letter_inputs(report)
    if not letters:
        raise UsageError("the input is a vector: it has no height and width to keep as letters")
    if report.convention is not None:
        raise UsageError(f"{report.convention.name} counts a network at one size, not in letters")
    if report.settings.batch > 1:
        letters["B"] = report.settings.batch
    known = list(shapes)
    facts: list[LayerCounts] = []
    for node in report.graph.nodes:
        facts.append(LetteredFacts(node.layer, tuple(known[number] for number in node.inputs)))
        known.append(facts[-1].output)
    inputs = tuple(
        source._replace(shape=shape) for source, shape in zip(report.graph.inputs, shapes, strict=True)
    )
    batch = symbol("B", report.settings.batch) if "B" in letters else 1
    return Report(report.graph._replace(inputs=inputs), facts, report.settings._replace(batch=batch), letters)


def fixing(report: Report) -> list[LayerReport]:
    """The layers whose number of weights depends on the input's size, such as dense: 10 on a map of any size.

    Once such a layer is trained, the network takes inputs of one size alone.
    """
    if None in report.letters.values():
        return []
    return [row for row in report.layers if symbols(simplify(row.params))]
