"""Receptive fields: which input pixels an output can see, through windows, branches and upsampling.

Source: Araujo, Norris, Sim, Computing Receptive Fields of Convolutional Neural Networks (2019).
Positions are exact fractions of a pixel, since upsampling makes jumps below 1.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.counts import Facts
from cnncalc.graph import Graph, Input
from cnncalc.layers.base import Shape
from cnncalc.layers.windows import Reach

Number = int | Fraction


class Field(NamedTuple):
    """Along one axis: output o sees the input pixels start + o*jump ... start + o*jump + size - 1."""

    size: Number
    jump: Number
    start: Number

    @property
    def center(self) -> Number:
        """The middle of what the first output sees, in pixels."""
        return self.start + Fraction(self.size - 1) / 2

    @property
    def padding(self) -> Number:
        """The effective padding: how far the first output's view reaches past the input."""
        return -self.start

    def through(self, reach: Reach) -> Field:
        """The field after a layer that reads so much of what came before."""
        return Field(
            self.size + (reach.extent - 1) * self.jump,
            self.jump * reach.step,
            self.start + reach.offset * self.jump,
        )


class View(NamedTuple):
    """What a node sees: a field for each spatial axis, or None where it has no position and sees all.

    `misaligned` says that paths with different jumps or centres meet in it.
    """

    fields: tuple[Field, ...] | None
    misaligned: bool = False


def input_view(source: Input) -> View:
    """What an input sees: itself."""
    return View((Field(1, 1, 0),) * (len(source.shape) - 1) or None)


def views(graph: Graph, facts: list[Facts]) -> list[View]:
    """The view of every node, in the pixels of the input that it comes from."""
    found = [input_view(source) for source in graph.inputs]
    for node, fact in zip(graph.nodes, facts, strict=True):
        sources = [found[number] for number in node.inputs]
        joined = sources[0] if len(sources) == 1 else _joined(sources, fact)
        reach = fact.reach if len(sources) == 1 else ()
        if reach and joined.fields is None and node.inputs[0] < len(graph.inputs):
            joined = View(
                (Field(1, 1, 0),) * len(reach)
            )  # the values of a vector are read as positions: tokens
        if joined.fields is None or reach is None:
            found.append(View(None, joined.misaligned))
        elif not reach:
            found.append(joined)
        else:
            fields = tuple(field.through(step) for field, step in zip(joined.fields, reach, strict=True))
            found.append(View(fields, joined.misaligned))
    return found[len(graph.inputs) :]


def _joined(sources: list[View], fact: Facts) -> View:
    """The widest of the paths that meet; paths that are stretched have no position."""
    misaligned = any(view.misaligned for view in sources)
    fields = [view.fields for view in sources]
    if any(_stretched(shape, fact.output) for shape in fact.inputs):
        return View(None, misaligned)
    known = [each for each in fields if each is not None]
    if len(known) < len(fields):
        return View(None, misaligned)
    axes = []
    for of_axis in zip(*known, strict=True):
        start = min(field.start for field in of_axis)
        end = max(field.start + field.size for field in of_axis)
        misaligned = misaligned or len({(field.jump, 2 * field.start + field.size) for field in of_axis}) > 1
        axes.append(Field(end - start, max(field.jump for field in of_axis), start))
    return View(tuple(axes), misaligned)


def _stretched(shape: Shape, output: Shape) -> bool:
    return len(shape) != len(output) or shape[:-1] != output[:-1]
