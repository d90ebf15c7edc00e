"""The layer kinds, told from their classes."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cnncalc.analysis.counts import complete
from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.explain import symbolic, symbolic_inputs, work_out
from cnncalc.formula import text
from cnncalc.languages import of_tables
from cnncalc.layers import aliases, find, names
from cnncalc.layers.support.base import Layer, Weight, fields
from cnncalc.render.reports.kind_text import REQUIRED
from cnncalc.render.tables.table import Column, Row, Table, formula_text
from cnncalc.spec.document import read_document
from cnncalc.spec.expand import expand
from cnncalc.spec.source import Source

FORMATS = {"table": "text", "text": "text", "markdown": "markdown", "json": "json"}


@dataclass(frozen=True)
class Told:
    """What is told of a kind. `formulas` and `weights` are those of its first example, in letters.

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


def kinds_table() -> Table:
    """Every kind, with its other names and what it is."""
    rows = [Row([name, ", ".join(_other_names(name)), _headline(name)]) for name in names()]
    return Table([Column("Kind"), Column("Also"), Column("What it is")], rows)


def kind_page(name: str, format: str) -> Iterator[str]:
    """All that is known of a kind, in a format."""
    told = tell(kind_class(name))
    if format not in FORMATS:
        raise UsageError(f"{format} is not a format", did_you_mean(format, FORMATS, "known"))
    if format == "json":
        yield json.dumps(dataclasses.asdict(told), ensure_ascii=False, indent=1) + "\n"
        return
    yield from import_module(f"cnncalc.render.reports.kind_{FORMATS[format]}").pieces(told)


def kind_class(name: str) -> type[Layer]:
    """The class of a kind, by any of its names; raises UsageError."""
    cls = find(name)
    if cls is None:
        raise UsageError(
            f"{name} is not a layer kind",
            did_you_mean(name, [*names(), *aliases()]) or "cnncalc layers lists them",
            "unknown_kind",
        )
    return cls


def tell(cls: type[Layer]) -> Told:
    """What is told of a kind, from its class."""
    weights, formulas = _in_letters(cls)
    return Told(
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
    return [alias for alias, kind in aliases().items() if kind == name]


def _headline(name: str) -> str:
    """What a kind is in a line, behind what it is called in another language."""
    words, headline = of_tables(), _document(kind_class(name)).partition("\n")[0].rstrip(".")
    called = words.kind(name)
    return headline if called == name else f"{called}{words.say('colon')}{headline}"


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
        *([f"{cls.kind}: {cls.main.upper()}"] if cls.main else []),
        *([f"{cls.kind}{first}{'-' if second else ''}{second}"] if first or second else []),
    ]


def _traits(cls: type[Layer]) -> list[str]:
    """What its class says of it besides."""
    told = {
        "takes the outputs of several layers, or a list of paths": cls.inputs == "many",
        "may be the `activation` of another layer": cls.is_activation,
        "overwrites its input where nobody else reads that": cls.in_place,
        "is a weight layer, where papers say how deep a network is": cls.deepens,
    }
    return [trait for trait, holds in told.items() if holds]


def _in_letters(cls: type[Layer]) -> tuple[dict[str, tuple[str, bool]], dict[str, str]]:
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
    formulas = {each.name: text(each.tree) for each in equations if text(each.tree) != str(each.value)}
    return weights, formulas


def _shape(weight: Weight) -> str:
    """The shape of an array in letters, as Python writes it: (K, C, F, F), (K,)."""
    sizes = [formula_text(size) for size in weight.shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _written(layer: Any) -> str:
    if isinstance(layer, str):
        return layer
    ((kind, options),) = layer.items()
    return f"{kind}: {json.dumps(options)}".replace('"', "")
