"""Layers and shapes in the letters that courses use: N, F, S, P, D, K, C, H, W.

The arithmetic of the layer kinds is run on letters, which remember the formula: no formula is written twice.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from cnncalc.expr import product, symbol
from cnncalc.layers.support.base import Layer, Shape, fields
from cnncalc.layers.support.options import MOST_AXES
from cnncalc.layers.support.windows import sides

AXES = {1: ("N",), 2: ("H", "W"), 3: ("T", "H", "W")} | {
    rank: tuple(f"N_{axis}" for axis in range(1, rank + 1)) for rank in range(4, MOST_AXES)
}
_AXIS_LETTERS = frozenset(letter for letters in AXES.values() for letter in letters)
_LEFT_OUT_AT_ONE = frozenset("DGm")
"""The letters that formulas of courses leave out where their number is 1: dilation, groups, multiplier."""


def textbook_order(sizes: Sequence[int]) -> int:
    """The product of an array's sizes in the order of textbooks: F_H*F_W*C*K for an array (K, C, F_H, F_W).

    >>> from cnncalc.formula import text
    >>> text(textbook_order([symbol("K", 6), symbol("C", 3), symbol("F_H", 3), symbol("F_W", 5)]))
    'F_H*F_W*C*K'
    """
    spatial = [size for size in sizes if _is_spatial(size)]
    return product([*spatial, *(size for size in reversed(sizes) if not _is_spatial(size))])


def _is_spatial(size: int) -> bool:
    name = getattr(size, "name", "")
    return name in _AXIS_LETTERS or name.partition("_")[0] == "F"


def alike(layer: Layer, inputs: tuple[Shape, ...]) -> bool:
    """Whether all spatial axes have the same numbers, so that the letter N can stand for H and for W."""
    known = fields(type(layer))
    in_letters = [value for name, value in layer.options.items() if known[name].metadata["symbol"]]
    per_axis = [value for value in in_letters if isinstance(value, tuple)]
    return all(len(set(shape[:-1])) <= 1 for shape in inputs) and all(
        len(set(each)) == 1 for each in per_axis
    )


def symbolic(layer: Layer) -> Layer:
    """The layer with the letters of its options, F, S, P, K, in place of their numbers."""
    changed: dict[str, Any] = {}
    known, options = fields(type(layer)), layer.options
    for name, value in options.items():
        letter = known[name].metadata["symbol"]
        if name == "stride" and value is None:
            # a pooling without a stride moves by its kernel, and is explained with a stride S
            value = options["kernel"]  # noqa: PLW2901 - the value that the letter stands for
        if letter and not (letter in _LEFT_OUT_AT_ONE and value == 1):
            changed[name] = _option_in_letters(letter, value)
    return dataclasses.replace(layer, **changed) if changed else layer  # type: ignore[type-var]


def _option_in_letters(letter: str, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return symbol(letter, value)
    if not isinstance(value, tuple) or isinstance(value[0], str):
        return value
    axes = AXES[len(value)] if len(set(value)) > 1 else ("N",) * len(value)
    return tuple(_of_axis(letter, part, axis) for part, axis in zip(value, axes, strict=True))


def _of_axis(letter: str, value: Any, axis: str) -> Any:
    """A number of one axis, or the pair of its paddings before and after."""
    if isinstance(value, tuple):
        if value[0] == value[1]:
            return (_of_axis(letter, value[0], axis),) * 2
        return tuple(map(symbol, sides(symbol(axis, 0)), value))
    return symbol(letter if axis == "N" else f"{letter}_{axis}", value)


def symbolic_inputs(layer: Layer, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """Shapes in letters: N x N x C if square, else H x W x C; a vector is N; several inputs have C_1, C_2."""
    if not inputs:
        return ()
    same = alike(layer, inputs)
    largest = max((shape[:-1] for shape in inputs), key=lambda sizes: (len(sizes), *sizes))
    numbered = len({shape[-1] for shape in inputs}) > 1
    return tuple(
        _shape_in_letters(shape, same, largest, f"_{number}" if numbered else "")
        for number, shape in enumerate(inputs, 1)
    )


def _shape_in_letters(shape: Shape, same: bool, largest: Shape, number: str) -> Shape:
    if len(shape) == 1:
        # the vector in squeeze and excitation, say: a value for each channel of the maps
        return (symbol(f"{'C' if largest else 'N'}{number}", shape[0]),)
    axes = ("N",) * (len(shape) - 1) if same else AXES[len(shape) - 1]
    # a size of 1 that is broadcast against 32 stays a 1: the letter H means the 32
    sizes = [
        symbol(letter, size) if size == most else size
        for letter, size, most in zip(axes, shape[:-1], largest[-len(axes) :], strict=False)
    ]
    return (*sizes, symbol(f"C{number}", shape[-1]))
