"""The layer kinds, told from their classes."""

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnncalc.analysis.counts import complete
from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.explain import symbolic, symbolic_inputs, work_out
from cnncalc.formula import text
from cnncalc.languages import Joined, Message, all_of, word
from cnncalc.layers import all_aliases, all_names, find
from cnncalc.layers.support.base import Layer, Weight, fields
from cnncalc.render import document as doc
from cnncalc.render.json_text import json_text
from cnncalc.render.sentences import quantity_word
from cnncalc.spec.document import read_document
from cnncalc.spec.expand import expand
from cnncalc.spec.source import Source

REQUIRED = "required"
"""The default of an option that has none."""
NOT_NUMBERS = ("layer", "written", "input", "output", "source")
"""The fields of an example besides its counts."""


@dataclass(frozen=True)
class KindDescription:
    """The page of a kind. `formulas` and `weights` are those of its first example, in letters.

    A weight has its shape, and whether it is learned.
    """

    kind: str
    family: str
    aliases: list[str]
    description: str
    rule: str
    written: list[str]
    options: dict[str, dict[str, str]]
    weights: dict[str, tuple[str, bool]]
    formulas: dict[str, str]
    traits: list[str]
    examples: list[dict[str, Any]]


def kinds_document() -> doc.Document:
    """Every kind, with its other names and what it is."""
    rows = [doc.Row([name, ", ".join(_other_names(name)), _headline(name)]) for name in all_names()]
    return doc.Document([doc.Table([doc.Column("kind"), doc.Column("also"), doc.Column("headline")], rows)])


def kind_document(told: KindDescription) -> doc.Document:
    """All that is known of a kind."""
    called = word("kind", told.kind)
    title = told.kind if called == told.kind else Joined([told.kind, called], " ")

    def json_pieces() -> Iterator[str]:
        yield json_text(dataclasses.asdict(told), indent=1)

    every = doc.Paragraph(Message("kinds.every", options=all_of(["name", "from", "share", "trainable"])))
    return doc.Document(
        [doc.Title(title), *kind_blocks(told), every], data=json_pieces, csv=_csv(told), explains=True
    )


def kind_blocks(told: KindDescription) -> Iterator[doc.Block]:
    """The blocks under the name of a kind."""
    yield doc.Paragraph(_marked(told.description))
    yield doc.Paragraph(_marked(told.rule))
    for key, listed in (("also", told.aliases), ("written", told.written)):
        if listed:
            names = [part for name in listed for part in (", ", doc.Code(name))][1:]
            yield doc.Paragraph((Message(f"kinds.{key}"), *names))
    if told.options:
        options = [_option(name, option) for name, option in told.options.items()]
        yield doc.List(options, Message("kinds.options"))
    if told.traits:
        yield doc.List(told.traits, Message("kinds.traits"))
    weights = [
        doc.Code(f"{name} {shape}" if learned else Message("kinds.kept", weight=f"{name} {shape}"))
        for name, (shape, learned) in told.weights.items()
    ]
    formulas = [
        doc.Code(Joined([quantity_word(name, (told.kind,)), formula], " = "))
        for name, formula in told.formulas.items()
    ]
    for key, lines in (("weights", weights), ("formulas", formulas)):
        if lines:
            yield doc.List(lines, Message(f"kinds.{key}"))
    yield doc.List([_example(example) for example in told.examples], Message("kinds.examples"))


def _option(name: str, option: dict[str, str]) -> doc.Line:
    letter, default = option["symbol"], option["default"]
    return (
        doc.Code(name),
        f" ({letter}), " if letter else ", ",
        Message("kinds.required") if default == REQUIRED else Message("kinds.default", value=default),
        Message("colon"),
        *_marked(option["help"]),
        Message("kinds.takes"),
        *_marked(option["takes"]),
    )


def _example(example: dict[str, Any]) -> doc.Line:
    inputs = [example["input"]] if isinstance(example["input"], str) else example["input"]
    counts = [f"{name} {value:,}" for name, value in example.items() if name not in NOT_NUMBERS]
    return (
        doc.Code(example["written"]),
        "  ",
        Message("kinds.example", input=all_of(inputs), output=example["output"]),
        "; " if counts else "",
        ", ".join(counts),
        *(("  [", *_marked(example["source"]), "]") if example["source"] else ()),
    )


def _csv(told: KindDescription) -> doc.Table:
    names = ("option", "symbol", "default", "takes", "help")
    rows = [doc.Row([name, *(option[each] for each in names[1:])]) for name, option in told.options.items()]
    return doc.Table([doc.Column(name, called=name) for name in names], rows)


