"""Which layers the rows of a sheet are: by name, else by kind and order."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cnncalc.analysis.rows import LayerReport
from cnncalc.homework.headings import bare, is_input, label_role
from cnncalc.homework.key import Key
from cnncalc.homework.word_lists import WORD_LISTS, forms, word_set
from cnncalc.layers import aliases, names
from cnncalc.layers.support.base import Layer

MOST_PAIRS = 250_000
"""The most pairs of a row and a layer that are compared."""

_CLASS_OF = forms("layer_classes")
"""A word of labels -> the class of layers that it means."""
_CLASSES = frozenset(_CLASS_OF.values())
_ORDINALS: dict[str, int] = WORD_LISTS["ordinals"]
_LETTERED = re.compile(r"\s*([cspf])[\s_-]?\d{1,2}\s*+(?:layer|层|層)?\s*")
_LETTERS = {"c": "conv", "s": "pool", "p": "pool", "f": "dense"}
"""Letters for kinds of layers beside a number, as LeCun's C1, S2 and F6."""
_IN_PLACE = word_set("in_place_layers")
_PIECES = re.compile(r"\d++|[^\W\d_]++")


class _Label(NamedTuple):
    """The parts of a label: a class of layers, and a number."""

    family: str
    numbers: tuple[int, ...]


@lru_cache(maxsize=4096)
def _read(label: str) -> _Label:
    text = unicodedata.normalize("NFKC", label[:120])
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold() if text[:1].isupper() else text.casefold()
    # C0NV1 is written with a nought
    text = re.sub(r"(?<=[a-z])0(?=0*[a-z])", "o", text)
    text = re.sub(r"(?<=[a-z])0(?=[a-z])", "o", text)
    text = re.sub(r"\b([123])(?:st|nd|rd|th)\b", r" \1 ", text)
    text = re.sub(r"[123]d(?![a-z])", " ", text)
    kind, numbers = "", []
    if lettered := _LETTERED.fullmatch(text):
        kind = _LETTERS[lettered[1]]
    for piece in _PIECES.findall(text):
        if piece.isdigit():
            numbers += [int(piece)] if len(piece) < 7 else []
        elif piece in _ORDINALS:
            numbers.append(_ORDINALS[piece])
        elif found := _class_in(piece):
            kind = kind or found
    return _Label(kind or _other_class(text), tuple(numbers))


def _class_in(word: str) -> str:
    """The class that a word says; of writing without spaces, also the class that stands in it."""
    if word in _CLASS_OF:
        return _CLASS_OF[word]
    for form in sorted(_CLASS_OF, key=len, reverse=True):
        if (word.startswith(form) and len(form) > 3) or (not form.isascii() and form in word):
            return _CLASS_OF[form]
    return ""


def _other_class(text: str) -> str:
    """The letters of a label that names no usual class, as relu and batchnorm are named."""
    return "".join(c for c in text.partition("(")[0] if c.isalpha())


def _class_of_layer(layer: Layer) -> str:
    if layer.pools:
        return "pool"
    if layer.flattens:
        return "flatten" if layer.reshapes else "dense"
    if "kernel" in layer.options:
        return "conv"
    return _read(layer.kind.replace("_", "")).family


def is_class(label: str) -> bool:
    """Whether a label says a usual class of layers.

    >>> is_class("2nd convolution"), is_class("全连接层1"), is_class("lunch")
    (True, True, False)
    """
    return _read(label).family in _CLASSES


