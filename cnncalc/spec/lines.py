"""Layers one a line, of a file, a pipe or a pasted text: compact text, or the lines of a program."""

import re

from cnncalc.layers import find
from cnncalc.spec.compact import CALL
from cnncalc.spec.source import Mark, Source
from cnncalc.spec.spellings import KINDS

_INPUT = re.compile(r"(?<!\S)input[ \t:=]+(\d[\dx×]*)[ \t]*(?:[,，\n]|\Z)", re.IGNORECASE)
_SPEC = re.compile(r"^[ \t{\"']*layers[\"']?[ \t]*:", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")


class LineSource(Source):
    """The text of layers: a place in the text is told by the line that the place is in."""

    def moved(self, mark: Mark, offset: int) -> Mark:
        before = self.text[:offset].split("\n")
        return len(before), len(before[-1]) + 1


def is_layers(text: str) -> bool:
    r"""Whether a text is layers one a line, and no spec.

    >>> is_layers("conv5-6 relu\nmaxpool2\n"), is_layers("input: 32x32x3\nlayers: [conv5-6]")
    (True, False)
    """
    if _SPEC.search(text):
        return False
    text = _COMMENT.sub(_blank, text)
    if _first_line(text) or CALL.search(text):
        return True
    match = re.match(r"\s*(?:\w+=)?([^\W\d_]+)", text)
    return match is not None and (match[1].lower() in KINDS or find(match[1].lower()) is not None)


def own_input(text: str) -> tuple[str | None, str]:
    """The input that the first line says, and the text with blanks in place of that line.

    >>> own_input("input 28x28x1, conv5-6")
    ('28x28x1', '               conv5-6')
    """
    if match := _first_line(text):
        return match[1], re.sub(r"[^\n]", " ", text[: match.end()]) + text[match.end() :]
    if CALL.search(text):
        from cnncalc.spec.pasted import input_shape

        shape = input_shape(text)
        return "x".join(map(str, shape)) if shape else None, text
    return None, text


def _first_line(text: str) -> re.Match[str] | None:
    """The line that says the input, where it is the first."""
    return _INPUT.match(text, len(text) - len(text.lstrip()))


def parted(text: str) -> str:
    r"""The layers of several lines parted by commas, each character at its place; a program is as it was.

    >>> parted("conv5-6 relu # first\nmaxpool2,\nfc-10\n")
    'conv5-6 relu        ,maxpool2, fc-10 '
    """
    if "\n" not in text or CALL.search(text):
        return text
    lines = _COMMENT.sub(_blank, text.replace("\r", " ")).split("\n")
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    made, comma = "", True
    for number, line in enumerate(lines):
        comma = comma if not line.strip() else line.rstrip()[-1] in ",，"
        made += line + ("" if number == len(lines) - 1 else " " if comma or number >= last else ",")
        comma = True if not comma and number < last else comma
    return made


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
