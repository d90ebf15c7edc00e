"""The headings of a table in the language that is asked for; data keeps its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cnncalc.languages import FALLBACK, Language, of_tables, spoken
from cnncalc.render.tables.table import Row, Table

_WORDS = {"Quantity", "Verdict"}
"""The columns whose cells are words of the program."""


def in_language(table: Table) -> Table:
    """The same table with its headings, and the words of the program in it, in its language."""
    language = spoken() if table.explains else of_tables()
    if language.code == FALLBACK:
        return table
    words = [i for i, column in enumerate(table.columns) if column.heading in _WORDS]
    return replace(
        table,
        columns=[replace(column, heading=language.heading(column.heading)) for column in table.columns],
        rows=(_said(row, words, language) for row in table.rows) if words else table.rows,
        total=_said(table.total, [0], language) if table.total else None,
    )


def _said(row: Row, at: Sequence[int], language: Language) -> Row:
    """The row with some of its cells in a language."""
    cells = list(row.cells)
    for i in at:
        cells[i] = language.heading(cells[i])
    return replace(row, cells=cells)
