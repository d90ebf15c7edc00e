"""The tables of answers in a file: where each begins and ends, its headings, and the rows of all tables."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError, brief, nearest
from cnncalc.homework.headings import (
    QUANTITY_OF,
    label_role,
    part_of_shape,
    quantity_of,
    side_of_params,
)
from cnncalc.homework.numbers import LONGEST
from cnncalc.homework.tables import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    UNNAMED,
    Cell,
    Grid,
    Notes,
    SheetRow,
    Table,
    bad_sheet,
)

MOST_TABLES = 500
MOST_TURNED = 400
"""The most rows of a table of which it is asked whether its layers are columns."""
MOST_LOOKED_AT = 20_000
"""The most cells of which it is asked whether they are headings."""


class Found(NamedTuple):
    """The rows of a file's tables, and the notes on them."""

    rows: list[SheetRow]
    notes: Notes
    doubt: CnncalcError | None = None
    """What is wrong with the file, unless its rows turn out to be layers: a table without headings."""


def answers_in(grids: Iterable[Grid], file: str, known: Mapping[Any, str] | None = None) -> Found:
    """The rows of answers of all tables of a file; raises CnncalcError where there are none."""
    rows: list[SheetRow] = []
    notes = Notes()
    seen: list[list[str]] = []
    bare: list[SheetRow] = []
    number = 0
    room = MOST_CELLS
    for tables, read in enumerate(grids):
        grid = read
        if tables >= MOST_TABLES:
            raise bad_sheet(file, f"has more than {MOST_TABLES} tables")
        cells = _bounded(grid.rows, room, file)
        room -= sum(map(len, cells))
        seen += cells[:20] if len(seen) < 20 else []
        found = list(_tables(cells, known))
        turned = _turned(cells)
        if turned and (across := list(_tables(turned, known))) and _best(across) > max(_best(found), 1):
            grid, cells, found = _turned_grid(grid), turned, across
        for start, end, headings in found:
            table = Table(grid, cells[start:end], start, headings, number, known)
            number += 1
            rows += table.rows()
            notes.take(table.notes)
        if not found:
            bare += _without_headings(grid, cells, number)
            number += 1
    if not rows:
        doubt = bad_sheet(file, *_no_heading(seen))
        if bare:
            return Found(bare, notes, doubt)
        raise doubt
    return Found(rows, notes)


def _no_heading(seen: Sequence[Sequence[str]]) -> tuple[str, str]:
    best = max(seen, key=len, default=())
    told = ", ".join(brief(cell, 30) for cell in best[:6] if cell)
    close = nearest(next((cell for cell in best[1:] if cell), ""), QUANTITY_OF)
    return (
        f"has no heading that is known: {told}" if told else "has no heading that is known",
        f"did you mean {close}?"
        if close
        else "a first row such as Layer, Activation Shape, Activation Size, # Parameters; "
        'or --heading "X=params" says what a heading means',
    )


def _bounded(rows: Iterable[Sequence[str]], room: int, file: str) -> list[list[str]]:
    found: list[list[str]] = []
    for row in rows:
        if len(found) >= MOST_ROWS:
            raise bad_sheet(file, f"has more than {MOST_ROWS:,} rows")
        if len(row) > MOST_COLUMNS:
            raise bad_sheet(file, f"has more than {MOST_COLUMNS} columns")
        room -= len(row)
        if room < 0:
            raise bad_sheet(file, f"has more than {MOST_CELLS:,} cells")
        # one sign more than an answer may have says that the answer is too long
        found.append([str(cell).strip("\u200b\ufeff \t\r\n\xa0")[: LONGEST + 1] for cell in row])
    return found


def _turned(cells: list[list[str]]) -> list[list[str]]:
    """The cells with rows for columns."""
    width = max(map(len, cells), default=0)
    if len(cells) > MOST_TURNED or width > MOST_COLUMNS:
        return []
    return [[row[at] if at < len(row) else "" for row in cells] for at in range(width)]


def _turned_grid(grid: Grid) -> Grid:
    lines = None if grid.lines is None else {(b, a): line for (a, b), line in grid.lines.items()}
    return _Turned(grid.rows, grid.name, lines)


