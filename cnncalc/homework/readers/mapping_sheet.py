"""A sheet in YAML or JSON: `answers: {CONV1: {shape: 28x28x6, params: 450}, total: {params: 62000}}`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cnncalc.homework.headings import label_role
from cnncalc.homework.sheets import decode, texts
from cnncalc.homework.tables import MOST_ROWS, Grid, bad_sheet
from cnncalc.spec.parse import parse
from cnncalc.spec.source import Source

LARGEST = 2**20
"""In bytes: lists in lists take 150 times as much memory as text."""
_SCALAR = re.compile(r"[^\s,\]}#]+")
_MATRIX = re.compile(r"[-−\d\s.,/\[\]()]++[;\n][-−\d\s.,/;\[\]()]*+")
_EXAMPLE = "such as\n    answers:\n      CONV1: {shape: 28x28x6, params: 450}"


def grids(data: bytes, file: str) -> Iterator[Grid]:
    """The table; raises CnncalcError with the line of what is wrong."""
    if len(data) > LARGEST:
        raise bad_sheet(file, f"is larger than {LARGEST // 2**20} MiB")
    source = Source(decode(data), file)
    columns: dict[str, int] = {}
    rows: list[dict[str, str]] = []
    labels: list[str] = []
    lines: dict[tuple[int, int], int] = {}
    for label, answers in _rows(_across(parse(source)), file):
        if len(rows) >= MOST_ROWS:
            raise bad_sheet(file, f"has more than {MOST_ROWS:,} rows")
        row = {}
        for heading, value in _in_parentheses(answers).items():
            mark = getattr(answers, "marks", {}).get(heading, ((0, 0), (0, 0)))[1]
            if heading in ("layer", "name"):
                continue
            column = columns.setdefault(str(heading), len(columns) + 1)
            row[str(heading)] = _text(value, mark, source.lines)
            lines[len(rows) + 1, column] = mark[0]
            lines.setdefault((len(rows) + 1, 0), mark[0])
        rows.append(row)
        labels.append(label)
    if not rows:
        raise bad_sheet(file, "holds no answers", _EXAMPLE)
    cells = [
        [label, *(row.get(heading, "") for heading in columns)]
        for label, row in zip(labels, rows, strict=True)
    ]
    yield Grid([["layer", *columns], *cells], "", lines)


def _across(value: Any) -> Any:
    """The layers of a table that is written column by column, as pandas writes one."""
    if (
        not isinstance(value, Mapping)
        or not value
        or not all(isinstance(each, Mapping) for each in value.values())
    ):
        return value
    columns = list(value.items())
    labels = next((cells for heading, cells in columns if label_role(str(heading)) == "name"), None)
    if labels is None or len(columns) < 2 or not all(set(cells) == set(labels) for _, cells in columns):
        return value
    return [
        {"layer" if cells is labels else heading: cells[number] for heading, cells in columns}
        for number in labels
    ]


def _rows(value: Any, file: str) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """The rows of a sheet: a mapping of layers, or a list of mappings that name theirs."""
    if isinstance(value, Mapping):
        if isinstance(value.get("layers"), list):
            # what cnncalc itself writes as JSON
            yield from _rows(value["layers"], file)
            value = {"total": value.get("totals")}
        value = value.get("answers", value)
    if isinstance(value, list):
        for entry in value:
            named = isinstance(entry, Mapping) and (entry.get("layer") or entry.get("name"))
            if named:
                yield texts(named), entry
        return
    if not isinstance(value, Mapping):
        raise bad_sheet(file, "is not a mapping of layers to answers", _EXAMPLE)
    for label, answers in value.items():
        if isinstance(answers, Mapping):
            yield str(label), answers
        elif _is_matrix(answers):
            yield str(label), {"values": str(answers)}


def _is_matrix(value: Any) -> bool:
    """Whether a value is rows of numbers, in lists or as text."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(row, list) for row in value)
    return isinstance(value, str) and bool(_MATRIX.fullmatch(value))


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
