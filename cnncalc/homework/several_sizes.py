"""Answers of several sizes: windows that are to be chosen, strides together, and the shapes of arrays."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.analysis.rows import LayerReport
from cnncalc.errors import LayerError
from cnncalc.homework.numbers import Unreadable
from cnncalc.homework.sentences import marking
from cnncalc.homework.shapes import read_shape
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.options import PADDING_WORDS

WINDOW = ("kernel", "stride", "padding")
"""What is chosen of a window, where a sheet asks for the way back from the output to the layer."""


def read_window(text: str, axes: int) -> Any:
    """A size for each axis, or a word for padding; raises Unreadable."""
    word = text.strip().casefold().removesuffix("padding").strip()
    if word in PADDING_WORDS:
        return word
    if re.fullmatch(r"\d{1,4}(?:\s?px)?", word):
        return (int(word.removesuffix("px")),) * axes
    sizes = read_shape(text)[0].sizes
    if any(size.value.denominator != 1 or size.value < 0 for size in sizes) or len(sizes) not in (1, axes):
        raise Unreadable(marking("not_a_shape", answer=text))
    whole = tuple(int(size.value) for size in sizes)
    return whole if len(whole) == axes else whole * axes


def output_by(row: LayerReport, chosen: Mapping[str, Any]) -> Shape | None:
    """The shape that the layer puts out with another kernel, stride or padding; None where there is none."""
    own = row.node.layer.options
    changed = {name: value for name, value in chosen.items() if name in own}
    if "kernel" in changed and own.get("stride") is None and "stride" not in changed:
        return None
    try:
        layer = dataclasses.replace(row.node.layer, **changed)  # type: ignore[type-var]
        return layer.output(*row.facts.inputs)
    except LayerError:
        return None


def orders(shape: Shape) -> Iterator[Shape]:
    """The orders in which frameworks keep an array of weights: K first or last, C before or after the window.

    >>> list(orders((6, 3, 5, 5)))
    [(6, 3, 5, 5), (5, 5, 3, 6), (6, 5, 5, 3), (3, 6, 5, 5)]
    """
    yield shape
    if len(shape) > 1:
        units, channels, *window = shape
        yield from ((*window, channels, units), (units, *window, channels), (channels, units, *window))