class _Turned(Grid):
    """A table whose layers are columns."""

    def place(self, row: int, column: int, heading: str) -> str:
        return super().place(column, row, heading)

    def row_place(self, row: int) -> str:
        return super().place(0, row, "").rpartition(", ")[2]


def _headings(row: Sequence[str], known: Mapping[Any, str] | None) -> int:
    """How surely a row is one of headings: 0 if it is none."""
    cells = [cell for cell in row if cell]
    found = [cell for cell in row if cell and quantity_of(cell, known)]
    labels = any(label_role(cell) for cell in row if cell)
    parts = {part for cell in cells if (part := part_of_shape(cell))}
    if len(parts) < 2 or "height" not in parts:
        parts = set()  # letters alone are names of layers
    if not found and not parts:
        return 0
    # a lone word such as "Total" above the table is no heading, nor is a row of answers
    first = bool(row[0]) and quantity_of(row[0], known) is not None
    if not labels and first and len(found) < len(cells):
        return 0
    if not labels and any(map(_is_answer, cells)):
        return 0
    return len({quantity_of(cell, known) for cell in found}) + len(parts) + 2 * labels


def _may_be_headings(rows: Sequence[Sequence[str]]) -> Iterator[int]:
    """The rows that may be of headings, as far as there is time to look."""
    looked = 0
    for at, row in enumerate(rows):
        cells = [cell for cell in row if cell and not cell[-1].isdigit()]
        looked += len(cells)
        if looked > MOST_LOOKED_AT:
            return
        if cells:
            yield at


def _is_answer(cell: str) -> bool:
    return bool(re.match(r"[(\[]?\d", cell)) and quantity_of(cell) is None


def _tables(cells: list[list[str]], known: Mapping[Any, str] | None) -> Iterator[tuple[int, int, list[str]]]:
    """Where each table's answers begin and end, and its headings."""
    starts = [at for at in _may_be_headings(cells) if _headings(cells[at], known)]
    for number, at in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(cells)
        headings = list(cells[at])
        start = at + 1
        if (
            number + 1 < len(starts)
            and starts[number + 1] == at + 1
            and _goes_on(headings, cells[at + 1], known)
        ):
            # two rows of headings: Parameters over weights and biases; the loop passes the second by itself
            continue
        if at and at - 1 in starts and _goes_on(cells[at - 1], cells[at], known):
            headings = _joined(cells[at - 1], cells[at])
        elif start < end and _goes_on(headings, cells[start], known):
            headings = _joined(headings, cells[start])
            start += 1
        yield start, end, headings


def _goes_on(first: Sequence[str], second: Sequence[str], known: Mapping[Any, str] | None) -> bool:
    """Whether a row goes on with the headings of the one above."""
    if any(map(_is_answer, second)) or not any(second):
        return False
    label = next((at for at, cell in enumerate(first) if label_role(cell)), 0)
    if label < len(second) and second[label] and second[label] != first[label]:
        return False
    own = [at for at, cell in enumerate(second) if cell and at != label]
    joined = _joined(first, second)
    return bool(own) and all(
        quantity_of(joined[at], known) or part_of_shape(second[at]) or side_of_params(second[at])
        for at in own
    )


def _joined(first: Sequence[str], second: Sequence[str]) -> list[str]:
    above = ""
    joined = []
    for at in range(max(len(first), len(second))):
        own = first[at] if at < len(first) else ""
        below = second[at] if at < len(second) else ""
        above = own or (above if below else "")
        part = bool(part_of_shape(below) or side_of_params(below))
        joined.append(below if part else f"{above} {below}".strip() if below != above else below)
    return joined


def _best(tables: list[tuple[int, int, list[str]]]) -> int:
    return max((_headings(headings, None) for _, _, headings in tables), default=0)


def _without_headings(grid: Grid, cells: list[list[str]], table: int) -> Iterator[SheetRow]:
    """The rows of a table without headings, whose columns are told apart later, by their numbers."""
    for at, row in enumerate(cells):
        if len(row) > 1 and row[0] and re.search(r"\w", row[0]) and any(row[1:]):
            numbered = {
                f"{UNNAMED}{column + 1}": Cell(cell, grid.place(at, column, ""))
                for column, cell in enumerate(row)
                if column
            }
            yield SheetRow(row[0], numbered, grid.row_place(at), table)
