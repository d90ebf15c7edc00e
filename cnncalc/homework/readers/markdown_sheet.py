"""A sheet as a Markdown table."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnncalc.homework.numbers import LONGEST
from cnncalc.homework.sheets import Sheet, decode, from_grid

MOST_EMPHASES = 3
"""The most signs of emphasis around a cell, as in ***_456_***."""
_BAR = re.compile(r"(?<!\\)[|｜]")
_RULE = re.compile(r"[\s|｜:+=-]*")


def read(data: bytes, file: str) -> Sheet:
    """The sheet; raises CnncalcError."""
    return from_grid(_rows(decode(data)), file)


def _rows(text: str) -> Iterator[list[str]]:
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
        yield [_plain(cell) for cell in _BAR.split(inner)]


def _plain(cell: str) -> str:
    """A cell without its emphasis; * between numbers stays."""
    cell = re.sub(r"\\([\\|*_`<])", r"\1", cell).replace("&nbsp;", " ").replace("`", "").strip()
    for _ in range(MOST_EMPHASES if len(cell) <= LONGEST else 0):
        if match := re.fullmatch(r"(\*\*|__|\*|_)(.+)\1", cell):
            cell = match[2].strip()
    return "" if set(cell) <= {"*", "_"} else cell
