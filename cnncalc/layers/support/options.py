"""How the options of a layer are written and read.

A reader takes a value of a spec and gives the value that the layer keeps, or raises a LayerError that says
which values would do.
"""

import dataclasses
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.errors import LayerError, brief, did_you_mean
from cnncalc.layers.support.padding import Padding

LARGEST = 10**12
"""The largest number that a spec may hold: far above any network, low enough for every sum."""
MOST_DIMENSIONS = 4
MOST_AXES = 8
"""The most dimensions that values may have on their way."""

Reader = Callable[[Any], Any]
Pairs = tuple[tuple[int, int], ...]
_WHOLE = r"[0-9]{1,13}"
_LARGEST_FLOAT = sys.float_info.max
_REQUIRED: Any = dataclasses.MISSING


def option(
    read: Reader,
    default: Any = _REQUIRED,
    *,
    symbol: str = "",
    help: str = "",
    factory: Callable[[], Any] | None = None,
) -> Any:
    """An option of a layer kind: a field with its reader, its letter in formulas and its help."""
    metadata = {"read": read, "symbol": symbol, "help": help}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def reader(form: str, schema: Mapping[str, Any]) -> Callable[[Reader], Reader]:
    """Gives a reader its description: the form for people, the JSON Schema for editors.

    That a text with a `$` may stand for any value is the spec language's own, and is no part of it.
    """

    def describe(read: Reader) -> Reader:
        read.form, read.schema = form, schema  # type: ignore[attr-defined]
        return read

    return describe


def wrong(value: object, wanted: str, help: str = "") -> LayerError:
    """The error for a value of another form than the wanted one."""
    return LayerError("bad_value", f"{brief(value)} is not {wanted}", help)


def whole(value: Any, lowest: int, wanted: str) -> int:
    """A whole number of at least `lowest`, from a number or from its digits."""
    if isinstance(value, str) and re.fullmatch(_WHOLE, value):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(value, wanted)
    if value < lowest:
        raise wrong(value, wanted)
    if value > LARGEST:
        raise LayerError("too_large", f"{brief(value)} is too large", f"at most {LARGEST:,}")
    return value


def _digits(lowest: int) -> str:
    """The pattern of a whole number of at least `lowest`, 0 or 1."""
    return "0*[1-9][0-9]{0,12}" if lowest else "[0-9]{1,13}"


def _whole(lowest: int) -> dict[str, Any]:
    """The JSON Schema of `whole`."""
    bounds = {"minimum": lowest, "maximum": LARGEST}
    return {"type": ["integer", "string"], **bounds, "pattern": f"^{_digits(lowest)}$"}


@reader("a whole number from 1", _whole(1))
def count(value: Any) -> int:
    """A number of things, such as filters."""
    return whole(value, 1, "a whole number from 1")


@reader("a whole number from 0", _whole(0))
def natural(value: Any) -> int:
    """A number that may be none."""
    return whole(value, 0, "a whole number from 0")


@reader("a text", {"type": ["string", "integer"], "pattern": r"^[^\n]{0,200}$"})
def text(value: Any) -> str:
    """A name or a note; a name may be digits alone."""
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or len(value) > 200 or "\n" in value:
        raise wrong(value, "a text of at most 200 characters in one line")
    return value


@reader("a whole number", {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST})
def integer(value: Any) -> int:
    """A number of either sign."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(value, "a whole number")
    if abs(value) > LARGEST:
        raise LayerError("too_large", f"{brief(value)} is too large", f"at most {LARGEST:,}")
    return int(value)


@reader("a number", {"type": "number"})
def number(value: Any) -> float:
    """A number with decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_FLOAT:
        raise wrong(value, "a number")
    return float(value)


@reader("a number from 0 to 1", {"type": "number", "minimum": 0, "maximum": 1})
def fraction(value: Any) -> float:
    """A share of a whole."""
    result: float = number(value)
    if not 0 <= result <= 1:
        raise wrong(value, "a number from 0 to 1")
    return result


_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_ANY_CASE = "|".join("".join(f"[{letter.upper()}{letter}]" for letter in word) for word in _FLAGS)


