"""A table as CSV, numbers without separators, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from cnncalc.expr import Formula
from cnncalc.render.tables.table import Table, cell

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")


def lines(table: Table) -> Iterator[str]:
    """The lines of a table; a group's rows are left out, so that a column sums to its total."""
    yield _line([column.heading for column in table.columns])
    for row in table.rows:
        yield _line([_raw(value) for value in row.cells])
    if table.total:
        yield _line([_raw(value) for value in table.total.cells])


def _raw(value: Any) -> str:
    if isinstance(value, float):
        return f"{float(value):.6g}"
    number = isinstance(value, int) and not isinstance(value, bool | Formula)
    text = str(int(value)) if number else cell(value)
    # a spreadsheet takes a text that begins so for a formula, unless it is a number
    risky = isinstance(value, str) and text[:1] in tuple("=+-@\t\r") and not _NUMBER.fullmatch(text)
    return f"'{text}" if risky else text


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()
