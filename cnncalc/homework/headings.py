"""The meaning of headings and labels: quantities, the column of the layers, the rows of the total."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from cnncalc.homework.heading_words import LONGEST_HEADING, words
from cnncalc.homework.word_lists import WORD_LISTS
from cnncalc.quantity import RECORDS, find

ASKED = tuple(quantity.name for quantity in RECORDS if quantity.asked)
HEADINGS = {
    quantity.name: quantity.headings
    for quantity in RECORDS
    if quantity.asked and not quantity.only_where_asked
}
QUANTITY_OF = {name: quantity for quantity, names in HEADINGS.items() for name in names.split("|")}

_SILENT = frozenset({"layer", "learnable", "total", "count"})
"""Words that a quantity's heading may have or not."""
_OF_TRAINING = frozenset({"mac", "flop", "memory"})
_OF_LABELS = frozenset({"layer", "name", "type", "block", "index", "count", "operation"})
_PARTS: dict[str, str] = WORD_LISTS["heading_sides"]
_OF_OPTIONS = frozenset({"stride", "padding", "filter"})
_AXES = re.compile(r"(?:output )?\(?(?:n_)?[nbhwcd](?:\s?[x×*,/]\s?(?:n_)?[hwcd]){1,3}\)?", re.IGNORECASE)
_LOOSE = {
    *map(
        frozenset,
        (["output", "size"], ["output"], ["size"], ["map", "size"], ["volume"], ["spatial", "size"]),
    ),
    *map(
        frozenset,
        (
            ["spatial", "shape"],
            ["feature", "map", "size"],
            ["activation"],
            ["feature", "map"],
            ["activation", "volume"],
        ),
    ),
}
"""Headings that may mean the positions alone, a shape, or how many values there are."""
TOTALS = frozenset(WORD_LISTS["total_labels"])
_OF_TOTALS = frozenset({"total", "param", "count", "layer", "learnable", "network", "model", "whole"})
INPUTS = frozenset(WORD_LISTS["input_labels"])
LAYERS = frozenset(WORD_LISTS["layer_headings"])


@cache
def _bags() -> dict[frozenset[str], str]:
    found: dict[frozenset[str], str] = {}
    for heading, quantity in QUANTITY_OF.items():
        found.setdefault(_bag(heading), quantity)
    return found


def _bag(heading: str) -> frozenset[str]:
    named = frozenset(words(heading))
    # the number of outputs is no shape
    counted = {"count"} if named - _SILENT in ({"output"}, {"feature", "map"}) else set()
    # of parameters learnable says nothing new; the operations and the memory of training are other numbers
    counted |= {"learnable"} if named & _OF_TRAINING else set()
    # the stride in all is the jump, that of the layer is given
    counted |= {"total"} if named - _SILENT == {"stride"} else set()
    return named - (_SILENT - counted)


def asked_quantity(name: str) -> str | None:
    """The quantity that a teacher asks for, by its name, an alias or a heading.

    >>> asked_quantity("kernel"), asked_quantity("# Parameters"), quantity_of("kernel")
    ('kernel', 'params', None)
    """
    named = find(name)
    return named.name if named and named.asked else quantity_of(name)


def headings_of(quantities: Iterable[str]) -> dict[Any, str]:
    """The headings of quantities whose columns are answers only where they are asked, and their words."""
    found: dict[Any, str] = {}
    for quantity in (record for record in RECORDS if record.only_where_asked and record.name in quantities):
        for heading in (*quantity.names, quantity.asked, *quantity.headings.split("|")):
            found[plain_key(heading)] = quantity.name
            if (bag := _bag(heading)) and bag not in _bags():
                found[bag] = quantity.name
    return found


