"""A sheet in CSV: parted by commas, semicolons, tabs or bars, as spreadsheets of any country save it."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from cnncalc.homework.headings import quantity_of
from cnncalc.homework.sheets import decode
from cnncalc.homework.tables import MOST_COLUMNS, MOST_ROWS, Grid, bad_sheet
from cnncalc.homework.told import told

MOST_ABOVE = 100
"""The most rows, not counting empty ones, among which the heading is looked for."""
_FRAMED = re.compile(r"^[ \t]*+[│║┃].*[│║┃][ \t]*$|^\+[-=+]++[ \t]*$", re.MULTILINE)
_CROSSED = re.compile(r"^[ \t]*+[─━═]++[┼╋╬╪╫╂┿][─━═┼╋╬╪╫╂┿]++[ \t]*$", re.MULTILINE)
"""The line under the heading of a table that has lines within and no frame."""
_LINE = re.compile("[│║┃|]")
_RULE = re.compile(r"[\s+|=─━═┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╪╫╞╡╒╕╘╛┏┓┗┛┣┫┳┻╋-]*")
_PIECE = re.compile(r"\S++(?: \S++)*+")
"""A cell among others that stand two blanks apart."""
MOST_ALIGNED = 40
"""The most columns that blanks set apart."""
LONGEST_LINE = 2000
"""The most characters of a line with aligned columns that are looked at."""
_THOUSAND = re.compile(r"\d{3}")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})*")


def grids(data: bytes, file: str) -> Iterator[Grid]:
    """The table; raises CnncalcError."""
    text = decode(data).lstrip("\ufeff")
    framed = bool(_FRAMED.search(text))
    if framed or _CROSSED.search(text):
        yield Grid(_drawn(text, framed=framed))
        return
    if parted := _aligned(text) or told(text):
        yield Grid(parted)
        return
    # Excel may say in a first line what parts the cells
    delimiter = ""
    if match := re.match(r'"?sep=(.)"?\r?\n', text):
        # a sign that can part nothing is passed over
        delimiter, text = match[1].strip('"\r\n'), text[match.end() :]
    delimiter = delimiter or _delimiter(text)
    text = text.replace("\0", "")
    if delimiter in ",;":
        text = _with_plain_commas(text, delimiter, "，；"[",;".index(delimiter)])
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True))
    except (csv.Error, ValueError, TypeError) as error:
        raise bad_sheet(file, f"is not CSV: {error}") from None
    yield Grid(_whole(rows, delimiter))


def _drawn(text: str, *, framed: bool) -> Iterator[list[str]]:
    """The rows of a table that is drawn with lines, as terminals print them.

    Of a table with a frame, a bar stands before the first cell and behind the last.
    """
    for line in text.splitlines():
        cells = [] if _RULE.fullmatch(line) else _LINE.split(line.strip() if framed else line)
        cells = cells[1:-1] if framed else cells
        yield [cell.strip() for cell in cells] if len(cells) > (not framed) else []


def _aligned(text: str) -> list[list[str]]:
    """The rows of a table whose columns are set apart by two blanks or more; none for another text.

    A cell stands in the column whose heading begins or ends the nearest.
    """
    if "\t" in text:
        return []
    lines = iter(text.splitlines()[: MOST_ROWS + MOST_ABOVE])
    heads: list[re.Match[str]] = []
    for line in islice(lines, MOST_ABOVE):
        heads = [] if re.search("[,;|]", line) else [*_PIECE.finditer(line[:LONGEST_LINE])]
        if 1 < len(heads) <= MOST_ALIGNED and any(quantity_of(head[0]) for head in heads[1:]):
            break
    else:
        return []
    rows = [[head[0] for head in heads]]
    for line in lines:
        row = [""] * len(heads)
        for piece in _PIECE.finditer(line[:LONGEST_LINE]):
            column = min(range(len(heads)), key=lambda each: _apart(piece, heads[each]))
            row[column] = f"{row[column]} {piece[0]}".strip()
        rows.append([] if _RULE.fullmatch(line) else row)
    return rows


def _apart(piece: re.Match[str], head: re.Match[str]) -> int:
    return min(abs(piece.start() - head.start()), abs(piece.end() - head.end()))


def _delimiter(text: str) -> str:
    """The delimiter of the first lines' cells; a sign in quotes does not count."""
    head = re.sub(r'"[^"]*"', "", "\n".join(text.split("\n", 20)[:20]))
    head = head.replace("，", ",").replace("；", ";")
    heading = next((line for line in head.splitlines() if re.search("[,;\t|]", line)), "")
    return max("\t;,|", key=heading.count)


def _with_plain_commas(text: str, delimiter: str, wide: str) -> str:
    """The lines with plain commas for wide ones, but for lines whose plain commas part all cells."""
    if wide not in text:
        return text
    lines = text.split("\n")
    heading = next(
        (
            line
            for line in lines[:MOST_ABOVE]
            if any(map(quantity_of, line.replace(wide, delimiter).split(delimiter)))
        ),
        "",
    )
    fewest = heading.count(delimiter)
    parted = [
        line if 0 < fewest <= line.count(delimiter) else line.replace(wide, delimiter) for line in lines
    ]
    return "\n".join(parted)


def _whole(rows: list[list[str]], delimiter: str) -> Iterator[list[str]]:
    """The rows, with what an unquoted comma has parted put together: (28, 28, 6) and 48,120."""
    first = islice(filter(any, rows), MOST_ABOVE)
    width = next((len(row) for row in first if any(map(quantity_of, row))), 0)
    for row in rows:
        # of far too many cells it is told where they are counted
        if len(row) <= width or len(row) > 10 * MOST_COLUMNS or not any(row[width:]):
            yield row
            continue
        together: list[list[str]] = []
        depth = 0
        for cell in row:
            if depth > 0:
                together[-1].append(cell)
            else:
                together.append([cell])
                depth = 0
            depth += sum(map(cell.count, "([（")) - sum(map(cell.count, ")]）"))
        joined = list(map(delimiter.join, together))
        while len(joined) > width and not joined[-1]:
            joined.pop()
        surplus = len(joined) - width
        at = [
            i
            for i in range(1, len(joined))
            if _THOUSAND.fullmatch(joined[i].strip()) and _THOUSANDS.fullmatch(joined[i - 1].strip())
        ]
        if 0 < surplus == len(at) and delimiter == ",":
            # there is one way to put the thousands together
            for i in reversed(at):
                joined[i - 1 : i + 1] = [f"{joined[i - 1].strip()},{joined[i].strip()}"]
        yield joined
