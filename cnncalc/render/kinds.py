"""The layer kinds, told from their classes."""

from __future__ import annotations

import dataclasses
import inspect
import json
import textwrap
from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.unfold import unfold
from cnncalc.errors import UsageError, did_you_mean
from cnncalc.explain import work_out
from cnncalc.formula import text
from cnncalc.languages import of_tables
from cnncalc.layers import aliases, find, names
from cnncalc.layers.base import Example, Layer, fields
from cnncalc.render.table import Column, Row, Table
from cnncalc.spec.document import read_document
from cnncalc.spec.source import Source


def kinds_table() -> Table:
    """Every kind, with its other names and what it is."""
    rows = [Row([name, ", ".join(_other_names(name)), _told(name)]) for name in names()]
    return Table([Column("Kind"), Column("Also"), Column("What it is")], rows)


def _other_names(name: str) -> list[str]:
    return [alias for alias, kind in aliases().items() if kind == name]


def _class(name: str) -> type[Layer]:
    cls = find(name)
    if cls is None:
        raise UsageError(
            f"{name} is not a layer kind",
            did_you_mean(name, [*names(), *aliases()]) or "cnncalc layers lists them",
        )
    return cls


def _told(name: str) -> str:
    """What a kind is, behind what it is called in another language."""
    words, headline = of_tables(), _headline(name)
    called = words.kind(name)
    return headline if called == name else f"{called}{words.say('colon')}{headline}"


def _headline(name: str) -> str:
    return _document(_class(name)).partition("\n")[0].rstrip(".")


def _document(cls: type[Layer]) -> str:
    return inspect.cleandoc(inspect.getmodule(cls).__doc__ or "")


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
        return value.kind if isinstance(value, Layer) else str(value)
    if field.default is dataclasses.MISSING:
        return "required"
    return (
        {None: "none", True: "true", False: "false"}.get(field.default, str(field.default))
        if not isinstance(field.default, int) or isinstance(field.default, bool)
        else str(field.default)
    )


def _options(cls: type[Layer]) -> Iterator[str]:
    """The options of a kind: letter, default, meaning, and what they take."""
    say = of_tables().say
    for name, field in fields(cls).items():
        letter, default = field.metadata["symbol"], _default(field)
        yield (
            f"  {name}"
            + (f" ({letter})" if letter else "")
            + f", {say('kinds.required') if default == 'required' else say('kinds.default', value=default)}\n"
        )
        told = say("kinds.takes", help=field.metadata["help"], form=field.metadata["read"].form)
        yield _indented(told, 6)


def _indented(text: str, by: int) -> str:
    return textwrap.fill(text, 79, initial_indent=" " * by, subsequent_indent=" " * by) + "\n"


def kind_page(name: str, format: str) -> Iterator[str]:
    """All that is known of a kind."""
    cls = _class(name)
    if format == "json":
        yield json.dumps(_data(cls), ensure_ascii=False, indent=1) + "\n"
        return
    also = _other_names(cls.kind)
    words = of_tables()
    say, called = words.say, words.kind(cls.kind)
    yield cls.kind + ("" if called == cls.kind else f" {called}")
    yield (say("kinds.also", names=", ".join(also)) if also else "") + "\n\n"
    yield f"{_indented(_document(cls), 0)}\n{_indented(inspect.cleandoc(cls.__doc__ or ''), 0)}\n"
    if fields(cls):
        yield say("kinds.options") + "\n"
        yield from _options(cls)
        yield "\n"
    yield say("kinds.every", options=words.all(["name", "from", "share", "trainable"])) + "\n"
    steps = _formulas(cls)
    if steps:
        yield "\n" + say("kinds.formulas") + "\n"
        for quantity, formula in steps:
            yield f"  {quantity} = {formula}\n"
    yield "\n" + say("kinds.examples") + "\n"
    for example in cls.examples:
        yield _indented(_example(example), 2)


def _formulas(cls: type[Layer]) -> list[tuple[str, str]]:
    """The formulas of the kind's first example."""
    if cls.inputs == "many" or not cls.examples or not isinstance(cls.examples[0].input, str):
        return []
    spec = {"input": cls.examples[0].input, "layers": [cls.examples[0].layer]}
    report = Report(*unfold(read_document(spec, Source("", "example"))))
    found = work_out(report, report.layers[0], ("output", "params", "connections", "macs"))
    equations = (equation for working in found.workings for equation in working.equations)
    return [(each.name, text(each.tree)) for each in equations if text(each.tree) != str(each.value)]


def _written(layer: Any) -> str:
    if isinstance(layer, str):
        return layer
    ((kind, options),) = layer.items()
    return f"{kind}: {json.dumps(options)}".replace('"', "")


def _example(example: Example) -> str:
    words = of_tables()
    inputs = words.all([example.input] if isinstance(example.input, str) else example.input)
    numbers = ", ".join(f"{quantity} {value:,}" for quantity, value in example.numbers.items())
    told = words.say("kinds.example", layer=_written(example.layer), input=inputs, output=example.output) + (
        f"; {numbers}" if numbers else ""
    )
    return told + (f"  [{example.source}]" if example.source else "")


def _data(cls: type[Layer]) -> dict[str, Any]:
    return {
        "kind": cls.kind,
        "aliases": _other_names(cls.kind),
        "description": _document(cls),
        "options": {
            name: {
                "symbol": field.metadata["symbol"],
                "default": _default(field),
                "takes": field.metadata["read"].form,
                "help": field.metadata["help"],
            }
            for name, field in fields(cls).items()
        },
        "formulas": dict(_formulas(cls)),
        "examples": [
            {"layer": e.layer, "input": e.input, "output": e.output, **dict(e.numbers), "source": e.source}
            for e in cls.examples
        ],
    }
