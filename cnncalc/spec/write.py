"""Values -> the YAML of a spec, as a person lays it out: an item in a line, short values in braces."""

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

WIDTH = 120
"""The most characters of a line, where its parts are short enough."""


LONGEST_LIST = 60
"""The most characters of a list that is not parted."""


class InLine:
    """A mapping or a list that stands in a line, or in as few as its items fill: {a: 1} or [1, 2]."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Commented:
    """A value with comments in the lines before it."""

    def __init__(self, value: Any, comments: Sequence[str]) -> None:
        self.value, self.comments = value, comments


def write_yaml(value: dict[str, Any]) -> str:
    """The text of a mapping, its keys in their order."""
    return "".join(f"{line}\n" for line in _mapping(value, 0))


def _mapping(value: dict[str, Any], indent: int) -> Iterator[str]:
    for key, given in value.items():
        yield from _comments(given, indent)
        each = given.value if isinstance(given, Commented) else given
        yield from _entry(f"{' ' * indent}{_scalar(key)}:", each, indent + 2)


def _entry(start: str, value: Any, indent: int) -> Iterator[str]:
    """The text of a value behind a key or a dash: in the same line where the text fits, else below."""
    if isinstance(value, InLine):
        yield from _filled(f"{start} ", value.value, indent)
    elif isinstance(value, dict):
        yield start
        yield from _mapping(value, indent)
    elif isinstance(value, list):
        yield start
        for item in value:
            yield from _item(item, indent)
    else:
        yield f"{start} {_scalar(value)}"


def _item(item: Any, indent: int) -> Iterator[str]:
    """An item of a list: a mapping begins behind the dash."""
    yield from _comments(item, indent)
    item = item.value if isinstance(item, Commented) else item
    dash = f"{' ' * indent}- "
    if isinstance(item, dict):
        first, *rest = _mapping(item, indent + 2)
        yield dash + first.lstrip(" ")
        yield from rest
    else:
        yield from _entry(dash.rstrip(" "), item, indent + 2)


def _comments(value: Any, indent: int) -> Iterator[str]:
    for comment in value.comments if isinstance(value, Commented) else ():
        yield f"{' ' * indent}{comment}"


def _filled(start: str, value: Any, indent: int) -> Iterator[str]:
    """A value in as few lines as it fills, parted after commas, though not within a list of numbers."""
    line = start
    for piece in _pieces(_short(value)):
        if len(line) + len(piece.rstrip(" ")) > WIDTH and line.strip(" "):
            yield line.rstrip(" ")
            line = " " * indent
        line += piece
    yield line.rstrip(" ")


def _pieces(text: str) -> Iterator[str]:
    """The parts of a text in braces after which a line may end: short lists stay whole."""
    start = 0
    closing = _closing(text)
    around: list[bool] = []
    for at, character in _outside_quotes(text):
        if character in "[{(":
            around.append(character == "{" or (character == "[" and closing[at] - at > LONGEST_LIST))
        elif character in "]})":
            around.pop()
        elif character == " " and text[at - 1] == "," and all(around):
            yield text[start : at + 1]
            start = at + 1
    yield text[start:]


def _closing(text: str) -> dict[int, int]:
    """Where each bracket of a text begins -> where it ends."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for at, character in _outside_quotes(text):
        if character in "[{(":
            opened.append(at)
        elif character in "]})":
            found[opened.pop()] = at
    return found


def _outside_quotes(text: str) -> Iterator[tuple[int, str]]:
    """The characters of a text that stand in no quotes, each with its place."""
    quote = ""
    for at, character in enumerate(text):
        if quote or character in "'\"":
            quote = "" if character == quote else quote or character
        else:
            yield at, character


def _parts(value: Any) -> Iterator[str]:
    """The items of a mapping or a list; one key and its value stand in a list without braces."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield f"{_scalar(key, flow=True)}: {_short(each)}"
        return
    for item in value:
        pair = item.value if isinstance(item, InLine) else item
        if isinstance(pair, dict) and len(pair) == 1:
            yield from _parts(pair)
        else:
            yield _short(item)


def _short(value: Any) -> str:
    if isinstance(value, InLine):
        return _short(value.value)
    if isinstance(value, dict):
        return "{" + ", ".join(_parts(value)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_parts(value)) + "]"
    return _scalar(value, flow=True)


def _scalar(value: Any, *, flow: bool = False) -> str:
    """A text, a number, true or false, as YAML has it; nothing at all for None."""
    if value is None:
        return ""
    if type(value) is int or type(value) is bool:
        return str(value).lower()
    value = str(value) if isinstance(value, str) else value
    # signs that a terminal or an editor obeys are written as their numbers
    seen = not isinstance(value, str) or value.replace("\n", "").isprintable()
    text = yaml.safe_dump([value], default_flow_style=flow, width=10**6, allow_unicode=seen).strip()
    return text[1:-1] if flow else text.removeprefix("- ")
