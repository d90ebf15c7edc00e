"""A sheet as Markdown tables."""

import re
from collections.abc import Iterator

from cnncalc.homework.numbers import LONGEST
from cnncalc.homework.sheets import decode
from cnncalc.homework.tables import MOST_COLUMNS, Grid
from cnncalc.homework.told import told

MOST_EMPHASES = 3
"""The most signs of emphasis around a cell, as in ***_456_***."""
LONGEST_CELL = 10 * LONGEST
"""The characters of a cell that are looked at: signs of emphasis are no part of an answer."""
_BAR = re.compile(r"(?<!\\)[|｜]")
_RULE = re.compile(r"[\s|｜:+=-]*")


def grids(data: bytes, file: str) -> Iterator[Grid]:
    """The tables; raises CnncalcError."""
    text = decode(data)
    yield Grid(rows(text) if _BAR.search(text) else told(text))
    if "<table" in text.lower():
        from cnncalc.homework.readers.html_sheet import tables

        yield from tables(text, file)


def rows(text: str) -> Iterator[list[str]]:
    """The rows of all tables of a text, an empty one for each line that is none."""
    for line in text.splitlines():
        if not _BAR.search(line):
            # keeps the count of rows that of the file's lines
            yield []
            continue
        if _RULE.fullmatch(line):
            yield []
            continue
        inner = line.strip()
        inner = inner[1:] if inner[:1] in "|｜" else inner
        inner = inner[:-1] if inner[-1:] in ("|", "｜") and inner[-2:-1] != "\\" else inner
        yield [_plain(cell) for cell in _BAR.split(inner, MOST_COLUMNS)]


def _plain(cell: str) -> str:
    """A cell without its emphasis; * between numbers stays."""
    cell = cell[: LONGEST_CELL + 1]
    cell = re.sub(r"\\([\\|*_`<])", r"\1", cell).replace("&nbsp;", " ").replace("`", "").strip()
    for _ in range(MOST_EMPHASES if len(cell) <= LONGEST else 0):
        if match := re.fullmatch(r"(\*\*|__|\*|_)(.+)\1", cell):
            cell = match[2].strip()
    return "" if set(cell) <= {"*", "_"} else cell
