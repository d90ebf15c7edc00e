"""Compact text, after the notation of the VGG paper: `C1=conv5-6 s1 p2 relu, maxpool2, fc-10 softmax`.

It becomes the same items that the mapping form gives; it knows the kinds by their traits alone.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.errors import LayerError, brief, did_you_mean, nearest
from cnncalc.layers import aliases, all_aliases, all_names, find, names
from cnncalc.layers.support.base import Layer, fields
from cnncalc.layers.support.options import PADDING_WORDS
from cnncalc.spec.parse import LONGEST_NUMBER
from cnncalc.spec.source import MOST_FAULTS

LONGEST = 100_000
LONGEST_LAYER = 500
"""The most characters of a layer that is said in words, commas among them."""


class CompactItem(NamedTuple):
    """One layer of a compact text: its kind, its options, and at which character (from 0) it stands.

    One that can't be read has its error, and the kind and the name that it was meant to have.
    """

    kind: str
    options: dict[str, Any]
    offset: int
    error: LayerError | None = None


class CompactError(Exception):
    """A fault of a compact text, and the number (from 0) of its character."""

    def __init__(self, error: LayerError, offset: int) -> None:
        super().__init__(str(error))
        self.error, self.offset = error, offset


_NAMED = re.compile(r"([^=]+)=(.*)", re.DOTALL)
_SIZED = re.compile(r"([^\W\d]+?)_?(\d+(?:\.\d+|(?:[x×]\d+)*))?(?:-(\d+))?")
_BEGINNING = re.compile(r"([^\W\d]+)(\d[\dx×]*)?(?:-\d+)?")
_LETTERS = {"s": "stride", "p": "padding", "d": "dilation", "g": "groups", "op": "output_padding"}
_MODIFIER = re.compile(r"([spdg]|op)(\d+(?:[x×]\d+)*)")
_ARROW = re.compile(r"->|=>|[→;；]|(?<= )\|(?= )")  # noqa: RUF001 - the sign of Chinese
"""What people write between layers in place of a comma."""
_PLUS = re.compile(r"\+(?= ?[^\W\d])")
"""The sign between a layer and what rides on the layer: conv3-8+relu."""
_OF_SIZE = re.compile(r"([0-9]{1,9})@([0-9]{1,9})x([0-9]{1,9})")
_TIMES = re.compile(r"([0-9]{1,9})[x×*]?|[x×*]([0-9]{1,9})?")
_WORD = re.compile(r"\S+")
_COUNT = re.compile(r"[x×*]\s?([0-9]{1,9})")
MOST_LAYERS = 10_000
"""The most layers that repeats make of a compact text."""
DEEPEST = 20
"""The most brackets in a segment that is repeated."""
CALL = re.compile(r"(?<![\w.])\.?[^\W\d][\w.]*+\(")
"""A call in a line of a program, which is no compact text."""


def read(text: str) -> list[CompactItem]:
    """The layers of a compact text, those with an error among them.

    >>> read("C1=conv5-6 same, maxpool2")[0].options
    {'name': 'C1', 'kernel': 5, 'filters': 6, 'padding': 'same'}
    """
    if len(text) > LONGEST:
        raise LayerError("too_large", f"a text of {len(text)} characters", f"at most {LONGEST}")
    if CALL.search(text):
        return _of_program(text)
    items: list[CompactItem] = []
    first = begun = faults = 0
    end = len(text.rstrip())
    parted = _ARROW.sub(lambda found: ("," if found.end() < end else "").rjust(len(found[0])), text)
    for segment, start in _segments(parted):
        both = parted[begun : start + len(segment)]
        if items and len(both) <= LONGEST_LAYER and (joined := _spelt_together(both, segment, begun)):
            items[first:] = joined
            continue
        before, first, begun = len(items), len(items), start
        if (repeated := _repeated(segment, start, MOST_LAYERS - len(items))) is not None:
            items += repeated
            continue
        try:
            _read_segment(segment, start, items)
        except CompactError as error:
            others, fault = _mended(segment, start, error)
            if others is not None:
                items[before:] = others
                continue
            # where a word speaks of the layer before it, that layer has failed
            if len(items) == before:
                items.append(_meant(text, fault.offset))
            items[-1] = items[-1]._replace(error=fault.error.moved(fault.offset))
            faults += 1
            if faults == MOST_FAULTS:
                break
    return items


def _of_program(text: str) -> list[CompactItem]:
    """The layers of lines of a program, or of layers that are written as its calls."""
    from cnncalc.spec import pasted

    try:
        return [CompactItem(layer.kind, layer.options, layer.offset) for layer in pasted.read(text)]
    except LayerError:
        if (words := _said_as_calls(text)) is None:
            raise
        return words


def _repeated(segment: str, start: int, room: int) -> list[CompactItem] | None:
    """The layers of a segment that ends in how often: `conv3-64 x2`, `[conv3-64, relu] x3`; else None.

    There is `room` for so many layers. A count stands behind a layer or a bracket: that of `conv 3 x 3`
    stands behind a number.
    """
    text = segment.rstrip()
    if text.count("[") + text.count("(") > DEEPEST:
        return None
    group, _, last = text.rpartition(" ")
    if last.isdecimal() and group.endswith(("x", "×", "*")):
        group, last = group[:-1], group[-1] + last
    closed = max(text.rfind("]"), text.rfind(")"))
    if closed >= 0 and _COUNT.fullmatch(text[closed + 1 :].strip()):
        group, last = text[: closed + 1], text[closed + 1 :].strip()
    count, group = _COUNT.fullmatch(last), group.rstrip()
    if count is None or not group or not (group[-1] in "])" or _has_letter(group.split()[-1])):
        return None
    before = len(group) - len(group.lstrip())
    if group[before] in "[(" and group[-1] in "])":
        group, before = group[before + 1 : -1], before + 1
    else:
        before = 0
    found = [item._replace(offset=item.offset + start + before) for item in read(group)]
    times = int(count[1])
    if len(found) * times > room:
        raise LayerError("too_large", f"more than {MOST_LAYERS:,} layers", "write a spec", offset=start)
    # a name would be that of several layers, which is told at the second
    return [item._replace(options=dict(item.options)) for _ in range(times) for item in found]


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word)) and word not in ("x", "×")


def _said_as_calls(text: str) -> list[CompactItem] | None:
    """Layers that are written as calls, and are no Python: `conv(3x3, 64), pool(2x2)`; None for others."""
    from cnncalc.spec.spellings import in_words

    found: list[CompactItem] = []
    for segment, start in _segments(text):
        # conv(64, 3) may be 64 filters
        if len(segment) > LONGEST_LAYER or ("," in segment and not re.search("[0-9][x×][0-9]", segment)):
            return None
        try:
            said = in_words(re.sub("[(),]", " ", segment))
        except LayerError:
            return None
        if said is None:
            return None
        found.append(CompactItem(*said, start + len(segment) - len(segment.lstrip())))
    return found


def _spelt_together(both: str, segment: str, start: int) -> list[CompactItem] | None:
    """The layer of which a text between commas says more: `conv 5x5, 10 filters, stride 1`."""
    from cnncalc.spec.spellings import in_words, says_more

    try:
        said = in_words(re.sub("[,，]", " ", both)) if says_more(segment) else None
    except LayerError:
        return None  # a kind that can't be loaded is told at its own word
    return None if said is None else [CompactItem(*said, start + len(both) - len(both.lstrip()))]


def _mended(segment: str, start: int, error: CompactError) -> tuple[list[CompactItem] | None, CompactError]:
    """The layers of a segment that is spelt otherwise, None where nobody knows; and what is wrong then."""
    try:
        return _spelt_otherwise(segment, start), error
    except LayerError as spelt:
        # a kind that can't be loaded is told at its own word
        if spelt.fault.code == "missing_option":
            error = CompactError(spelt, start + len(segment) - len(segment.lstrip()))
        return None, error


def _spelt_otherwise(segment: str, start: int) -> list[CompactItem] | None:
    """The layers of a segment that is not compact text, but says layers as people write them."""
    from cnncalc.spec.spellings import as_compact, in_words

    offset = start + len(segment) - len(segment.lstrip())
    parted = _PLUS.sub(" ", segment)
    text = as_compact(parted) or (parted if parted != segment else None)
    if text is not None:
        found: list[CompactItem] = []
        try:
            _read_segment(text, offset, found)
        except CompactError:
            found = []
        if found:
            return [item._replace(offset=offset) for item in found]
    said = in_words(parted)
    return None if said is None else [CompactItem(*said, offset)]


def _meant(text: str, offset: int) -> CompactItem:
    """The layer that a word was probably meant to be."""
    match = _WORD.match(text, offset, offset + LONGEST_LAYER)
    word = match[0].strip(",，") if match else ""
    named = _NAMED.fullmatch(word)
    stem = _BEGINNING.match(named[2] if named else word)
    cls = find(nearest(stem[1].rstrip("_"), [*names(), *aliases()])) if stem else None
    return CompactItem(cls.kind if cls else "", {"name": named[1]} if named else {}, offset)


def _segments(text: str) -> Iterator[tuple[str, int]]:
    """The parts of a text between the commas that stand in no parentheses."""
    depth = start = 0
    for at, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character in ",，" and depth <= 0:
            yield text[start:at], start
            start = at + 1
    yield text[start:], start


def _read_segment(segment: str, start: int, items: list[CompactItem]) -> None:
    current: CompactItem | None = None
    cls: type[Layer] | None = None
    for match in _WORD.finditer(segment):
        word, offset = match[0], start + match.start()
        if current is not None and cls is not None and _modify(word, offset, cls, current.options):
            continue
        layer = _layer(word, offset)
        activation = find(layer.kind)
        if (
            current is not None
            and cls is not None
            and activation is not None
            and activation.is_activation
            and "name" not in layer.options
            and "activation" in fields(cls)
            and "activation" not in current.options
        ):
            current.options["activation"] = {layer.kind: layer.options} if layer.options else layer.kind
            continue
        if current is not None and current.kind == layer.kind and activation and activation.written_once:
            raise CompactError(LayerError("bad_compact", f"{layer.kind} twice"), offset)
        current, cls = layer, activation
        items.append(current)
    if current is None:
        raise CompactError(LayerError("bad_compact", "nothing stands between two commas"), start)


def _modify(word: str, offset: int, cls: type[Layer], options: dict[str, Any]) -> bool:
    """Whether a word says something of the layer before it, and then what."""
    if match := _MODIFIER.fullmatch(word):
        option, value = _LETTERS[match[1]], match[2]
    elif word in PADDING_WORDS:
        option, value = "padding", word
    elif word == "nobias":
        option, value = "bias", "false"
    else:
        return False
    if option not in fields(cls):
        error = LayerError(
            "unknown_option", f"{word}: {cls.kind} has no {option}", "it stands with the layer before it"
        )
        raise CompactError(error, offset)
    if option in options:
        raise CompactError(LayerError("double_key", f"{word}: the {option} is said twice"), offset)
    options[option] = value
    return True


def _layer(word: str, offset: int) -> CompactItem:
    """The layer that a word begins."""
    options: dict[str, Any] = {}
    if named := _NAMED.fullmatch(word):
        options["name"], word = named[1], named[2]
    try:
        cls, sizes = _kind_and_sizes(word)
    except LayerError as error:
        raise CompactError(error, offset) from None
    if cls is None:
        raise CompactError(_unknown(word), offset)
    for option, value in zip(cls.compact, sizes, strict=True):
        if value is None:
            continue
        if not option:
            help = _written(cls)
            if sizes[1] is None and cls.compact[1] and value.isdecimal():
                help = f"write {word.removesuffix(value)}-{value}"
            raise CompactError(LayerError("bad_compact", f"{brief(word)}: {_form(cls)}", help), offset)
        whole = value.isdecimal() and len(value) <= LONGEST_NUMBER
        options[option] = float(value) if "." in value else int(value) if whole else value
    if sizes[0] and sizes[1] is None and cls.compact[1] == "filters":
        side, x, filters = sizes[0].replace("×", "x").partition("x")
        if x and filters.isdecimal():
            usual = f"{word.removesuffix(sizes[0])}{side}-{filters}"
            help = f"{usual} is {filters} filters of {side}x{side}; of {sizes[0]}, write {word}-K"
            message = f"{word} says a kernel of {sizes[0]}, and not how many filters"
            raise CompactError(LayerError("bad_compact", message, help), offset)
    return CompactItem(cls.kind, options, offset)


def _kind_and_sizes(word: str) -> tuple[type[Layer] | None, tuple[str | None, str | None]]:
    """The kind that a word begins with, None where there is none; and its sizes: 5 and 6 of conv5-6."""
    match = _SIZED.fullmatch(word)
    # most words are kinds of this package with sizes: other packages are looked through after that
    for installed in (False, True):
        if cls := find(word, installed=installed):
            return cls, (None, None)
        if match and (cls := find(match[1], installed=installed)):
            return cls, (match[2], match[3])
    return None, (None, None)


def _form(cls: type[Layer]) -> str:
    return f"{cls.kind} has no such number"


def _written(cls: type[Layer]) -> str:
    first, second = cls.compact
    if not first and not second:
        return f"write {cls.kind} alone"
    return f"write {cls.kind}{first.upper()}" + (f"-{second.upper()}" if second else "")


def _parted(word: str) -> str:
    """The layers of a word whose dashes stand between layers, with commas: conv-relu-pool; "" for others."""
    from cnncalc.spec.spellings import KINDS

    parts = re.split(r"-(?=[^\W\d])", word.strip("[]()"))
    told = []
    for part in parts if len(word) <= LONGEST_LAYER else ():
        match = _SIZED.fullmatch(part.lower())
        cls = find(KINDS.get(match[1], match[1])) if match else None
        if match is None or cls is None:
            return ""
        sized = match[2] or match[3] or not any(cls.compact)
        told.append(part if sized else _written(cls).removeprefix("write "))
    return ", ".join(told) if len(told) > 1 else ""


def _unknown(word: str) -> LayerError:
    if parted := _parted(word):
        return LayerError(
            "bad_compact", f"{brief(word)}: commas part layers, and a dash parts sizes", f"such as {parted}"
        )
    match = _BEGINNING.match(word)
    stem = match[1].rstrip("_") if match else word
    if match and word != stem and (cls := find(stem)) is not None:
        rest = word[match.end() :]
        if rest:
            help = _written(cls) + ", in whole numbers"
            if rest[0] in ":\uff1a":
                help += f"; or {word[: match.end()]}: {rest[1:]}, a colon and a space"
            return LayerError("bad_compact", f"{brief(word)}: {brief(rest)} does not belong there", help)
    known = [*all_names(), *all_aliases()]
    if re.fullmatch(r"[spdg][-+.\d].*", word):
        return LayerError(
            "bad_compact", f"{brief(word)} is not a whole number after its letter", "such as s2, p1 or p1x2"
        )
    help = did_you_mean(stem, known) or "conv3-64, maxpool2, fc-10, relu, ...; cnncalc layers lists the kinds"
    if match := _OF_SIZE.fullmatch(word):
        maps, *sides = match.groups()
        kernel = sides[0] if sides[0] == sides[1] else "x".join(sides)
        help = (
            f"{maps} filters of {sides[0]}x{sides[1]} are conv{kernel}-{maps}; sizes of maps are worked out"
        )
    elif match := _TIMES.fullmatch(word):
        count = match[1] or match[2] or "K"
        several = f"{count} layers are conv3-64 x{count}"
        help = f"{count} filters stand behind the kernel, conv3-{count}; {several}"
    elif word == "-":
        help = "commas part layers: conv3-64, relu, maxpool2; the dashes of a list stand in one column"
    elif word[:1].isdigit():
        help = "numbers stand right behind their kind: conv3-64, maxpool2, fc-10"
    return LayerError("unknown_kind", f"{brief(word)} is not a layer", help)
