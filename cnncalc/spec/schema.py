"""The JSON Schema of the spec language (draft 2020-12), for editors: kinds and options are the classes'.

A schema can't look a name up. So where a spec has blocks of its own, an unknown kind is taken for one of
them; where it has none, every kind must be known. What arithmetic, references and shapes decide is left
to the program, and a text with a `$` may stand for any value.
"""

import dataclasses
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.layers import all_aliases, all_names, find
from cnncalc.layers.support.base import LAYOUTS, Layer, fields
from cnncalc.layers.support.options import PADDING_WORDS, flag, natural, shape
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.quantity import NUMBERS
from cnncalc.spec.document import EXPECTED, ITEM_WORDS, KEYS
from cnncalc.spec.layer_cache import COMMON_OPTIONS
from cnncalc.spec.schema_pieces import (
    DOLLAR,
    LATER,
    NOTHING,
    Schema,
    either,
    pattern_text,
    read_by,
    ref,
    refs,
    taken_by,
)

_NAME = r"[^\x00-,./:-@\[-^`{-\x7f]{1,100}"
"""A name: letters, digits, `_` and `-`, said in what the patterns of Python and JavaScript have in common."""
_IDENTIFIER = r"^[^\x00-/0-9:-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*$"
_NUMBER = r"[0-9]+(?:\.[0-9]+|(?:[x×][0-9]+)*)"
_MODIFIER = rf"[spdg][0-9]+(?:[x×][0-9]+)*|nobias|{'|'.join(PADDING_WORDS)}"

_KEYS = {
    "$schema": "Where an editor finds this schema, in JSON: YAML says it in a comment.",
    "name": "What the network is called.",
    "family": "The family that it belongs to.",
    "year": "The year that it was published.",
    "source": "Where it comes from.",
    "notes": "What there is to know about it.",
    "input": "The shape of the input: 32x32x3 (height x width x channels), 100x16 (length x channels), "
    "16x112x112x3 (depth first), 400 (a vector), or a list; for several inputs, a mapping name -> shape.",
    "layout": "How shapes are written: hwc, channels last, or chw, channels first. The network is the same.",
    "rounding": "What becomes of a size that a stride doesn't divide; exact refuses it.",
    "variables": "Names with numbers, used as $name; --set name=value changes one.",
    "blocks": "Blocks of your own, by name. Where there are any, an unknown kind is taken for one of them.",
    "layers": "The layers, in order.",
    "outputs": "The layers whose values come out; the last one, and every head, unless said.",
    "expect": "What the numbers ought to be, for cnncalc verify: of total, or of a layer by its name.",
}
_COMMON = {
    "name": "The layer's name: letters, digits, _ and -.",
    "from": "The layer that it reads, by name, in place of the one before; a merge takes a list of them."
    " ^ is what the block or the round around it reads.",
    "share": "The name of a layer of the same kind, before this, whose weights it uses.",
    "trainable": "Whether its weights are learned.",
}
_WORDS = {
    "repeat": "Layers that come several times; $index is 1, 2, 3, ... or counts from first.",
    "block": "A group of layers with a name, shown as a tree and summed.",
    "head": "A side path that ends in an output; the main path goes on from where it was.",
}
_NO_LAYER = "neither a layer kind nor compact text such as conv3-64 same relu, maxpool2"


def schema() -> Schema:
    """The JSON Schema of a spec."""
    kinds = {name: cls for name in all_names() if (cls := find(name))}
    merges = [name for name, cls in kinds.items() if cls.inputs == "many"]
    merges += [name for name, cls in kinds.items() if cls.inputs == "any"]
    options = {name: _options_of(cls) for name, cls in kinds.items() if name not in merges}
    activations = [
        word for word in [*all_names(), *all_aliases()] if (cls := find(word)) and cls.is_activation
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "A network, as cnncalc reads it",
        **_document(),
        "$defs": {
            **_common(),
            "sources": _sources(),
            "kind": {"enum": _taken()},
            "activation": _activation(activations),
            **options,
            **_items(kinds, merges, own_blocks=False),
            **_items(kinds, merges, own_blocks=True),
        },
    }


def _document() -> Schema:
    """The top of a spec."""
    text = {"type": ["string", "number", "boolean", "null"]}
    name = {"type": "string", "pattern": f"^{_NAME}$"}
    own: dict[str, Schema] = {
        "$schema": {"type": "string"},
        "name": text,
        "family": text,
        "year": either(read_by(natural), NOTHING),
        "source": text,
        "notes": text,
        "input": either(
            taken_by(shape),
            {"type": "object", "propertyNames": name, "additionalProperties": taken_by(shape)},
            NOTHING,
        ),
        "layout": {"enum": [*LAYOUTS, None], "default": "hwc"},
        "rounding": {"enum": [*ROUNDINGS, None], "default": "floor"},
        "variables": {
            "type": ["object", "null"],
            "propertyNames": {"pattern": _IDENTIFIER},
            "additionalProperties": {"type": ["number", "string", "boolean"]},
        },
        "blocks": {
            "type": ["object", "null"],
            "propertyNames": {**name, "not": ref("kind")},
            "additionalProperties": _block(),
        },
        "layers": {"type": "array", "minItems": 1},
        "outputs": {"type": ["string", "array", "null"], "items": {"type": "string"}, "minItems": 1},
        "expect": {"type": ["object", "string", "null"], "additionalProperties": _quantities()},
    }
    return {
        "type": "object",
        "properties": {key: {"description": _KEYS[key], **own[key]} for key in KEYS},
        "required": ["layers"],
        "additionalProperties": False,
        "if": {"required": ["blocks"], "properties": {"blocks": {"type": "object", "minProperties": 1}}},
        "then": {"properties": {"layers": {"items": ref("item_or_block")}}},
        "else": {"properties": {"layers": {"items": ref("item")}}},
    }


