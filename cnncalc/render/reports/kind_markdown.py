"""A layer kind as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cnncalc.render.reports.kind_text import inputs, numbers, worked_out
from cnncalc.render.tables.markdown_table import escaped, line

if TYPE_CHECKING:
    from cnncalc.render.reports.kinds import Told


def pieces(told: Told) -> Iterator[str]:
    """Its section."""
    yield f"### {told.kind}\n\n{_text(told.description)}\n\n{_text(told.rule)}\n\n"
    if told.aliases:
        yield f"Also called {', '.join(map(_code, told.aliases))}.\n\n"
    if told.written:
        yield f"Written in short: {', '.join(map(_code, told.written))}.\n\n"
    if told.options:
        yield from _table(
            ("option", "letter", "default", "what it says", "takes"),
            (
                (_code(name), each["symbol"], each["default"], _text(each["help"]), _text(each["takes"]))
                for name, each in told.options.items()
            ),
        )
        yield "\n"
    if told.traits:
        yield f"It {'; it '.join(told.traits)}.\n\n"
    for heading, found in worked_out(told).items():
        yield f"{heading}\n\n```\n" + "".join(f"{each}\n" for each in found) + "```\n\n"
    yield from _table(
        ("example", "input", "output", "counts", "source"),
        (
            (_code(each["written"]), inputs(each), each["output"], numbers(each), _text(each["source"]))
            for each in told.examples
        ),
    )


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield line(headings)
    yield line("---" for _ in headings)
    yield from map(line, rows)


def _code(text: str) -> str:
    return f"`{text}`"


def _text(text: str) -> str:
    """Text in which only what stands between backquotes is marked up."""
    return "".join(part if part.startswith("`") else escaped(part) for part in re.split(r"(`[^`]*`)", text))
