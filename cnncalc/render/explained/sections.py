"""The working of numbers as blocks of a document: a section for each layer, in it one for each quantity."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cnncalc.explain import LayerWorking, Reason, Solution, Working
from cnncalc.expr import Formula, Number, plain
from cnncalc.formula import is_open, symbols
from cnncalc.languages import Joined, Message, english, word
from cnncalc.layers import find
from cnncalc.layers.support.base import fields
from cnncalc.render import document as doc
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import course_shape
from cnncalc.render.sentences import Sentence, own_words


def solution_document(solution: Solution, *, once: bool = False) -> doc.Document:
    """The working of some layers, or of a whole network; `once` tells no reason again."""
    title = Message("solution", network=solution.settings.network)
    shown = _told_once(solution) if once else solution
    return doc.Document(
        _blocks(shown, title), data=lambda: _json(solution), title=title, explains=True, part=True
    )


def _told_once(solution: Solution) -> Solution:
    """A working with each reason at the first layer that has it."""
    seen: set[str] = set()
    return replace(
        solution,
        layers=[
            replace(layer, workings=[_unsaid(each, seen) for each in layer.workings])
            for layer in solution.layers
        ],
    )


def _unsaid(working: Working, seen: set[str]) -> Working:
    """A working without the reasons that were told before."""
    fresh = [each for each in working.reasons if repr(each) not in seen]
    seen.update(map(repr, working.reasons))
    return replace(working, reasons=fresh)


def _json(solution: Solution) -> Iterator[str]:
    yield json_text(solution.to_dict())


def _blocks(solution: Solution, title: str) -> Iterator[doc.Block]:
    if len(solution.layers) != 1:
        yield doc.Title(title)
    if None in solution.letters.values():
        yield doc.Paragraph(Message("why.any_numbers"))
    elif solution.letters:
        sizes = Joined(f"{letter} = {size}" for letter, size in solution.letters.items())
        yield doc.Paragraph(Message("why.letters", sizes=sizes))
    elif meanings := legend(solution):
        yield doc.Symbols(Message("legend"), list(meanings.items()))
    for layer in solution.layers:
        yield _layer_section(layer)
    if solution.totals:
        yield doc.Section(Message("totals"), [working_section(working) for working in solution.totals])


def _layer_section(layer: LayerWorking) -> doc.Section:
    """A layer's kind, inputs and output, and its quantities."""
    title = Message(
        "title",
        name=layer.name,
        kind=word("kind", layer.kind),
        sources=Joined(layer.sources),
        shapes=Joined(told(course_shape(shape)) for shape in layer.inputs),
        output=told(course_shape(layer.output)),
    )
    given: list[doc.Block] = [doc.Symbols(Message("given"), list(layer.given.items()))] if layer.given else []
    return doc.Section(title, [*given, *map(working_section, layer.workings)])


def working_section(working: Working) -> doc.Section:
    """A quantity: its equations, then the reasons."""
    value = course_shape(working.value) if working.quantity == "output" else working.value
    single = not (isinstance(value, Mapping) or value is None)
    blocks: list[doc.Block] = []
    if working.equations:
        blocks.append(doc.Equations(working.equations))
    if working.reasons:
        blocks.append(doc.Sentences([_sentence(reason) for reason in working.reasons]))
    name = Sentence(f"quantity.{working.quantity}", working.of)
    return doc.Section(name, blocks, told(value) if single else "", level=2)


def _sentence(reason: Reason) -> str:
    """A reason in words."""
    values = {name: _put(value) for name, value in reason.values.items()}
    return Sentence(f"why.{reason.key}", reason.of, **values)


def _put(value: Any) -> str:
    if isinstance(value, str):
        return word("word", value)
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return Joined(Message("list.sized", name=name, size=told(size)) for name, size in value)
    return told(value)


def legend(solution: Solution) -> dict[str, str]:
    """The letters of the equations, and what each means; r_in stands for r_out too."""
    found: dict[str, str] = {}
    for layer in solution.layers:
        for name in (*layer.given, *(e.name for w in layer.workings for e in w.equations if e.letter)):
            letter, _, index = name.partition("_")
            told = f"{letter}_in" if index.startswith(("in", "out")) else letter
            if told not in found and (meaning := _meaning(layer.kind, told)):
                found[told] = meaning
    for equation in (equation for working in solution.totals for equation in working.equations):
        for letter in symbols(equation.tree):
            if letter not in found and (meaning := _meaning("", letter)):
                found[letter] = meaning
    return found


def _meaning(kind: str, letter: str) -> str:
    """What a letter means: by the kind, the catalogue, or else the help of the option that has the letter."""
    key = f"legend.{letter}"
    if own_words(kind, key, english()) or english().has(key):
        return Sentence(key, (kind,))
    cls = find(kind)
    options = fields(cls).values() if cls else ()
    return next((o.metadata["help"] for o in options if o.metadata["symbol"] == letter), "")


def told(value: Any) -> str:
    """A number with its thousands parted, a shape in its brackets."""
    if isinstance(value, tuple | list):
        return f"({', '.join(told(part) if isinstance(part, Formula) else str(part) for part in value)})"
    if isinstance(value, Formula) and is_open(value):
        return doc.formula_text(value)
    if isinstance(value, Number):
        exact = plain(value)
        return f"{exact:,}" if isinstance(exact, int) else str(exact)
    return f"{value:,}" if isinstance(value, float) else str(value)