def matched(key: Key, labels: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    """The layers that the labels of a table mean, by the number of the label, and notes on other labels.

    Labels are names; where some are not, they are taken by kind and order, if that finds more of them.
    """
    named: dict[int, str] = {}
    for at, label in enumerate(labels):
        name = key.row(label)
        if name is not None and name not in named.values():
            named[at] = name
    if len(named) == len(labels):
        return named, []
    layers = key.report.layers
    if len(labels) * len(layers) > MOST_PAIRS:
        return named, []
    rest = [at for at, label in enumerate(labels) if not is_input(label)]
    ordered = _in_order(key, [labels[at] for at in rest], layers)
    found = {rest[at]: name for at, name in ordered.items()}
    if len(found) <= len(named):
        found = named
    found = _with_those_between(key, labels, rest, found)
    if len(found) <= len(named):
        return named, []
    told = ", ".join(f"{labels[at]} for {name}" for at, name in found.items() if named.get(at) != name)
    if not any(is_class(labels[at]) for at in found) and not named:
        return found, ["no name is that of a layer: the rows are taken in order"]
    return found, [f"taken by kind and order: {told[:200]}"] if told else []


def _in_order(key: Key, labels: Sequence[str], layers: Sequence[LayerReport]) -> dict[int, str]:
    """The layers of labels that stand in the order of the network."""
    essential = [row for row in layers if not row.in_place]
    known = any(is_class(label) or key.row(label) for label in labels)
    if not known:
        among = next((each for each in (layers, essential) if len(each) == len(labels)), None)
        return {at: row.name for at, row in enumerate(among)} if among else {}
    scores = _scores(key, labels, layers)
    # the best that comes of the labels from one on and the layers from one on
    best = [[0] * (len(layers) + 1) for _ in range(len(labels) + 1)]
    for at in range(len(labels) - 1, -1, -1):
        for to in range(len(layers) - 1, -1, -1):
            here = scores[at][to]
            taken = here + best[at + 1][to + 1] if here else 0
            best[at][to] = max(taken, best[at + 1][to], best[at][to + 1])
    found: dict[int, str] = {}
    at = to = 0
    while at < len(labels) and to < len(layers):
        here = scores[at][to]
        if here and best[at][to] == here + best[at + 1][to + 1]:
            found[at] = layers[to].name
            at, to = at + 1, to + 1
        elif best[at][to] == best[at + 1][to]:
            at += 1
        else:
            to += 1
    return found


def _with_those_between(
    key: Key, labels: Sequence[str], rest: Sequence[int], found: dict[int, str]
) -> dict[int, str]:
    """The layers found, and those of unknown labels where as many layers stand between those found."""
    left = {row.name: row for row in key.report.layers if not row.in_place}
    order = list(left)
    places = [order.index(found[at]) if found.get(at) in left else None for at in rest]
    if [at for at in places if at is not None] != sorted({at for at in places if at is not None}):
        return found
    more = dict(found)
    start, before = 0, -1
    for end, place in enumerate([*places, len(order)]):
        if place is None:
            continue
        run = range(start, end)
        between = order[before + 1 : place]
        if (
            found
            and (2 * len(found) > len(rest) or all(_has_number(labels[rest[at]]) for at in run))
            and len(run) == len(between)
            and all(_may_be(labels[rest[at]], left[name]) for at, name in zip(run, between, strict=True))
        ):
            more |= {rest[at]: name for at, name in zip(run, between, strict=True)}
        start, before = end + 1, place
    return dict(sorted(more.items()))


def _has_number(label: str) -> bool:
    return any(map(str.isdigit, label))


def _may_be(label: str, row: LayerReport) -> bool:
    """Whether a label says neither the name of a kind nor a class that is another layer's."""
    family = _read(label).family
    if family in _CLASSES:
        return ("dense" if family == "output" else family) == _class_of_layer(row.node.layer)
    kinds = {kind.replace("_", "") for kind in (*names(), *aliases())} | _IN_PLACE
    return not any(len(kind) > 2 and family.startswith(kind) for kind in kinds)


def _is_plain(label: str) -> bool:
    """Whether a label says that a row is a layer, and no more: `Layer 1`."""
    word = label.strip(" .:#()0123456789")
    return word != label and label_role(word) == "name"


def _scores(key: Key, labels: Sequence[str], layers: Sequence[LayerReport]) -> list[list[int]]:
    """How well each label goes with each layer: 0 if it can't be meant."""
    classes = [_class_of_layer(row.node.layer) for row in layers]
    ordinals = [classes[: at + 1].count(kind) for at, kind in enumerate(classes)]
    last = max((at for at, row in enumerate(layers) if not row.in_place), default=-1)
    named = [bare(row.name) for row in layers]
    kinds = [row.kind.replace("_", "") for row in layers]
    units = [row.node.layer.units_made for row in layers]
    scores = []
    learns = [not row.in_place and bool(row.params) for row in layers]
    # Layer 1 and Layer 1 pool: those that are called no more than layers are those that learn
    plain = [_is_plain(label) for label in labels]
    others = sum(_read(label).family in ("conv", "dense", "output") for label in labels)
    if sum(plain) + others != sum(learns):
        plain = [False] * len(labels)
    for label, is_plain in zip(labels, plain, strict=True):
        said = _read(label)
        is_lettered = bool(_LETTERED.fullmatch(label.casefold()))
        name = key.row(label)
        row = []
        for at, layer in enumerate(layers):
            own = said.family == classes[at] or (said.family == "output" and at == last)
            # LeCun's C5 is dense
            own_letter = said.family == "conv" and classes[at] == "dense" and is_lettered
            if not own and said.family and said.family not in _CLASSES:
                own = said.family in (kinds[at], named[at]) or (
                    len(said.family) > 2 and kinds[at].startswith(said.family)
                )
            own = own or (is_plain and learns[at])
            score = 10 * own + 16 * (layer.name == name)
            # the second of its kind, or of so many units
            score += 5 * own_letter
            score += own and bool({ordinals[at], units[at]} & {*said.numbers})
            row.append(int(score))
        scores.append(row)
    return scores