def _marked(text: str) -> tuple[str | doc.Code, ...]:
    """A text in which what stands between backquotes is typed as it stands."""
    parts = re.split(r"`([^`]*)`", re.sub(r"\s+", " ", text.strip()))
    return tuple(doc.Code(part) if number % 2 else part for number, part in enumerate(parts) if part)


def kind_class(name: str) -> type[Layer]:
    """The class of a kind, by any of its names; raises UsageError."""
    cls = find(name)
    if cls is None:
        raise UsageError(
            f"{name} is not a layer kind",
            did_you_mean(name, [*all_names(), *all_aliases()]) or "cnncalc layers lists them",
            "unknown_kind",
        )
    return cls


def describe_kind(cls: type[Layer]) -> KindDescription:
    """The page of a kind, from its class."""
    weights, formulas = _symbolic_example(cls)
    return KindDescription(
        cls.kind,
        cls.family,
        _other_names(cls.kind),
        _document(cls),
        inspect.cleandoc(cls.__doc__ or ""),
        _forms(cls),
        {
            name: {
                "symbol": field.metadata["symbol"],
                "default": _default(field),
                "takes": field.metadata["read"].form,
                "help": field.metadata["help"],
            }
            for name, field in fields(cls).items()
        },
        weights,
        formulas,
        _traits(cls),
        [
            {
                "layer": each.layer,
                "written": _written(each.layer),
                "input": each.input,
                "output": each.output,
                **dict(each.numbers),
                "source": each.source,
            }
            for each in cls.examples
        ],
    )


def _other_names(name: str) -> list[str]:
    return [alias for alias, kind in all_aliases().items() if kind == name]


def _headline(name: str) -> str:
    """What a kind is in a line, behind what it is called in another language."""
    headline = _document(kind_class(name)).partition("\n")[0].rstrip(".")
    return Message("kinds.headline", called=word("kind", name), headline=headline)


def _document(cls: type[Layer]) -> str:
    return inspect.cleandoc(inspect.getmodule(cls).__doc__ or "")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
        return value.kind if isinstance(value, Layer) else str(value)
    if field.default is dataclasses.MISSING:
        return REQUIRED
    words = {"None": "none", "True": "true", "False": "false"}
    return words.get(str(field.default), str(field.default))


def _forms(cls: type[Layer]) -> list[str]:
    """The short ways to write it: `conv: 3`, `conv3-64`."""
    first, second = (option.upper() for option in cls.compact)
    return [
        *([f"{cls.kind}: {cls.short_option.upper()}"] if cls.short_option else []),
        *([f"{cls.kind}{first}{'-' if second else ''}{second}"] if first or second else []),
    ]


def _traits(cls: type[Layer]) -> list[str]:
    """Sentences on the traits of a kind's class."""
    told = {
        "many": cls.inputs == "many",
        "activation": cls.is_activation,
        "in_place": cls.in_place,
        "deepens": cls.counts_in_depth,
    }
    return [Message(f"kinds.trait.{trait}") for trait, holds in told.items() if holds]


def _symbolic_example(cls: type[Layer]) -> tuple[dict[str, tuple[str, bool]], dict[str, str]]:
    """The shapes of the weights and the formulas of the first example, which must be a single layer."""
    if cls.inputs == "many" or not isinstance(cls.examples[0].input, str):
        return {}, {}
    spec = {"input": cls.examples[0].input, "layers": [cls.examples[0].layer]}
    report = Report(*complete(expand(read_document(spec, Source("", "example")))))
    if len(report.layers) > 1:
        return {}, {}
    (row,) = report.layers
    layer, inputs = row.node.layer, row.facts.inputs
    kept = symbolic(layer).weights(*symbolic_inputs(layer, inputs))
    weights = {name: (_shape(weight), weight.learned) for name, weight in kept.items()}
    found = work_out(report, row, ("output", "params", "connections", "macs", "work"))
    equations = (equation for working in found.workings for equation in working.equations)
    told = ((each, text(each.tree)) for each in equations)
    formulas = {each.name: text for each, text in told if text not in (str(each.value), each.name)}
    return weights, formulas


def _shape(weight: Weight) -> str:
    """The shape of an array in letters, as Python writes it: (K, C, F, F), (K,)."""
    sizes = [doc.formula_text(size) for size in weight.shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _written(layer: Any) -> str:
    if isinstance(layer, str):
        return layer
    ((kind, options),) = layer.items()
    return f"{kind}: {json.dumps(options)}".replace('"', "")
