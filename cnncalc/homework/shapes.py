"""Shapes as people write them, and whether they are the ones wanted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cnncalc.errors import brief
from cnncalc.expr import product
from cnncalc.homework.numbers import Number, Unreadable, normal, read_number
from cnncalc.homework.sentences import marking
from cnncalc.homework.word_lists import word_set
from cnncalc.layers.support.base import from_layout, in_layout

MOST_SIZES = 6


@dataclass(frozen=True)
class WrittenShape:
    """A shape as it was written. `channels_first` is known only of LeCun's `6@28x28`."""

    sizes: tuple[Number, ...]
    channels_first: bool = False

    def __str__(self) -> str:
        return "x".join(map(str, self.sizes))


_BATCH = re.compile(
    r"(?:none|null|(?:mini[ _-]?)?batch(?:[ _-]?size)?|bs|samples|\?|b|n|m|-1)$", re.IGNORECASE
)
_CALL = re.compile(r"^[a-z][a-z._]*(?: shape)?\s?(?=[(\[])")
"""The text before the brackets of torch.Size([6, 28, 28])."""
_BY = re.compile(r"-?\b(?:by|with)\b-?|乘")
_DIMENSIONAL = re.compile(r"^[1-4]\s?-?d\s?[:,]?\s|(?<=\d)\s?-?(?:d(?:im(?:ensional)?)?(?=\s|$)|维)")
"""Words for the number of axes: 3D: 28x28x6, a 120-dimensional vector."""
_SPELT = (
    (_BY, "x"),
    (re.compile(r"\b[nhwcd]\s*[=:]\s*(?=\d)"), ""),
    # 28(H) x 28(W), 28H x 28W
    (re.compile(r"(?<=\d)\s?(?:\([hwcd高宽深]\)|[hwc](?![a-z]))"), ""),
    # (28, 28), 6 and (28x28)x6
    (re.compile(r"^\((\d+)\s?([x*,;])\s?(\d+)\)\s?[x*,;@]\s?(?=\d+$)"), r"\1\2\3\2"),
    (re.compile(r"(?<=\d)\s?[|:]\s?(?=\d)"), "x"),
    (re.compile(r"(?<=[\da-z\])}])[\s,]+(?:because|since|as|weil|因为)\b.*"), ""),
    # what says the order alone: (HWC), (H x W x C)
    (re.compile(r"\((?=[\sx,*]*[nhwc])[\snhwcx,*]++\)$"), ""),
    (re.compile(r"(?<=\d)\s+\((\d+)\)$"), r"x\1"),
    (
        re.compile(r"^(\d+)\s*(?:feature\s+)?(?:channels?|maps?|filters?|通道|个特征图)\s*(?:of|[,:的])\s*"),
        r"\1@",
    ),
)
"""Words for signs: 28 by 28 with 6 channels, H=28, 6 maps of 28x28."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: 00:00:00)?")
_COUNTED_SIDES = re.compile(r"^(\d+\s?[x*]\s?\d+)\s?=\s?\d+(?=\s?[,;x*]\s?\d)")
"""The positions of one map, with how many these are: 28*28 = 784, 6 maps."""
_COUNTED = re.compile(r"(?P<shape>[^()]*+|\([^()]*+\)\s*+)\(\s*+=?\s*+(?P<count>\d[\d,]{0,12}+)[^()\d]*+\)")
_SIZE = re.compile(r"\d{1,9}")
_PARTED = re.compile(r"\d{1,7}(?:\s?-\s?\d{1,7}){2,3}|\d{1,7}(?:\s?/\s?\d{1,7}){2,3}")
_ORDER = re.compile(
    r"[(\[]?\s?(?:[nb]\s?[,x*]\s?)?(?P<first>[chwd])(?:\s?[,x*]\s?[chwd]){1,3}\s?[)\]]?\s?[=:]\s?"
)
"""The order that is said before a shape: (C, H, W) = (6, 28, 28)."""
_WORD = re.compile(r"[^\W\d_]{2}|[个個]")
_PIECE = re.compile(r"\d++|[^\W\d_]++|[^\w\s]")
_BETWEEN = frozenset("x,;:=()*")
_OF_CHANNELS = word_set("channels")
"""Words beside the number of channels."""
_AROUND = word_set("around_sizes")
"""Words around the sizes that say nothing of the channels."""
_ARROW = re.compile(r"->|=>|[→⇒]|\b(?:so|thus|hence|therefore)\b|所以|因此")
_MAPS = re.compile(r"(?:feature\s++)?(?:channels?|maps?|filters?|pixels?|px|通道|个)\s*+$", re.IGNORECASE)


def read_shape(text: str) -> list[WrittenShape]:
    """The ways to read a shape, the likeliest first; raises Unreadable.

    >>> [str(shape) for shape in read_shape("(28, 28, 6)")], str(read_shape("6@28×28")[0])
    (['28x28x6'], '6x28x28')
    """
    # a student's own doubt is no part of the answer
    written = _without_space(normal(text).lower().rstrip("? "))
    if _DATE.fullmatch(written):
        raise Unreadable(
            marking("a_date", answer=brief(text)), "write 10x10x16, or an apostrophe before 10-10-16"
        )
    written = _COUNTED_SIDES.sub(r"\1", written)
    ordered = _ORDER.match(written)
    written = _without_count(_DIMENSIONAL.sub("", written[ordered.end() :] if ordered else written))
    if told := _in_words(_BY.sub("x", written)):
        return [told]
    for said, sign in _SPELT:
        written = said.sub(sign, written)
    written = _among_sides(written)
    if not written:
        raise Unreadable("there is nothing to read")
    return _of_sides(written, channels_first=ordered is not None and ordered["first"] == "c")


def _of_sides(written: str, *, channels_first: bool) -> list[WrittenShape]:
    """The ways to read sizes with signs between them."""
    # LeCun's 6@28x28; who writes 28x28@6 has the channels last
    before, at, after = written.partition("@")
    channels_first = channels_first or (bool(at) and len(_parts(before, "x,;")) <= len(_parts(after, "x,;")))
    inner = _without_brackets(_CALL.sub("", written))
    if _PARTED.fullmatch(inner):
        # 28-28-6 and 28/28/6 are no sums
        return [WrittenShape(tuple(map(read_number, re.split("[-/]", inner))))]
    parts = _split(inner)
    if not 1 <= len(parts) <= MOST_SIZES:
        raise Unreadable(marking("not_a_shape", answer=brief(written)), "such as 28x28x6 or (28, 28, 6)")
    found = []
    if inner == written and re.fullmatch(r"[1-9]\d{0,2}(?:[, ]\d{3})+", inner):
        # 4,096 is a number before it is a shape
        found.append(WrittenShape((read_number(inner),)))
    sizes = tuple(read_number(_without_brackets(part), whole=False) for part in parts)
    if len(sizes) == 1 and sizes[0].value < 1:
        raise Unreadable(marking("not_a_shape", answer=brief(written)), "such as 28x28x6 or (28, 28, 6)")
    if len(sizes) == 2 and any("*" in part for part in parts):
        # 28*28, 6 has a sign within another
        starred = [each for part in parts for each in _parts(part, "*")]
        found.append(WrittenShape(tuple(read_number(each, whole=False) for each in starred), channels_first))
    return [*found, WrittenShape(sizes, channels_first and len(sizes) > 1)]


def _split(inner: str) -> list[str]:
    """The sizes, without that of a batch and without words."""
    parts = _parts(inner, "x,;@")
    if len(parts) == 1:
        # a word with a colon says what follows
        words = [part for part in inner.split() if not part.endswith(":")]
        parts = _parts(inner, "*") if "*" in inner else words
    parts = [stripped for part in parts if (stripped := _MAPS.sub("", part).strip())]
    if len(parts) > 1 and _BATCH.match(parts[0]):
        parts = parts[1:]
    return [side for part in parts for side in _sides(part)] if len(parts) > 1 else parts


def _without_space(written: str) -> str:
    """The shape without the space that it is from: R^(28x28x6)."""
    return re.sub(r"^(?:r|ℝ)\s*\^\s*", "", written).strip("{}") if written[:1] in "rℝ" else written


def _without_count(written: str) -> str:
    """The shape without how many values these are: 28x28x6 (4704 values), 28x28x6, 4704 values."""
    if beside := _COUNTED.fullmatch(written):
        shape, count = beside["shape"].strip(), beside["count"].replace(",", "")
    else:
        shape, _, behind = written.rpartition(",")
        count, *words = behind.split() or [""]
        count = "" if not words or _OF_CHANNELS & {*words} else count
    sizes = [int(size) for size in _SIZE.findall(shape)[: MOST_SIZES + 1]]
    return shape if sizes and count.isdecimal() and int(count[:13]) == product(sizes) else written


def _in_words(written: str) -> WrittenShape | None:
    """The shape of words alone: 6 feature maps of 28x28; height 28, width 28, 6 channels; a vector of 120."""
    if not _WORD.search(written):
        return None
    pieces = [piece for piece in _PIECE.findall(written) if piece not in _AROUND]
    if not all(piece.isdigit() or piece in _OF_CHANNELS or piece in _BETWEEN for piece in pieces):
        return None
    numbers = [at for at, piece in enumerate(pieces) if piece.isdigit()]
    channels = []
    for at, piece in enumerate(pieces):
        if piece in _OF_CHANNELS:
            # 6 maps, but channels: 6 and 28x28 maps 6
            named = pieces[at + 1 : at + 2] in (["="], [":"])
            before = at - 1 if at - 1 in numbers and pieces[at - 2 : at - 1] != ["x"] and not named else None
            after = next((number for number in numbers if number > at), None)
            channels.append(before if before is not None else after)
    known = list(dict.fromkeys(at for at in channels if at is not None))
    if len(known) > 1 or not 1 <= len(numbers) <= MOST_SIZES:
        return None
    positions = [at for at in numbers if at not in known]
    first = bool(known and positions) and known[0] < positions[0]
    order = [*known, *positions] if first else [*positions, *known]
    return WrittenShape(tuple(read_number(pieces[at]) for at in order), channels_first=first)


def _sides(part: str) -> list[str]:
    """A size, or the two of a square: 28^2."""
    side, _, exponent = part.rpartition("^")
    return [side.strip()] * 2 if side.strip() and exponent.strip() == "2" else [part]


def _among_sides(written: str) -> str:
    """The shape among the sides of equations, behind any arrow: 28x28x6 of `28x28x6 = 4704`."""
    sides = [side.strip() for side in _ARROW.split(written)[-1].split("=")]
    return next((side for side in sides if len(_parts(_without_brackets(side), "x,;@")) > 1), sides[0])


def _without_brackets(text: str) -> str:
    """The text within one pair of brackets around the whole."""
    pairs = {"(": ")", "[": "]", "{": "}", "<": ">"}
    while len(text) > 1 and pairs.get(text[0]) == text[-1]:
        depth = 0
        for at, character in enumerate(text):
            depth += (character == text[0]) - (character == text[-1])
            if depth == 0 and at < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _parts(text: str, signs: str) -> list[str]:
    """The parts between signs that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        # the x of max is no sign
        letters = character == "x" and at > 1 and text[at - 2 : at].isalpha()
        if depth <= 0 and character in signs and not letters:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def shape_agrees(
    given: WrittenShape, wanted: Sequence[Fraction | int], tolerance: Fraction = Fraction(0)
) -> bool:
    """Whether each size is the one wanted."""
    return len(given.sizes) == len(wanted) and all(
        number.agrees(size, tolerance) for number, size in zip(given.sizes, wanted, strict=True)
    )