@reader("true or false", {"type": ["boolean", "string"], "pattern": f"^({_ANY_CASE})$"})
def flag(value: Any) -> bool:
    """True or false, in the words that YAML has had for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _FLAGS:
        return _FLAGS[value.lower()]
    raise wrong(value, "true or false")


def choice(*names: str) -> Reader:
    """One of these words."""

    @reader(" or ".join(names), {"enum": list(names)})
    def read(value: Any) -> str:
        if isinstance(value, str) and value in names:
            return value
        help = did_you_mean(value, names) if isinstance(value, str) else ""
        raise LayerError("bad_value", f"{brief(value)} is not {' or '.join(names)}", help)

    return read


def parts(value: Any) -> list[Any]:
    """The parts of `3x5`, `[3, 5]` or `3`."""
    if isinstance(value, str):
        return re.split(r"[x×X]", value.strip())
    return list(value) if isinstance(value, Sequence) else [value]


def _whole_each(lowest: int) -> dict[str, Any]:
    """The JSON Schema of `3x5`, `[3, 5]` or `3`."""
    each = _digits(lowest)
    return {
        **_whole(lowest),
        "type": ["integer", "string", "array"],
        "pattern": rf"^\s*{each}([x×X]{each}){{0,{MOST_DIMENSIONS - 2}}}\s*$",
        "items": _whole(lowest),
        "minItems": 1,
        "maxItems": MOST_DIMENSIONS - 1,
    }


def _one_each(lowest: int, wanted: str) -> Reader:
    @reader(f"{wanted}, AxB, or a list with one for each dimension", _whole_each(lowest))
    def read(value: Any) -> int | tuple[int, ...]:
        given = parts(value)
        if not 1 <= len(given) < MOST_DIMENSIONS:
            raise wrong(value, f"{wanted}, or one for each of up to three dimensions")
        try:
            sizes = tuple(whole(size, lowest, wanted) for size in given)
        except LayerError as error:
            if error.fault.code == "too_large" or not isinstance(value, str):
                raise
            raise wrong(value, wanted) from None
        return sizes if len(sizes) > 1 else sizes[0]

    return read


sizes = _one_each(1, "a whole number from 1")
naturals = _one_each(0, "a whole number from 0")

_OR_KEPT = _whole_each(1)


@reader(
    "a whole number from 1, AxB, or a list with one for each dimension; null keeps a dimension's size",
    {**_OR_KEPT, "items": {"anyOf": [_OR_KEPT["items"], {"type": "null"}]}},
)
def sizes_or_kept(value: Any) -> int | tuple[int, ...]:
    """Sizes, of which 0 stands for that which comes in."""
    if not _is_list(value) or None not in value:
        return sizes(value)  # type: ignore[no-any-return]
    if not 1 <= len(value) < MOST_DIMENSIONS:
        raise wrong(value, "a whole number from 1, or one for each of up to three dimensions")
    found = tuple(0 if size is None else whole(size, 1, "a whole number from 1") for size in value)
    return found if len(found) > 1 else found[0]


PADDING_WORDS = {
    "valid": "valid", "narrow": "valid", "same": "same", "full": "full", "wide": "full", "causal": "causal",
}  # fmt: skip
_PADS = {
    "anyOf": [
        _whole_each(0),
        {
            "type": "array",
            "items": {"type": "array", "items": _whole(0), "minItems": 2, "maxItems": 2},
            "minItems": 1,
            "maxItems": MOST_DIMENSIONS - 1,
        },
    ]
}


@reader(
    "a number, AxB, a list, pairs [[top, bottom], [left, right]], same, valid, full or causal",
    {"anyOf": [{"enum": list(PADDING_WORDS)}, *_PADS["anyOf"]]},
)
def padding(value: Any) -> Padding:
    """Padding in numbers or by a word."""
    if isinstance(value, str) and not value[:1].isdigit():
        if value in PADDING_WORDS:
            return PADDING_WORDS[value]
        raise LayerError(
            "bad_value",
            f"{brief(value)} is not a padding",
            did_you_mean(value, PADDING_WORDS)
            or "a number, 1x2, [[top, bottom], [left, right]], same, valid, full or causal",
        )
    result: Padding = pads(value)
    return result


@reader("a number, AxB, a list, or pairs [[top, bottom], [left, right]]", _PADS)
def pads(value: Any) -> Padding:
    """Padding in numbers: one for all sides, one for each dimension, or (before, after) pairs."""
    if isinstance(value, Sequence) and not isinstance(value, str) and any(_is_list(part) for part in value):
        if len(value) >= MOST_DIMENSIONS or not all(_is_list(part) and len(part) == 2 for part in value):
            raise wrong(value, "a list of pairs, one (before, after) for each dimension")
        wanted = "a whole number from 0"
        return tuple((whole(a, 0, wanted), whole(b, 0, wanted)) for a, b in value)
    return naturals(value)  # type: ignore[no-any-return]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _shape(most: int, *, open: bool = False) -> Reader:
    """A shape of at most so many dimensions; `open` lets one of them be -1."""
    size = rf"(?:-1|{_digits(1)})" if open else _digits(1)
    each = {"anyOf": [_whole(1), {"enum": [-1, "-1"]}]} if open else _whole(1)
    written = {
        **_whole(1),
        "type": ["integer", "string", "array"],
        "pattern": rf"^\s*{size}(\s*[x×X]\s*{size}){{0,{most - 1}}}\s*$",
        "items": each,
        "minItems": 1,
        "maxItems": most,
    }

    @reader(
        "a shape such as 32x32x3 or [32, 32, 3]" + ("; one size may be -1, what is left" if open else ""),
        {"anyOf": [written, {"const": -1}]} if open else written,
    )
    def read(value: Any) -> tuple[int, ...]:
        given = parts(value)
        if not 1 <= len(given) <= most:
            raise wrong(value, f"a shape of 1 to {most} dimensions", "such as 32x32x3, 100x16 or 400")
        try:
            sizes = tuple(_size(size, open) for size in given)
        except LayerError as error:
            if error.fault.code == "too_large":
                raise
            help = "such as 32x32x3 (height x width x channels), 100x16 or 400"
            if isinstance(value, str) and re.fullmatch(r"[\s(]*\d+[\d\s()*,;]{0,60}", value, re.ASCII):
                help = "write " + "x".join(re.findall(r"\d+", value))
            raise wrong(value, "a shape", help) from None
        if sizes.count(-1) > 1:
            raise wrong(value, "a shape", "only one size can be -1")
        return sizes

    return read


def _size(size: Any, open: bool) -> int:
    size = size.strip() if isinstance(size, str) else size
    return -1 if open and size in (-1, "-1") and size is not True else whole(size, 1, "a size")


shape = _shape(MOST_DIMENSIONS)
"""A shape as it is written, whatever the layout."""
long_shape = _shape(MOST_AXES)
"""The reader of shapes within a network, which may have more dimensions than an input."""
open_shape = _shape(MOST_AXES, open=True)
"""The reader of such shapes in which one size may be -1: the size that the others leave over."""


@reader("a list of whole numbers from 0", {"type": "array", "items": _whole(0), "uniqueItems": True})
def order(value: Any) -> tuple[int, ...]:
    """The numbers of dimensions."""
    if not _is_list(value):
        raise wrong(value, "a list of whole numbers")
    found = tuple(whole(entry, 0, "a whole number from 0") for entry in value)
    if len(set(found)) < len(found):
        raise LayerError("bad_order", f"{brief(list(found))} is not an order", "name each dimension once")
    return found


@reader(
    "for each filter, the list of input maps that it reads, counted from 0",
    {
        "type": "array",
        "items": {"type": "array", "items": _whole(0), "minItems": 1, "uniqueItems": True},
        "minItems": 1,
    },
)
def table(value: Any) -> tuple[tuple[int, ...], ...]:
    """Which input maps each filter reads."""
    if not _is_list(value) or not value or not all(_is_list(row) for row in value):
        raise wrong(
            value, "a table", "a list for each filter of the input maps that it reads: [[0, 1], [1, 2]]"
        )
    rows = []
    for index, row in enumerate(value):
        maps = tuple(whole(entry, 0, "the number of an input map, from 0") for entry in row)
        if not maps:
            raise LayerError("bad_value", f"filter {index} reads no input map", "name at least one")
        if len(set(maps)) < len(maps):
            raise LayerError(
                "bad_value", f"filter {index} reads an input map twice: {list(maps)}", "name each once"
            )
        rows.append(maps)
    return tuple(rows)


MOST_INDICES = 1_000_000
"""The most numbers that a nested list may hold."""
_DEEPEST_LIST = 3


def _nested_schema(depth: int) -> dict[str, Any]:
    each: dict[str, Any] = dict(integer.schema)  # type: ignore[attr-defined]
    items = each if depth == 1 else {"anyOf": [each, _nested_schema(depth - 1)]}
    return {"type": "array", "minItems": 1, "items": items}


@reader("nested lists of whole numbers", _nested_schema(_DEEPEST_LIST))
def nested_integers(value: Any) -> tuple[Any, ...]:
    """Whole numbers in lists of lists, all of one length at each depth."""
    if not _is_list(value):
        raise wrong(value, "a list of whole numbers")
    found: tuple[Any, ...] = _nested(value, _DEEPEST_LIST, [MOST_INDICES])
    shape_of_nested(found)
    return found


def _nested(value: Any, deeper: int, left: list[int]) -> Any:
    if not _is_list(value):
        left[0] -= 1
        if left[0] < 0:
            raise LayerError("too_large", "the lists hold too many numbers", f"at most {MOST_INDICES:,}")
        return integer(value)
    if not value or not deeper:
        raise LayerError("bad_value", "the lists are empty, or nested too deep", "such as [[0, 1], [1, 2]]")
    return tuple(_nested(each, deeper - 1, left) for each in value)


def shape_of_nested(value: Any) -> tuple[int, ...]:
    """The sizes of nested lists, which must be alike at each depth."""
    if not isinstance(value, tuple):
        return ()
    shapes = {shape_of_nested(each) for each in value}
    if len(shapes) > 1:
        raise LayerError("unlike_shapes", "the lists differ in length", "such as [[0, 1], [1, 2]]")
    return (len(value), *shapes.pop())
