"""A document as CSV: its tables, equations and matrices, numbers without separators."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cnncalc.expr import Formula
from cnncalc.formula.styles import text
from cnncalc.render import writer
from cnncalc.render.document import (
    Block,
    Document,
    Equations,
    Line,
    Matrix,
    Row,
    Section,
    Shown,
    Table,
    cell,
)

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")


class Writer(writer.Writer):
    """CSV. What stands in words around a table is left out."""

    SUFFIX = ".csv"
    IS_DATA = True

    def pieces(self, document: Document) -> Iterator[str]:
        blocks = document.blocks if document.csv is None else [document.csv]
        before: type[Block] | None = None
        for titles, block in _flat(blocks, ()):
            kind = type(block)
            if before is not None and not (kind is before is Equations):
                yield "\n"
            if kind is Equations and before is not Equations:
                yield _line(["of", "quantity", "value", "formula", "numbers"])
            before = kind
            yield from self._equations(titles, block) if isinstance(block, Equations) else self.block(block)

    def table(self, table: Table) -> Iterator[str]:
        """A group's rows are left out, so that a column sums to its total."""
        yield _line([column.heading for column in table.columns])
        yield from (_row(row) for row in table.rows if not row.group)
        if table.total:
            yield _row(table.total)

    def matrix(self, matrix: Matrix) -> Iterator[str]:
        yield from map(_line, matrix.rows)

    def _equations(self, titles: Sequence[Line], block: Equations) -> Iterator[str]:
        of = ", ".join(map(self.line, titles))
        for each in block.equations:
            yield _line(
                [_safe(of), _safe(each.name), str(each.value), text(each.tree), text(each.tree, True)]
            )


def _flat(
    blocks: Iterable[Block], titles: tuple[Line, ...]
) -> Iterator[tuple[tuple[Line, ...], Table | Equations | Matrix]]:
    """What CSV has of some blocks, with the titles that each stands under."""
    for block in blocks:
        if isinstance(block, Section):
            yield from _flat(block.blocks, (*titles, block.title))
        elif isinstance(block, Table | Equations | Matrix):
            yield titles, block


def _row(row: Row) -> str:
    return _line([_raw(value) for value in row.cells])


def _raw(value: Any) -> str:
    if isinstance(value, Shown):
        value = value.value
    if isinstance(value, float):
        return f"{float(value):.6g}"
    number = isinstance(value, int) and not isinstance(value, bool | Formula)
    text = str(int(value)) if number else cell(value)
    return _safe(text) if isinstance(value, str) else text


def _safe(text: str) -> str:
    # a spreadsheet takes a text that begins so for a formula, unless it is a number
    risky = text[:1] in tuple("=+-@\t\r") and not _NUMBER.fullmatch(text)
    return f"'{text}" if risky else text


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()
