"""The matrices on a sheet: in the cell beside a name, in the rows from the name on, or in those under it."""

import re
from collections.abc import Collection, Iterable, Sequence

from cnncalc.homework.headings import bare
from cnncalc.homework.notation import says_nothing

LONGEST_MATRIX = 10_000
"""The characters of a matrix that are looked at."""
MOST_VALUES = 1000
"""The most values of a matrix that is asked: ten characters for each are looked at."""
_NUMBER = re.compile(r"[-−–+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:/\d++)?")
_SEVERAL = re.compile(r"[-−–+./\d]++(?:\s++[-−–+./\d]++)++")
_NAMED = re.compile(r"[\W_]{0,8}(?P<name>[^:=：]{1,60}+)[:=：](?P<matrix>.*)", re.DOTALL)

_RULE = re.compile(r"[\s|｜:+=`$-]*")
"""A line that only parts others."""


def take_matrices(
    rows: Sequence[Sequence[str]], names: Collection[str]
) -> tuple[dict[str, str], list[Sequence[str]]]:
    """The matrices of a table by their names, a semicolon between rows; and the table without them.

    >>> take_matrices([["Y1", "1", "2"], ["", "3", "4"], ["Y2", "5 6; 7 8"], ["CONV1", "456"]], ["Y1", "Y2"])
    ({'Y1': '1 2; 3 4', 'Y2': '5 6; 7 8'}, [[], [], [], ['CONV1', '456']])
    """
    known = {bare(name): name for name in names}
    found: dict[str, str] = {}
    left = list(rows)
    at = 0
    while at < len(rows):
        name, beside = _named(rows[at], known)
        if name is None:
            at += 1
            continue
        start, matrix = at, [beside] if beside else []
        at += 1
        if not (matrix and _is_whole(matrix[0])):
            # in Markdown a line that is empty here stands under the first row
            while at < len(rows) and (_is_of_matrix(rows[at]) or (len(matrix) < 2 and not any(rows[at]))):
                numbers = " ".join(filter(None, map(str.strip, rows[at])))
                matrix += [numbers] if numbers else []
                at += 1
        found.setdefault(name, "; ".join(matrix)[:LONGEST_MATRIX])
        left[start:at] = [[]] * (at - start)
    return found, left


def _named(row: Sequence[str], known: dict[str, str]) -> tuple[str | None, str]:
    """The name of the matrix that begins in a row, and what stands beside the name."""
    cells = [cell.strip() for cell in row]
    first = next((at for at, cell in enumerate(cells) if cell), None)
    if first is None:
        return None, ""
    own = _NAMED.fullmatch(cells[first][: LONGEST_MATRIX + 1])
    label, matrix = (own["name"], own["matrix"]) if own else (cells[first], "")
    name = known.get(bare(label))
    beside = [
        cell for cell in (matrix.strip(" *_`$"), *cells[first + 1 :]) if cell and not says_nothing(cell)
    ]
    # a semicolon between the rows may have been taken for one between cells
    in_rows = len(beside) > 1 and all(map(_SEVERAL.fullmatch, beside))
    return name, ("; " if in_rows else " ").join(beside)


def _is_whole(text: str) -> bool:
    """Whether one cell holds the rows of a matrix."""
    return bool(re.search(r"[;\n]|[\])]\s*+(?:,\s*+)?[\[(]", text))


def _is_of_matrix(row: Sequence[str]) -> bool:
    """Whether a row has numbers and nothing else."""
    words = " ".join(row)[:LONGEST_MATRIX].replace("[", " ").replace("]", " ").replace(",", " ").split()
    return bool(words) and all(map(_NUMBER.fullmatch, words))


def matrix_alone(rows: Iterable[Sequence[str]]) -> str:
    """A table of numbers alone, as a matrix; "" for another table."""
    filled = [row for row in rows if any(row)]
    if not filled or not all(map(_is_of_matrix, filled)):
        return ""
    return "; ".join(" ".join(row) for row in filled)[:LONGEST_MATRIX]


def in_text(text: str, names: Collection[str]) -> tuple[dict[str, str], str]:
    """The matrices of a text in Markdown, whose names may stand above tables; and the text without them."""
    from cnncalc.homework.readers.markdown_sheet import rows

    lines = text.splitlines()
    cells = list(rows(text))
    told = [
        row or ([] if _RULE.fullmatch(line) else [line.strip(" #*_>")])
        for row, line in zip(cells, lines, strict=True)
    ]
    found, left = take_matrices(told, names)
    return found, "\n".join(
        line if row or not any(was) else "" for line, row, was in zip(lines, left, told, strict=True)
    )