def agreement(reading: WrittenShape, wanted: tuple[Any, ...], layout: str, loose: bool) -> str:
    """How a shape agrees with one that is (..., channels): "right", "transposed", or "" if it doesn't."""
    if reading.channels_first:
        return "right" if shape_agrees(reading, in_layout(wanted, "chw")) else ""
    written = in_layout(wanted, layout)
    if shape_agrees(reading, written):
        return "right"
    if len(wanted) > 1:
        if shape_agrees(reading, in_layout(wanted, "chw" if layout == "hwc" else "hwc")):
            return "transposed"
        positions, single = wanted[:-1], len(reading.sizes) == 1
        # "output size" may mean the positions alone, or how many values there are
        if loose and (
            shape_agrees(reading, positions)
            or (single and len(set(positions)) == 1 and shape_agrees(reading, positions[:1]))
            or (single and shape_agrees(reading, (product(wanted),)))
        ):
            return "right"
    bare_sizes = WrittenShape(tuple(_without_ones(reading.sizes, lambda size: size.value == 1)))
    for how, order in (("right", layout), ("transposed", "chw" if layout == "hwc" else "hwc")):
        if shape_agrees(bare_sizes, _without_ones(in_layout(wanted, order), lambda size: size == 1)):
            return how
    return ""


def as_meant(
    reading: WrittenShape, wanted: Sequence[tuple[int, ...]], layout: str, usual: str | None = None
) -> tuple[int, ...]:
    """A wrong shape as (..., channels), in the order in which it seems to be meant.

    `wanted` are shapes that it could have been, the right one first, `layout` is the order that is asked
    for, and `usual` the one that the sheet keeps to elsewhere. What agrees with one of them, has its
    rows and columns alike where the right shape has, and is written as usual, is likelier.

    >>> as_meant(read_shape("8x28x28")[0], [(28, 28, 6)], "hwc")
    (28, 28, 8)
    """
    sizes = tuple(int(size.value) for size in reading.sizes)
    if len(sizes) < len(wanted[0]) and not reading.channels_first:
        return (*sizes, wanted[0][-1])
    square = len(set(wanted[0][:-1])) == 1

    def likelihood(order: str) -> int:
        shape = from_layout(sizes, order)
        agreeing = max(sum(a == b for a, b in zip(shape, each, strict=False)) for each in wanted)
        return agreeing + 2 * (square and len(set(shape[:-1])) == 1) + 2 * (order == usual)

    orders = ("chw",) if reading.channels_first else (layout, "chw" if layout == "hwc" else "hwc")
    return from_layout(sizes, max(orders, key=likelihood))


def _without_ones(sizes: Sequence[Any], is_one: Any) -> list[Any]:
    """The sizes without the ones at both ends: 120 is (120, 1) and 1x1x120."""
    found = list(sizes)
    while found and is_one(found[0]):
        found.pop(0)
    while found and is_one(found[-1]):
        found.pop()
    return found
