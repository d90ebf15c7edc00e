"""Which dimensions of a shape an option means: the positions in order from 0, then the channels."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from cnncalc.errors import LayerError, brief
from cnncalc.layers.support.base import Shape
from cnncalc.layers.support.options import MOST_AXES, integer, reader, wrong

WORDS = ("channels", "positions", "all")
AxisOption = str | int
AxesOption = str | int | tuple[AxisOption, ...]
_NUMBER = {"type": "integer", "minimum": -MOST_AXES, "maximum": MOST_AXES - 1}
_ONE = {"anyOf": [_NUMBER, {"const": "channels"}]}


@reader("channels, or the number of a dimension, from 0 or backwards from -1", _ONE)
def axis(value: Any) -> AxisOption:
    """One dimension."""
    if value == "channels":
        return "channels"
    with suppress(LayerError):
        number = integer(value)
        if -MOST_AXES <= number < MOST_AXES:
            return number  # type: ignore[no-any-return]
    raise wrong(value, "channels or the number of a dimension", "0 is the first, -1 the last")


@reader(
    "channels, positions, all, the number of a dimension, or a list of them",
    {"anyOf": [{"enum": list(WORDS)}, _NUMBER, {"type": "array", "items": _ONE, "minItems": 1}]},
)
def axes(value: Any) -> AxesOption:
    """Dimensions that are taken together."""
    if isinstance(value, str):
        if value in WORDS:
            return value
    elif isinstance(value, Sequence) and value:
        return tuple(axis(each) for each in value)
    else:
        with suppress(LayerError):
            return axis(value)  # type: ignore[no-any-return]
    raise wrong(value, "channels, positions, all or numbers of dimensions", "such as [0, 1]; 0 is the first")


@reader(
    "a whole number, or a list of them",
    {"anyOf": [dict(integer.schema), {"type": "array", "items": dict(integer.schema), "minItems": 1}]},  # type: ignore[attr-defined]
)
def integers(value: Any) -> int | tuple[int, ...]:
    """A number of either sign, or one for each of several dimensions."""
    if isinstance(value, Sequence) and not isinstance(value, str) and 0 < len(value) <= MOST_AXES:
        return tuple(integer(each) for each in value)
    return integer(value)  # type: ignore[no-any-return]


def place(x: Shape, axis: AxisOption, option: str = "axis", *, more: int = 0) -> int:
    """The number of a dimension, from 0; `more` is how many dimensions the result has beyond the input."""
    rank = len(x) + more
    number = rank - 1 if axis == "channels" else int(axis)
    if not -rank <= number < rank:
        message = f"there is no dimension {number}: the input has {len(x)}"
        raise LayerError("bad_value", message, f"0 to {rank - 1}" if rank > 1 else "0", option)
    return number % rank


def places(x: Shape, axes: AxesOption, option: str = "over") -> tuple[int, ...]:
    """The numbers of dimensions, from 0, in order."""
    if axes == "all":
        return tuple(range(len(x)))
    if axes == "positions" and len(x) == 1:
        message = f"the input is a vector of {int(x[0])} values: it has no positions"
        raise LayerError("no_positions", message, "over: channels takes them together", option)
    if axes == "positions":
        return tuple(range(len(x) - 1))
    given = axes if isinstance(axes, tuple) else (axes,)
    found = sorted(place(x, each, option) for each in given)
    if len(set(found)) < len(found):
        raise LayerError(
            "bad_value", f"{brief(list(given))} names a dimension twice", "name each once", option
        )
    return tuple(found)