def quantity_of(heading: str, known: Mapping[Any, str] | None = None) -> str | None:
    """The quantity that a heading means; `known` are headings that somebody has said the meaning of.

    >>> quantity_of("# Parameters"), quantity_of("Activation Shape"), quantity_of("感受野")
    ('params', 'shape', 'receptive_field')
    >>> quantity_of("Nombre de paramètres"), quantity_of("Größe der Ausgabe"), quantity_of("HxWxC")
    ('params', 'shape', 'shape')
    """
    if known and (said := known.get(plain_key(heading)) or known.get(_bag(heading))):
        return said
    if not heading.strip():
        return None
    if (named := find(heading)) and named.asked and not named.only_where_asked:
        return named.name
    if _AXES.fullmatch(heading.strip()[:LONGEST_HEADING]):
        return "shape"
    return QUANTITY_OF.get(plain_key(heading)) or _bags().get(_bag(heading))


def rank(heading: str) -> int:
    """How surely a heading means its quantity: those that are named first are the surer."""
    bag = _bag(heading)
    return next((at for at, name in enumerate(QUANTITY_OF) if _bag(name) == bag), len(QUANTITY_OF))


def is_loose(heading: str) -> bool:
    """Whether a heading may mean the positions alone, without the channels, or a number of values."""
    bag = _bag(heading)
    return bag in _LOOSE or (bag == {"output", "shape"} and "dim" in heading.casefold())


def label_role(heading: str) -> str:
    """The role of a column of labels: a name, a type, a block, an index; "" for another column."""
    named = frozenset(words(heading))
    if not named or not named <= _OF_LABELS:
        return ""
    for role in ("name", "type", "block", "index"):
        if role in named:
            return role
    return "type" if "operation" in named else "index" if "count" in named else "name"


def part_of_shape(heading: str) -> str:
    """Of a column that has one size of a shape: height, width or channels; "" for another."""
    key = plain_key(heading)
    if key in _PARTS:
        return _PARTS[key]
    named = frozenset(words(heading)) - {"output", "layer", "count", "size", "map", "feature"}
    return _PARTS.get(next(iter(named)), "") if len(named) == 1 else ""


def says_options(heading: str) -> bool:
    """Whether a column has options of the layers: a table of the architecture has no answers."""
    named = frozenset(words(heading)) - {"size", "count", "shape"}
    return len(named) == 1 and bool(named & _OF_OPTIONS)


def side_of_params(text: str) -> str:
    """Of a word beside a number of parameters: weights or biases; "" for another."""
    named = frozenset(words(text)) - _SILENT - {"param"}
    return {frozenset({"weight"}): "weights", frozenset({"bias"}): "biases"}.get(named, "")


def plain_key(text: str) -> str:
    """A heading or a name without case, signs, and words in parentheses, which people vary."""
    text = unicodedata.normalize("NFKC", text[: 2 * LONGEST_HEADING]).casefold()
    text = re.sub(r"\([^)]*\)?|\[[^\]]*\]?", " ", text)
    text = re.sub(r"# ?of\b|\b(?:(?:total )?number of|no\. ?of|num|nr\.?|no\.|count of)\b", " ", text)
    text = re.sub(r"[#_*`.:№-]", " ", text)
    return " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())


def unit_of(heading: str) -> str:
    """The unit that a heading names: KB of `Memory (KB)`."""
    found = re.search(r"\(([^()]*)\)", unicodedata.normalize("NFKC", heading[: 2 * LONGEST_HEADING]))
    return found[1].strip() if found else ""


def is_total(label: str) -> bool:
    """Whether a row is that of the total.

    >>> [is_total(label) for label in ("Total", "总参数量", "All layers", "TOTAL PARAMETERS:", "FC3")]
    [True, True, True, True, False]
    """
    key = plain_key(label)
    if key in TOTALS or key.partition(" ")[0] in ("total", "totals"):
        return True
    named = set(words(label))
    return "total" in named and (named <= _OF_TOTALS or quantity_of(label) is not None)


def is_input(label: str) -> bool:
    """Whether a row is that of the input, which asks nothing."""
    return plain_key(label) in INPUTS or set(words(label)) in ({"input"}, {"input", "layer"})


def bare(label: str) -> str:
    """A layer's name without case, signs and blanks, which people vary.

    >>> bare("CONV1 (f=5, s=1)"), bare("Max-Pool 1")
    ('conv1', 'maxpool1')
    """
    return plain_key(label).replace(" ", "")
