"""A table as data, and the formats that it can be written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from cnncalc.errors import unknown_choice
from cnncalc.expr import Formula, Number

FORMATS = ("table", "json", "csv", "markdown")


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether its cells are numbers (set to the right), and how dispensable it is.

    On a terminal too narrow for all columns, those with the highest `spare` are left out first; 0 never is.
    """

    heading: str
    number: bool = False
    spare: int = 0


@dataclass(frozen=True)
class Row:
    """Cells are raw values, None for an empty one. A group's row sums what stands under it, `level` deep.

    `tone` colours it on a terminal: "bad", "doubtful" or "faint".
    """

    cells: Sequence[Any]
    level: int = 0
    group: bool = False
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """Rows may be an iterator, so that a table of a million layers needs no room."""

    columns: Sequence[Column]
    rows: Iterable[Row]
    title: str = ""
    total: Row | None = None
    caption: str = ""
    explains: bool = False
    """Whether it is an explanation, which the environment's language is honoured for."""
    data: Callable[[], Iterator[str]] | None = field(default=None, repr=False)
    """The JSON in pieces."""


class Share(float):
    """A part of a whole, from 0 to 1: a bar for people, a number for CSV."""

    def __str__(self) -> str:
        eighths = round(self * 8 * BAR)
        bar = "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]
        return f"{bar:<{BAR}} {100 * self:5.1f}%"


class Gap(int):
    """A difference: with its sign for people, a number for CSV."""

    def __str__(self) -> str:
        return f"{int(self):+,}"


BAR = 6
"""How many characters a whole bar takes."""


def share(part: int, whole: int) -> Share:
    """A part of a whole; nothing of nothing is none.

    >>> str(share(3, 8))
    '██▎     37.5%'
    """
    return Share(int(part) / int(whole) if whole else 0)


def cell(value: Any) -> str:
    """A value as people read it: 48,120 and (28, 28, 6)."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, Formula):
        return formula_text(value)
    if isinstance(value, int):
        return str(value) if isinstance(value, Gap) else f"{int(value):,}"
    if isinstance(value, float) and not isinstance(value, Share):
        return f"{value:,g}"
    if isinstance(value, tuple | list):
        return f"({', '.join(formula_text(n) if isinstance(n, Formula) else str(n) for n in value)})"
    return str(value)


def formula_text(value: Number) -> str:
    """The formula of a number in its shortest form."""
    from cnncalc.formula import text
    from cnncalc.formula.simplify import simplify

    return text(simplify(value))


def written(table: Table, format: str) -> Iterator[str]:
    """The text of a table in a format, in pieces; "table" here is plain text, without rich."""
    if format == "json":
        if table.data is None:
            yield json.dumps(
                [dict(zip((c.heading for c in table.columns), row.cells, strict=True)) for row in table.rows],
                indent=1,
            )
            yield "\n"
        else:
            yield from table.data()
        return
    if format not in FORMATS:
        raise unknown_choice(format, "a format", FORMATS)
    module = import_module(f"cnncalc.render.tables.{'plain' if format == 'table' else format}_table")
    yield from module.lines(table)
