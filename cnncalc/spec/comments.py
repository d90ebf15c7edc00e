"""The comments of a spec, which YAML reads past."""

import re
from typing import NamedTuple

import yaml

_COMMENT = re.compile(r"(?:^|(?<=[ \t\r\n]))#[^\r\n]*")


class Comment(NamedTuple):
    """A comment: its line, from 1, its text from # on, and whether it has the line for itself."""

    line: int
    text: str
    is_alone: bool


def comments(text: str) -> list[Comment]:
    """The comments of a YAML text that can be read, in order: they stand between its tokens."""
    found: list[Comment] = []
    at = at_line = 0
    for token in yaml.scan(text, Loader=getattr(yaml, "CLoader", yaml.Loader)):
        start = token.start_mark
        for each in _COMMENT.finditer(text, at, start.index) if start.index > at else ():
            before = text[at : each.start()]
            line = at_line + before.count("\n")
            found.append(Comment(line + 1, each[0].rstrip(), not at or "\n" in before))
        at, at_line = max(at, token.end_mark.index), max(at_line, token.end_mark.line)
    return found
