"""A sheet as tables of LaTeX."""

import re
from collections.abc import Iterator

from cnncalc.homework.sheets import decode
from cnncalc.homework.tables import MOST_COLUMNS, Grid

_TABULAR = re.compile(r"\\begin\{(?P<name>tabularx?|tabular\*|longtable|tabulary|array)\}")
_RULE = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|centering|endhead|endfirsthead)\b|\\(?:cline|cmidrule)(?:\([lr]*\))?\{[^{}]*\}"
)
_OPTIONS = re.compile(r"^\s*+(?:\[[^\]]*\]|\{(?:[^{}]|\{[^{}]*\})*\})")
_SPAN = re.compile(r"\\multi(?:column|row)\{([^{}]*)\}\{[^{}]*\}\{([^{}]*)\}")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")


def grids(data: bytes, file: str) -> Iterator[Grid]:  # noqa: ARG001 - readers are called alike
    """The tables."""
    text = _COMMENT.sub("", decode(data))
    done = 0
    for found in _TABULAR.finditer(text):
        if found.start() < done:
            # a table in a cell of another, whose end is taken for that of both
            continue
        end = text.find(f"\\end{{{found['name']}}}", found.end())
        done = end if end >= 0 else len(text)
        body = text[found.end() : done]
        for _ in range(3):
            body = _OPTIONS.sub("", body, count=1)
        yield Grid(list(_cells(line)) for line in _RULE.sub("", body).split(r"\\"))


def _cells(line: str) -> Iterator[str]:
    for cell in re.split(r"(?<!\\)&", line, maxsplit=MOST_COLUMNS):
        spanned = _SPAN.search(cell)
        yield (
            (spanned[2] if spanned else cell)
            .replace(r"\#", "#")
            .replace(r"\&", "&")
            .replace(r"\_", "_")
            .strip()
        )
        columns = spanned[1] if spanned and "multicolumn" in spanned[0] else ""
        yield from [""] * (min(int(columns), 50) - 1 if columns.isdecimal() and len(columns) < 4 else 0)
