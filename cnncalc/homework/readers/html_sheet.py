"""A sheet as tables of HTML, as browsers, word processors and learning platforms save them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import islice

from cnncalc.homework.sheets import decode
from cnncalc.homework.tables import MOST_COLUMNS, MOST_ROWS, Grid, bad_sheet
from cnncalc.homework.told import told

MOST_SPAN = 50
"""The most rows or columns that a cell is taken to go over."""
MOST_TAGS = 100_000
LONGEST_TAG = 2_000
"""The characters of a tag in which its spans are looked for."""
_BREAKS = frozenset({"br", "p", "div", "li"})
_READ = _BREAKS | {"table", "tr", "td", "th", "sup"}
_UNREAD = tuple(
    (re.compile(start, re.IGNORECASE), re.compile(end, re.IGNORECASE))
    for start, end in (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
)
_MARKUP = re.compile(r"<(?:(/?)([a-zA-Z][\w:-]*+)([^<>]*+)>|[!?][^<>]*+>)?")
_NAMED = re.compile(r"<[^<>\s]++[^<>]*+>")
_SPANS = re.compile(r"\b((?:row|col)span)\s*+=\s*+[\"']?(\d+)", re.IGNORECASE)


def grids(data: bytes, file: str) -> Iterator[Grid]:
    """The tables; raises CnncalcError."""
    yield from tables(decode(data), file, outside=True)


def tables(text: str, file: str, *, outside: bool = False) -> Iterator[Grid]:
    """The tables of a text, or if wanted the lists and sentences of one without; raises CnncalcError."""
    parser = _Tables()
    parser.feed(_tags_alone(text, file))
    parser.close()
    yield from map(Grid, parser.tables)
    if outside and not parser.tables:
        lines = (" ".join(line.split()) for line in "".join(parser.outside).splitlines())
        yield Grid(told("\n".join(lines)))


def _tags_alone(text: str, file: str) -> str:
    """A text with no tags but those that tables are made of.

    Python's parser takes time by the square of a text whose tags do not end.
    """
    for start, end in _UNREAD:
        text = _without(text, start, end)
    if sum(1 for _ in islice(_NAMED.finditer(text), MOST_TAGS + 1)) > MOST_TAGS:
        raise bad_sheet(file, f"has more than {MOST_TAGS:,} tags")
    return _MARKUP.sub(_tag, text)


def _without(text: str, start: re.Pattern[str], end: re.Pattern[str]) -> str:
    """A text without what stands between two marks; the last that does not end goes on to the end."""
    kept, at = [], 0
    while begins := start.search(text, at):
        kept.append(text[at : begins.start()])
        ends = end.search(text, begins.end())
        at = ends.end() if ends else len(text)
    return "".join([*kept, text[at:]])


def _tag(found: re.Match[str]) -> str:
    name = (found[2] or "").lower()
    if not name:
        # a declaration goes, and a sign that begins no tag stays
        return "&lt;" if found[0] == "<" else ""
    if name not in _READ:
        return ""
    spans = "".join(f" {span[1]}={span[2]}" for span in _SPANS.finditer(found[3][:LONGEST_TAG]))
    return f"<{found[1]}{name}{spans}>"


class _Tables(HTMLParser):
    """Gathers the cells of tables; of one that stands in a cell, the cells of the inner table."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.outside: list[str] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._below: dict[int, tuple[int, str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._close_cell() if tag in ("td", "th", "tr", "table") else None
        if tag == "table":
            self.tables.append([])
            self._below = {}
        elif tag == "tr" and self.tables and len(self.tables[-1]) < MOST_ROWS + 1:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables:
            if not self.tables[-1]:
                self.tables[-1].append([])
            self._cell = []
            named = dict(attrs)
            self._span = (_number(named.get("rowspan")), _number(named.get("colspan")))
        elif tag in _BREAKS and self._cell:
            self._cell.append(" ")
        elif tag in _BREAKS and self._cell is None:
            self.outside.append("\n")
        elif tag == "sup" and self._cell is not None:
            self._cell.append("^")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close_cell()
        elif tag in _BREAKS and self._cell is None:
            self.outside.append("\n")

    def handle_data(self, data: str) -> None:
        (self.outside if self._cell is None else self._cell).append(data)

    def close(self) -> None:
        """Ends the open cell, row and table."""
        super().close()
        self._close_cell()

    def _close_cell(self) -> None:
        if self._cell is None:
            return
        row = self.tables[-1][-1]
        text = " ".join("".join(self._cell).split())
        self._cell = None
        self._from_above(row)
        down, across = self._span
        for number in range(across):
            if len(row) > MOST_COLUMNS:
                return
            if down > 1:
                self._below[len(row)] = (down - 1, "")
            row.append(text if number == 0 else "")
        self._from_above(row)

    def _from_above(self, row: list[str]) -> None:
        """Passes the places that a cell of a row above goes over."""
        while len(row) in self._below and len(row) <= MOST_COLUMNS:
            rows, text = self._below.pop(len(row))
            if self._above_is_same(row):
                self._below[len(row)] = (rows, text)
                return
            if rows > 1:
                self._below[len(row)] = (rows - 1, text)
            row.append(text)

    def _above_is_same(self, row: list[str]) -> bool:
        return False


def _number(text: str | None) -> int:
    return min(max(int(text), 1), MOST_SPAN) if text and text.isdecimal() and len(text) < 6 else 1
