"""The working of a number: the formula in symbols, the numbers put in, the result.

There is no second formula: the layer kinds' own arithmetic is run on values that remember.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from cnncalc.expr import Expr, product, symbol
from cnncalc.formula import text
from cnncalc.layers.base import Layer, Shape, Weight, fields

AXES = {1: ("N",), 2: ("H", "W"), 3: ("T", "H", "W")}


@dataclass(frozen=True)
class Step:
    """A quantity and how it comes about: `value = formula = numbers`."""

    quantity: str
    value: int
    formula: str
    numbers: str


def symbolic(layer: Layer) -> Layer:
    """The same layer, whose numbers are the letters of its options."""
    changed: dict[str, Any] = {}
    for name, field in fields(type(layer)).items():
        letter, value = field.metadata["symbol"], getattr(layer, name)
        # a dilation or a group of 1 is left out of the formulas, as courses do
        if letter and not (letter in "DG" and value == 1):
            changed[name] = _lettered(letter, value)
    return dataclasses.replace(layer, **changed) if changed else layer  # type: ignore[type-var]


def _lettered(letter: str, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return symbol(letter, value)
    if isinstance(value, tuple) and all(isinstance(part, int) for part in value):
        if len(set(value)) == 1:
            return (symbol(letter, value[0]),) * len(value)
        return tuple(
            symbol(f"{letter}_{axis}", part) for axis, part in zip(AXES[len(value)], value, strict=True)
        )
    return value


def symbolic_shape(shape: Shape) -> Shape:
    """A shape in letters: N x N x C where it is square, else H x W x C; a vector is N."""
    if len(shape) == 1:
        return (symbol("N", shape[0]),)
    positions = shape[:-1]
    if len(set(positions)) == 1:
        letters = [symbol("N", positions[0])] * len(positions)
    else:
        letters = [symbol(letter, size) for letter, size in zip(AXES[len(positions)], positions, strict=True)]
    return (*letters, symbol("C", shape[-1]))


def params_working(arrays: dict[str, Weight]) -> list[Step]:
    """The parameters from the shapes of what is learned: by filter, and in all."""
    learned = [weight.shape for weight in arrays.values() if weight.learned]
    if not learned:
        return [Step("params", 0, "0", "0")]
    first = learned[0][0]
    steps = []
    if len(learned) > 1 and all(shape[0] is first for shape in learned):
        # F*F*C, as it is said aloud: the array is stored the other way round
        each = sum(product(reversed(shape[1:])) for shape in learned)
        whole = each * first
        steps.append(_step("per filter" if len(learned[0]) > 1 else "per channel", each))
    else:
        whole = sum(product(reversed(shape)) for shape in learned)
    return [_step("params", whole), *steps]


def _step(quantity: str, value: int) -> Step:
    return Step(quantity, int(value), text(value), text(value, numbers=True))


def explain_layer(layer: Layer, inputs: tuple[Shape, ...], quantities: tuple[str, ...]) -> list[Step]:
    """The working of some quantities of a layer: output, params, connections, macs."""
    known, shapes = symbolic(layer), tuple(symbolic_shape(shape) for shape in inputs)
    steps: list[Step] = []
    for quantity in quantities:
        if quantity == "output":
            output = known.output(*shapes)
            names = [*AXES[len(output) - 1], "C"] if len(output) > 1 else ["values"]
            for name, size in zip(names, output, strict=True):
                if isinstance(size, Expr):
                    steps.append(_step(f"output {name}", size))
                else:
                    steps.append(Step(f"output {name}", size, str(size), str(size)))
        elif quantity == "params":
            steps += params_working(known.weights(*shapes))
        else:
            steps.append(_step(quantity, getattr(known, quantity)(*shapes)))
    return steps