def _block() -> Schema:
    """A block of the author's own."""
    option = {"pattern": _IDENTIFIER, "not": {"enum": ["name", "from"]}}
    return {
        "type": "object",
        "properties": {
            "options": {
                "description": "Its options with their defaults; one without a default must be given.",
                "type": ["object", "array", "null"],
                "propertyNames": option,
                "items": {"type": "string", **option},
            },
            "layers": {
                "description": "Its layers; $option stands for the value of an option.",
                "type": "array",
                "items": ref("item_or_block"),
            },
            "notes": {"description": "What there is to know about it."},
        },
        "required": ["layers"],
        "additionalProperties": False,
    }


def _quantities() -> Schema:
    """The quantities that `expect` may give for a layer or the total."""
    return {
        "type": "object",
        "properties": {
            name: {"type": "number" if quantity.unit == "ratio" else "integer"}
            if quantity.unit in NUMBERS
            else read_by(shape)
            for quantity in EXPECTED
            for name in quantity.names
        },
        "additionalProperties": False,
    }


# ---- layers


def _options_of(cls: type[Layer]) -> Schema:
    """The value after the name of a kind: its options, its main option, or nothing."""
    return {"description": _described(cls), **either(*_forms_of(cls))}


def _forms_of(cls: type[Layer]) -> list[Schema]:
    """The forms of the value after the name of a kind, the mapping first."""
    known = fields(cls)
    required = [name for name, field in known.items() if _is_required(field)]
    mapping: Schema = {
        "type": "object",
        "properties": {
            **{name: _option(field) for name, field in known.items()},
            **refs(name for name in COMMON_OPTIONS if name not in known),
        },
        "additionalProperties": False,
    }
    if required:
        # a layer that shares another's weights has that one's options
        mapping |= {"if": {"required": ["share"]}, "else": {"required": required}}
    forms: list[Schema] = [mapping]
    if cls.short_option and not set(required) - {cls.short_option}:
        forms.append(taken_by(known[cls.short_option].metadata["read"]))
    else:
        forms.append(LATER)
    if not required:
        forms.append(NOTHING)
    return forms


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _option(field: dataclasses.Field[Any]) -> Schema:
    """An option: what it takes, its help, and its default where that can be written."""
    read, help, symbol = (field.metadata[key] for key in ("read", "help", "symbol"))
    told = f"{help[0].upper()}{help[1:]}" + (f" ({symbol} in formulas)" if symbol else "")
    result = {"description": f"{told}. Takes {read.form}.", **taken_by(read)}
    default = field.default
    if isinstance(default, bool | int | float | str):
        result["default"] = default
    return result


def _described(cls: type[Layer]) -> str:
    """The description of a kind, from the first line of its file and its class."""
    first, _, _ = inspect.cleandoc(inspect.getmodule(cls).__doc__ or "").partition("\n\n")
    return "\n\n".join(" ".join(text.split()) for text in (first, cls.__doc__ or ""))


def _common() -> dict[str, Schema]:
    """The options of every layer."""
    own: dict[str, Schema] = {
        "name": {"type": ["string", "integer", "null"], "pattern": rf"{DOLLAR}|^{_NAME}$"},
        "from": {**_sources(), "maxItems": 1},
        "share": {"type": ["string", "integer", "null"]},
        "trainable": {**taken_by(flag), "default": True},
    }
    return {name: {"description": _COMMON[name], **own[name]} for name in COMMON_OPTIONS}


def _sources() -> Schema:
    """The names that a merge reads."""
    names = {"type": ["string", "integer", "array", "null"], "items": {"type": ["string", "integer"]}}
    return {"description": _COMMON["from"], **names, "minItems": 1}


