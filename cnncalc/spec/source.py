"""Text -> located values: YAML or JSON read straight from the parser's events, each value knowing its place.

Mappings and lists come as `Map` and `List`, which are dict and list with marks; scalars are plain
values, and their place is kept by what holds them. Nothing but plain data can come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from cnncalc.errors import Fault, Place, SpecError, brief

DEEPEST = 100
"""How deeply a document may nest."""
LARGEST_FILE = 64 * 2**20
"""The most bytes that a spec may have."""

Mark = tuple[int, int]


class Map(dict[Any, Any]):
    """A mapping that knows where its keys and values stand: `marks[key]` is (of the key, of the value)."""

    __slots__ = ("mark", "marks")
    marks: dict[Any, tuple[Mark, Mark]]
    mark: Mark


class List(list[Any]):
    """A list that knows where its items stand."""

    __slots__ = ("mark", "marks")
    marks: list[Mark]
    mark: Mark


class Source:
    """The text of a spec, and the name under which errors tell of it."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file

    def line(self, number: int) -> str:
        """A line of the text, from 1."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def fault(self, code: str, message: str, help: str, mark: Mark) -> Fault:
        return Fault(code, message, help, Place(self.file, *mark), self.line(mark[0]))


def read_text(path: Path, name: str) -> str:
    """The text of a file; raises SpecError if it can't be read, or isn't text."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except IsADirectoryError:
        raise SpecError(
            Fault("is_a_folder", f"{name} is a folder", "name a file in it", Place(name))
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError(Fault("unreadable_file", f"can't be read: {reason}", "", Place(name))) from None
    except ValueError:
        raise SpecError(Fault("unreadable_file", f"{brief(name)} can't be the name of a file")) from None
    return decode(data, name)


def decode(data: bytes, name: str) -> str:
    """Bytes as text: UTF-8, or UTF-16 with its byte-order mark."""
    if len(data) > LARGEST_FILE:
        raise SpecError(Fault("too_large", f"is larger than {LARGEST_FILE // 2**20} MiB", "", Place(name)))
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        byte = data[error.start]
        raise SpecError(
            Fault(
                "not_utf8",
                f"is not UTF-8 text: byte 0x{byte:02x}",
                "save it as UTF-8",
                Place(name, line, column),
            )
        ) from None


# YAML 1.2's core schema, by the first character that a plain scalar of that kind can have
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip
_NUMBER_START = frozenset("0123456789+-.")
LONGEST_NUMBER = 400


def plain(text: str) -> Any:
    """The value of a plain scalar, as YAML 1.2 has it.

    >>> plain("010"), plain("1e-5"), plain("3:3"), plain("yes")
    (10, 1e-05, '3:3', 'yes')
    """
    if text[:1] in _NUMBER_START and len(text) <= LONGEST_NUMBER:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _OCTAL_HEX.fullmatch(text):
            return int(text, 0)
    return _WORDS[text] if text in _WORDS else text


def _events(text: str) -> Iterator[Any]:
    # libyaml is many times faster; the pure parser is there wherever PyYAML is
    loader = getattr(yaml, "CLoader", yaml.Loader)
    return yaml.parse(text, Loader=loader)


_SURROGATES = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"


def _prepare(text: str) -> str:
    """JSON may write a character as two escapes, which YAML does not know."""
    if text.lstrip()[:1] in ("{", "[") and "\\u" in text:
        text = re.sub(
            _SURROGATES,
            lambda pair: (
                pair[0].encode().decode("unicode-escape").encode("utf-16", "surrogatepass").decode("utf-16")
            ),
            text,
        )
    return text


def parse(source: Source) -> Any:
    """The located value of a document; raises SpecError naming every doubled key, tag or fault of syntax."""
    faults: list[Fault] = []
    try:
        value = _read(source, faults)
    except yaml.MarkedYAMLError as error:
        raise SpecError(*faults, _syntax(source, error)) from None
    except yaml.YAMLError as error:
        raise SpecError(*faults, _unreadable(source, error)) from None
    except UnicodeEncodeError:
        raise SpecError(
            Fault("bad_syntax", "holds half of a character", "save it as UTF-8", Place(source.file))
        ) from None
    if faults:
        raise SpecError(*faults)
    return value


def _read(source: Source, faults: list[Fault]) -> Any:
    """One pass over the events, with a stack of what is open rather than recursion."""
    scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
    map_start, list_start = yaml.MappingStartEvent, yaml.SequenceStartEvent
    ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
    anchors: dict[str, Any] = {}
    stack: list[tuple[Any, Any, Mark | None]] = []
    container: Any = None
    key: Any = None
    key_mark: Mark | None = None
    root: Any = None
    documents = 0
    for event in _events(_prepare(source.text)):
        kind = type(event)
        if kind is scalar:
            value = event.value
            start = event.start_mark
            if not event.style:
                mark = (start.line + 1, start.column + 1)
                value = plain(value)
            else:
                # what a quoted text says begins after its quote
                mark = (start.line + 1, start.column + (2 if event.style in "'\"" else 1))
            if event.tag is not None and event.tag != "!":
                faults.append(_tag(source, event))
            if event.anchor is not None:
                anchors[event.anchor] = value
        elif kind is map_start or kind is list_start:
            value = Map() if kind is map_start else List()
            value.marks = {} if kind is map_start else []
            start = event.start_mark
            mark = value.mark = (start.line + 1, start.column + 1)
            if event.tag is not None:
                faults.append(_tag(source, event))
            if event.anchor is not None:
                anchors[event.anchor] = value
        elif kind in ends:
            container, key, key_mark = stack.pop()
            continue
        elif kind is alias:
            mark = (event.start_mark.line + 1, event.start_mark.column + 1)
            if event.anchor not in anchors:
                faults.append(
                    source.fault("unknown_alias", f"*{event.anchor} has no anchor before it", "", mark)
                )
            value = anchors.get(event.anchor)
            if any(value is held for held, _, _ in stack) or value is container is not None:
                faults.append(
                    source.fault("recursive_alias", f"*{event.anchor} stands inside what it names", "", mark)
                )
                value = None
        else:
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents == 2:
                    start = event.start_mark
                    mark = (start.line + 1, start.column + 1)
                    faults.append(
                        source.fault("two_documents", "a second document begins", "one network a file", mark)
                    )
            continue
        if container is None:
            if documents == 1:
                root = value
        elif type(container) is List:
            container.append(value)
            container.marks.append(mark)
        elif key_mark is None:
            key, key_mark = value, mark
            if isinstance(value, Map | List):
                faults.append(
                    source.fault(
                        "bad_key", "a key must be plain text", "quote it, or close the brackets", mark
                    )
                )
                key = f"\0{len(container)}"
            elif key == "<<" and not event.style:
                faults.append(
                    source.fault(
                        "merge_key", "merge keys (<<) are not part of the language", "write it out", mark
                    )
                )
            elif key in container:
                first = container.marks[key][0][0]
                faults.append(
                    source.fault(
                        "double_key", f"{brief(key)} is written twice", f"first on line {first}", mark
                    )
                )
        else:
            container[key] = value
            container.marks[key] = (key_mark, mark)
            key_mark = None
        if kind is map_start or kind is list_start:
            if len(stack) >= DEEPEST:
                raise SpecError(
                    *faults,
                    source.fault("too_deep", f"nests more than {DEEPEST} deep", "name parts as blocks", mark),
                )
            stack.append((container, key, key_mark if type(container) is Map else None))
            container, key, key_mark = value, None, None
    return root


def _tag(source: Source, event: Any) -> Fault:
    mark = (event.start_mark.line + 1, event.start_mark.column + 1)
    return source.fault(
        "tag", f"tags such as {brief(event.tag)} are not part of the language", "leave it out", mark
    )


def _syntax(source: Source, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = (error.problem or "can't be read").strip()
    help = ""
    line = source.line(place[0])
    if "\t" in line[: place[1]] and "token" in problem:
        help = "indent with spaces, not with a tab"
    elif line.count("$(") > line.count(")"):
        help = "a $( is not closed"
    elif "$(" in line:
        help = "within { } and [ ], quote a $( ) that holds a comma"
    elif error.context:
        help = str(error.context) + (
            f" from line {error.context_mark.line + 1}" if error.context_mark else ""
        )
    return source.fault("bad_syntax", problem, help, place)


def _unreadable(source: Source, error: yaml.YAMLError) -> Fault:
    position = getattr(error, "position", 0) or 0
    before = source.text[:position]
    mark = (before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)
    character = source.text[position : position + 1]
    message = f"character {ascii(character)} can't stand in a spec" if character else "can't be read"
    return source.fault("bad_character", message, "leave it out", mark)
