"""A sheet in YAML or JSON: `answers: {CONV1: {shape: 28x28x6, params: 450}, total: {params: 62000}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.errors import did_you_mean
from cnncalc.homework.sheets import (
    MOST_ROWS,
    QUANTITY_OF,
    Cell,
    Sheet,
    decode,
    quantity_of,
    texts,
    unreadable_sheet,
)
from cnncalc.spec.parse import parse
from cnncalc.spec.source import Source

MOST_HELPED = 20
"""Of more notes no one sees the help."""
LARGEST = 2**20
"""In bytes: lists in lists take 150 times as much memory as text."""
_SCALAR = re.compile(r"[^\s,\]}#]+")
_EXAMPLE = "such as\n    answers:\n      CONV1: {shape: 28x28x6, params: 450}"


def read(data: bytes, file: str) -> Sheet:
    """The sheet; raises CnncalcError with the line of what is wrong."""
    if len(data) > LARGEST:
        raise unreadable_sheet(file, f"is larger than {LARGEST // 2**20} MiB")
    source = Source(decode(data), file)
    sheet = Sheet(file)
    found = 0
    for label, answers in _rows(parse(source), sheet):
        found += 1
        if found > MOST_ROWS:
            raise unreadable_sheet(file, f"has more than {MOST_ROWS:,} rows")
        for heading, value in _in_parentheses(answers).items():
            quantity = quantity_of(str(heading))
            mark = getattr(answers, "marks", {}).get(heading, ((0, 0), (0, 0)))[1]
            place = f"line {mark[0]}"
            if quantity is None:
                if heading not in ("layer", "name"):
                    few = len(sheet.notes) < MOST_HELPED
                    help = did_you_mean(str(heading), QUANTITY_OF) if few else ""
                    note = f"{place}: {heading} is not a quantity" + (f": {help}" if help else "")
                    sheet.notes.append(note)
                continue
            sheet.put(label, quantity, Cell(_text(value, mark, source.lines), place, str(heading)))
    if not found:
        raise unreadable_sheet(file, "holds no answers", _EXAMPLE)
    return sheet


def _rows(value: Any, sheet: Sheet) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """The rows of a sheet: a mapping of layers, or a list of mappings that name theirs."""
    if isinstance(value, Mapping):
        if isinstance(value.get("layers"), list):
            # what cnncalc itself writes as JSON
            yield from _rows(value["layers"], sheet)
            value = {"total": value.get("totals")}
        value = value.get("answers", value)
    if isinstance(value, list):
        for entry in value:
            named = isinstance(entry, Mapping) and (entry.get("layer") or entry.get("name"))
            if named:
                yield texts(named), entry
            else:
                sheet.notes.append(f"an entry without the name of its layer: {texts(entry)[:40]}")
        return
    if not isinstance(value, Mapping):
        raise unreadable_sheet(sheet.file, "is not a mapping of layers to answers", _EXAMPLE)
    for label, answers in value.items():
        if isinstance(answers, Mapping):
            yield str(label), answers
        elif answers is not None:
            sheet.notes.append(f"{label}: {texts(answers)[:40]} stands under no quantity")


def _in_parentheses(answers: Mapping[Any, Any]) -> dict[Any, Any]:
    """The answers, with what YAML parts in {shape: (28, 28, 6)} put together."""
    together: dict[Any, Any] = {}
    opened = None
    for heading, value in answers.items():
        if opened is not None and value is None:
            together[opened] += f", {heading}"
        else:
            together[heading] = value
            opened = heading if isinstance(value, str) and value.startswith("(") else opened
        if opened is not None and ")" in together[opened]:
            opened = None
    return together


def _text(value: Any, mark: tuple[int, int], lines: list[str]) -> str:
    """A value as it was written: 4.8e4 says how many digits it has, and 48000.0 does not."""
    if isinstance(value, float) and 0 < mark[0] <= len(lines):
        found = _SCALAR.match(lines[mark[0] - 1], mark[1] - 1)
        if found:
            return found[0]
    return texts(value)