def _activation(known: Sequence[str]) -> Schema:
    """The value of an `activation` option."""
    options = {name: ref(all_aliases().get(name, name)) for name in known}
    mapping = {"properties": options, "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
    return {"anyOf": [{"enum": ["none", *known, None]}, {"type": "object", **mapping}]}


def _items(kinds: Mapping[str, type[Layer]], merges: Sequence[str], *, own_blocks: bool) -> Schema:
    """An item of `layers`, and lists of items; with blocks of the author's own, or without."""
    suffix = "_or_block" if own_blocks else ""
    item, path = ref(f"item{suffix}"), ref(f"path{suffix}")
    known = {**{name: name for name in kinds}, **all_aliases(), **{word: word for word in ITEM_WORDS}}
    many = {*merges, *ITEM_WORDS}
    of_paths = {name for name in merges if kinds[name].inputs == "many"} | {*ITEM_WORDS}
    one_key: Schema = {
        "type": "object",
        "properties": {
            word: ref(f"{name}{suffix}" if name in many else name) for word, name in known.items()
        },
        "patternProperties": {DOLLAR: {}},
        "minProperties": 1,
        "maxProperties": 1,
    }
    if own_blocks:
        one_key["propertyNames"] = {"pattern": rf"{DOLLAR}|^{_NAME}$"}
    else:
        one_key["additionalProperties"] = False
    text: Schema = pattern_text(
        f"{DOLLAR}|{_compact({word: find(word) for word, name in known.items() if name not in of_paths})}",
        _NO_LAYER,
    )
    if own_blocks:
        text = {"anyOf": [ref("text"), {"pattern": f"^{_NAME}$", "not": ref("kind")}]}
    written: Schema = {"type": "string", "if": {"type": "string"}, "then": ref(f"text{suffix}")}
    return {
        f"text{suffix}": text,
        f"item{suffix}": either(one_key, written),
        f"layers{suffix}": either({"type": "array", "items": item}, written),
        f"path{suffix}": {"type": ["array", "string"], "items": item},
        **{f"{name}{suffix}": _merge(kinds[name], path) for name in merges},
        **{f"{word}{suffix}": _group(word, ref(f"layers{suffix}"), item) for word in ITEM_WORDS},
    }


def _merge(cls: type[Layer], path: Schema) -> Schema:
    """The value after the name of a merge, or of a layer that may be one."""
    paths = {"type": "array", "items": path, "minItems": 1}
    options = {name: _option(field) for name, field in fields(cls).items()}
    described = {
        "description": "The paths: each a list of layers, [] for the value itself, or a layer's name."
    }
    mapping = {
        "type": "object",
        "properties": {
            "paths": {**described, **either(paths, LATER)},
            **options,
            **refs(COMMON_OPTIONS),
            "from": ref("sources"),
        },
        "additionalProperties": False,
    }
    if cls.inputs == "any":
        alone, *others = _forms_of(cls)
        return {"description": _described(cls), **either({**alone, **mapping}, *others)}
    mapping["anyOf"] = [{"required": ["paths"]}, {"required": ["from"]}]
    return {"description": _described(cls), **either(mapping, paths, LATER)}


def _group(word: str, layers: Schema, item: Schema) -> Schema:
    """The value after repeat, block or head."""
    rounds = {
        "times": {"description": "How many times; 0 leaves the layers out.", **taken_by(natural)},
        "first": {"description": "The index of the first round.", **taken_by(natural), "default": 1},
        "scope": {
            "description": "Whether each round is a scope of names; else its layers are named with $index.",
            **taken_by(flag),
            "default": True,
        },
    }
    least = {"minItems": 1} if word == "head" else {}
    mapping = {
        "type": "object",
        "properties": {
            **(rounds if word == "repeat" else {}),
            **refs(("name", "from")),
            "layers": {"description": "The layers, in order.", **layers, **least},
        },
        "required": ["times", "layers"] if word == "repeat" else ["layers"],
        "additionalProperties": False,
    }
    lists = [] if word == "repeat" else [{"type": "array", "items": item, **least}]
    return {"description": _WORDS[word], **either(mapping, *lists)}


def _compact(kinds: Mapping[str, type[Layer] | None]) -> str:
    """The pattern of compact text: kinds, each with the numbers that it takes, and modifiers."""
    forms: dict[str, list[str]] = {}
    for word, cls in kinds.items():
        if cls is None:
            continue
        required = {name for name, field in fields(cls).items() if _is_required(field)}
        first, second = cls.compact
        if required <= {first, second}:
            numbers = _part(f"_?{_NUMBER}", first, required) + _part("-[0-9]+", second, required)
            forms.setdefault(numbers, []).append(re.escape(word))
    layer = "|".join(f"(?:{'|'.join(sorted(words))}){numbers}" for numbers, words in sorted(forms.items()))
    named = f"(?:{_NAME}=)?(?:{layer})"
    # each word stands at the start, behind a comma, or (a modifier too) behind blanks
    first_word = rf"(?:^|\s*[,，])\s*(?!(?:{_MODIFIER})(?:[\s,，]|$))"
    return rf"^(?!\s*[,，])(?:(?:{first_word}|\s+)(?:{named}|{_MODIFIER})(?=[\s,，]|$))+\s*$"


def _part(pattern: str, option: str, required: set[str]) -> str:
    """A number of compact text: nothing where it sets no option, and left out where that has a default."""
    return "" if not option else f"(?:{pattern})" + ("" if option in required else "?")


def _taken() -> list[str]:
    return sorted({*all_names(), *all_aliases(), *ITEM_WORDS})
