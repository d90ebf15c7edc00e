"""The headings of a table in the language that is asked for; data keeps its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnncalc.languages import Language, of_headings, spoken
from cnncalc.render.table import Row, Table

_WORDS = frozenset({"Quantity", "Verdict"})
"""The columns whose cells are words of the program."""
_FIRST = frozenset({"Input", "Total", "Marks"})
"""The rows that are no layer's."""


def in_language(table: Table) -> Table:
    """The same table with its headings, and the words of the program in it, in the language asked for.

    A table of remarks is all in the language of its remarks.
    """
    remarks = any(column.heading == "Remark" for column in table.columns)
    language = spoken() if remarks else of_headings()
    if language is None:
        return table
    words = [column.heading in _WORDS for column in table.columns]
    return replace(
        table,
        columns=[replace(column, heading=language.heading(column.heading)) for column in table.columns],
        rows=_rows(table, words, language),
        total=_row(table.total, words, language) if table.total else None,
    )


def _rows(table: Table, words: list[bool], language: Language) -> Iterator[Row]:
    for row in table.rows:
        yield _row(row, words, language)


def _row(row: Row, words: list[bool], language: Language) -> Row:
    cells = [
        language.heading(value)
        if isinstance(value, str) and (word or (i == 0 and value in _FIRST))
        else value
        for i, (value, word) in enumerate(zip(row.cells, words, strict=True))
    ]
    return replace(row, cells=cells)
