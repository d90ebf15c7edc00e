"""Text laid out in lines, by the columns of a terminal that it takes: Chinese has no spaces to break at."""

import re
import shutil
from collections.abc import Iterator
from itertools import accumulate

# a shape, a word or a wide character, with the marks around it that don't end a line or begin one
_WIDE = r"\u2e80-\u9fff\uff00-\uffef"
_OPENING = r"\u201c\u300a\uff08\uff3b"
_CLOSING = r",.;:)\u3001\u3002\u300b\u201d\uff09\uff0c\uff1a\uff1b\uff3d"
_PIECE = rf"\s+|[{_OPENING}]*(?:\([\d, ]+\)|[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*"

WIDEST = 100
"""Lines of text longer than this are hard to read, however wide the terminal."""
LONGEST_NAME = 20
"""The columns that a name before an equation may have for its signs to be aligned."""


def columns() -> int:
    """How wide text may be."""
    return max(min(shutil.get_terminal_size((80, 24)).columns, WIDEST), 40)


def width(text: str) -> int:
    """Number of columns of a terminal that a text takes: two for a Chinese character."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else unicodedata.category(c) not in ("Mn", "Me")
        for c in text
    )


def wrapped(text: str, columns: int, indent: str = "", first: str | None = None) -> Iterator[str]:
    """The lines of a text, set in.

    >>> list(wrapped("每个滤波器有一个偏置", 12, "  "))
    ['  每个滤波器', '  有一个偏置']
    """
    line, used = indent if first is None else first, 0
    room = columns - width(indent)
    for piece in re.findall(_PIECE, text):
        if used and used + width(piece.rstrip()) > room:
            yield line.rstrip()
            line, used = indent, 0
        if piece.isspace() and not used:
            continue
        line += piece
        used += width(piece)
    yield line.rstrip()


def chained(name: str, sides: list[str], columns: int, indent: str) -> Iterator[str]:
    """An equation a = b = c: in one line where it fits, else broken before its signs.

    >>> list(chained("M", ["floor((7 - 3)/3) + 1", "1 + 1", "2"], 30, ""))
    ['M = floor((7 - 3)/3) + 1', '  = 1 + 1 = 2']
    >>> list(chained("multiplications", ["F*F*M*M*C", "3*3*8*8*16", "9216"], 42, ""))
    ['multiplications = F*F*M*M*C = 3*3*8*8*16', '                = 9216']
    """
    line = f"{indent}{name} = {sides[0]}"
    # under the sign; what begins with a formula of its own is set in a little
    hang = " " * (width(indent) + (width(name) if width(name) <= LONGEST_NAME else 4))
    for side in sides[1:]:
        if width(line) + width(side) + 3 > columns:
            yield from _cut(line, columns, hang)
            line = hang
        line += f" = {side}"
    yield from _cut(line, columns, hang)


def _cut(line: str, columns: int, hang: str) -> Iterator[str]:
    """A line that is too long, broken after its plus signs and commas: in brackets only if nowhere else."""
    while width(line) > columns:
        depths = list(accumulate((sign in "([") - (sign in ")]") for sign in line))
        ends = [
            match.end() - 1
            for match in re.finditer(r" \+ |, ", line)
            if match.end() > len(hang) + 6 and width(line[: match.end() - 1]) <= columns
        ]
        if not ends:
            break
        end = min(ends, key=lambda at: (depths[at], -at))
        yield line[:end]
        line = f"{hang}   {line[end + 1 :]}"
    yield line
