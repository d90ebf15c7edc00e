"""A layer kind as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnncalc.languages import of_tables
from cnncalc.render.explained.phrases import Phrases

if TYPE_CHECKING:
    from cnncalc.render.reports.kinds import Told

REQUIRED = "required"
"""The default of an option that has none."""
NOT_NUMBERS = ("layer", "written", "input", "output", "source")


def pieces(told: Told) -> Iterator[str]:
    """Its page."""
    words = of_tables()
    say, called = words.say, words.kind(told.kind)
    yield told.kind + ("" if called == told.kind else f" {called}")
    yield (say("kinds.also", names=", ".join(told.aliases)) if told.aliases else "") + "\n\n"
    yield f"{_indented(told.description, 0)}\n{_indented(told.rule, 0)}\n"
    if told.options:
        yield say("kinds.options") + "\n"
        for name, option in told.options.items():
            letter, default = option["symbol"], option["default"]
            yield f"  {name}{f' ({letter})' if letter else ''}, "
            yield (
                say("kinds.required") if default == REQUIRED else say("kinds.default", value=default)
            ) + "\n"
            yield _indented(say("kinds.takes", help=option["help"], form=option["takes"]), 6)
        yield "\n"
    yield say("kinds.every", options=words.all(["name", "from", "share", "trainable"])) + "\n"
    for heading, lines in worked_out(told).items():
        yield f"\n{heading}\n"
        yield from (f"  {line}\n" for line in lines)
    yield "\n" + say("kinds.examples") + "\n"
    for example in told.examples:
        yield _indented(_example(example), 2)


def worked_out(told: Told) -> dict[str, list[str]]:
    """What is told in letters, under its headings: the weights with their shapes, the formulas."""
    phrases = Phrases(of_tables())
    weights = [
        f"{name} {shape}" if learned else phrases.say("kinds.kept", weight=f"{name} {shape}")
        for name, (shape, learned) in told.weights.items()
    ]
    formulas = [f"{phrases.word(name, (told.kind,))} = {line}" for name, line in told.formulas.items()]
    found = (("kinds.weights", weights), ("kinds.formulas", formulas))
    return {phrases.say(heading): lines for heading, lines in found if lines}


def numbers(example: dict[str, Any]) -> str:
    """The quantities of an example."""
    return ", ".join(
        f"{quantity} {value:,}" for quantity, value in example.items() if quantity not in NOT_NUMBERS
    )


def inputs(example: dict[str, Any]) -> str:
    """What goes into an example."""
    return of_tables().all([example["input"]] if isinstance(example["input"], str) else example["input"])


def _example(example: dict[str, Any]) -> str:
    given = {"layer": example["written"], "input": inputs(example), "output": example["output"]}
    counted = numbers(example)
    told = of_tables().say("kinds.example", **given) + (f"; {counted}" if counted else "")
    return told + (f"  [{example['source']}]" if example["source"] else "")


def _indented(text: str, by: int) -> str:
    return textwrap.fill(text, 79, initial_indent=" " * by, subsequent_indent=" " * by) + "\n"
