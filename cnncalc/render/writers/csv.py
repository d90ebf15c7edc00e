"""A document as CSV: its tables, equations and matrices, numbers without separators."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cnncalc.expr import Formula
from cnncalc.formula.styles import text
from cnncalc.render import document as doc
from cnncalc.render import writer

_FORMULA = re.compile(r"\s*[=+@\uff1d\uff0b\uff0d\uff20-]")
"""The beginning of a formula, also in the wide signs of Chinese and Japanese, for some spreadsheets."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?|[+-]inf")


class Writer(writer.Writer):
    """CSV. Words around a table are left out."""

    SUFFIX = ".csv"
    IS_DATA = True

    def pieces(self, document: doc.Document) -> Iterator[str]:
        blocks = document.blocks if document.csv is None else [document.csv]
        before: type[doc.Block] | None = None
        for titles, block in _flat(blocks, ()):
            kind = type(block)
            if before is not None and not (kind is before is doc.Equations):
                yield "\n"
            if kind is doc.Equations and before is not doc.Equations:
                yield _line(["of", "quantity", "value", "formula", "numbers"])
            before = kind
            yield from (
                self._equations(titles, block) if isinstance(block, doc.Equations) else self.block(block)
            )

    def table(self, table: doc.Table) -> Iterator[str]:
        """A group's rows are left out, so that a column sums to its total."""
        yield _line([self.line(column.heading) for column in table.columns])
        yield from (self._row(row) for row in table.rows if not row.group)
        if table.total:
            yield self._row(table.total)

    def matrix(self, matrix: doc.Matrix) -> Iterator[str]:
        yield from map(_line, matrix.rows)

    def _equations(self, titles: Sequence[doc.Line], block: doc.Equations) -> Iterator[str]:
        of = ", ".join(map(self.line, titles))
        for each in block.equations:
            name = self.line(each.name)
            yield _line([of, name, str(each.value), text(each.tree), text(each.tree, True)])

    def _row(self, row: doc.Row) -> str:
        return _line([self.cell(value) for value in row.cells])

    def cell(self, value: Any) -> str:
        """A number without separators; of a share or a difference, the value."""
        if isinstance(value, doc.Shown | doc.Label):
            value = value.value
        if isinstance(value, float):
            return f"{float(value):.6g}"
        number = isinstance(value, int) and not isinstance(value, bool | Formula)
        return str(int(value)) if number else super().cell(value)


def _flat(
    blocks: Iterable[doc.Block], titles: tuple[doc.Line, ...]
) -> Iterator[tuple[tuple[doc.Line, ...], doc.Table | doc.Equations | doc.Matrix]]:
    """What CSV has of some blocks, with the titles that each stands under."""
    for block in blocks:
        if isinstance(block, doc.Section):
            yield from _flat(block.blocks, (*titles, block.title))
        elif isinstance(block, doc.Table | doc.Equations | doc.Matrix):
            yield titles, block


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(map(_no_formula, cells))
    return buffer.getvalue()


def _no_formula(text: str) -> str:
    """A cell as a text, behind an apostrophe, where a spreadsheet would take the cell for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
