"""Text -> located values: YAML or JSON, read straight from the parser's events. Only plain data comes out."""

import re
from collections.abc import Iterator
from typing import Any
from unicodedata import normalize

import yaml

from cnncalc.errors import Fault, Place, SpecError, brief
from cnncalc.spec.source import DEEPEST, FaultLog, LocatedList, LocatedMap, Mark, Source

LONGEST_NUMBER = 400
"""The most characters that are read as a number."""

# YAML 1.2's core schema, but that 0x3 is no number: it is a padding of 0 by 3
_INT = r"[-+]?[0-9]+"
_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_OCTAL = r"0o[0-7]+"
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip
_HARMLESS = ("double_key", "tag", "two_documents")
_NUMBER_START = frozenset("0123456789+-.")
_WIDE_SIGN = "[\uff1a\uff0c\uff5b\uff5d\uff3b\uff3d\uff08\uff09]"
_TIGHT_COLON = r"\s*+(?:- )?(\w++):([^\s:].*)$"
_TWO_COLONS = r"\s*+(?:- )?\w++: ++\w++:( |$)"
_SURROGATES = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"


def plain(text: str) -> Any:
    """The value of a plain scalar, as YAML 1.2 has it.

    >>> plain("010"), plain("1e-5"), plain("3:3"), plain("yes")
    (10, 1e-05, '3:3', 'yes')
    """
    if text[:1] in _NUMBER_START and len(text) <= LONGEST_NUMBER:
        if (text.isdecimal() and text.isascii()) or re.fullmatch(_INT, text):
            return int(text)
        if re.fullmatch(_FLOAT, text):
            return float(text)
        if re.fullmatch(_OCTAL, text):
            return int(text, 0)
    return _WORDS.get(text, text)


def parse(source: Source, kept: list[Fault] | None = None) -> Any:
    """The located value of a document; raises SpecError naming every fault of syntax.

    A doubled key or a tag, beside which the rest can be read, goes to `kept` where that is given.
    """
    tree = _Tree(source)
    try:
        tree.read()
    except yaml.MarkedYAMLError as error:
        tree.faults.append(_syntax(source, error))
    except yaml.YAMLError as error:
        tree.faults.append(_unreadable(source, error))
    except UnicodeEncodeError:
        place = Place(source.file)
        tree.faults.append(Fault("bad_syntax", "holds half of a character", "save it as UTF-8", place))
    if tree.faults and (kept is None or any(fault.code not in _HARMLESS for fault in tree.faults)):
        raise SpecError(*tree.faults)
    if kept is not None:
        kept += tree.faults
    return tree.root


class _Tree:
    """Values put together from events: a stack of open collections rather than recursion."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults = FaultLog()
        self.anchors: dict[str, Any] = {}
        self.documents = 0
        self.root: Any = None
        self.container: Any = None
        self.key: Any = None
        self.key_mark: Mark | None = None
        self.stack: list[tuple[Any, Any, Mark | None]] = []

    def read(self) -> None:
        # libyaml is many times faster; the pure parser is there wherever PyYAML is
        loader = getattr(yaml, "CLoader", yaml.Loader)
        scalar, ends = yaml.ScalarEvent, (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        parser: Any = loader(_prepared(self.source.text))
        # as yaml.parse, with a call less for each event; no event is the end
        for event in iter(parser.get_event, None):
            kind = type(event)
            if kind is scalar:
                start, value, style = event.start_mark, event.value, event.style
                if style:
                    # columns within a quoted text count from behind the quote
                    mark = (start.line + 1, start.column + (2 if style in "'\"" else 1))
                else:
                    mark = (start.line + 1, start.column + 1)
                    value = plain(value)
                if event.anchor is not None or event.tag is not None:
                    self.decorated(event, value)
                self.put(value, mark, plain_text=not style)
            elif kind in ends:
                self.container, self.key, self.key_mark = self.stack.pop()
            else:
                self.other(event, kind)

    def other(self, event: Any, kind: type) -> None:
        """An event that is rarer than a scalar or an end."""
        start = event.start_mark
        mark = (start.line + 1, start.column + 1)
        if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            value: Any = LocatedMap() if kind is yaml.MappingStartEvent else LocatedList()
            value.marks, value.mark = {} if kind is yaml.MappingStartEvent else [], mark
            self.decorated(event, value)
            self.put(value, mark)
            if len(self.stack) >= DEEPEST:
                self.blame("too_deep", f"nests more than {DEEPEST} deep", "name parts as blocks", mark)
                raise SpecError(*self.faults)
            self.stack.append((self.container, self.key, self.key_mark))
            self.container, self.key, self.key_mark = value, None, None
        elif kind is yaml.AliasEvent:
            self.put(self.named(event.anchor, mark), mark)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents == 2:
                self.blame("two_documents", "a second document begins", "one network a file", mark)

    def decorated(self, event: Any, value: Any) -> None:
        """Notes an anchor, and refuses a tag."""
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        if event.tag is not None and event.tag != "!":
            start = event.start_mark
            written = event.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"tags such as {brief(written)} are not part of the language"
            self.blame("tag", message, "leave it out", (start.line + 1, start.column + 1))

    def named(self, anchor: str, mark: Mark) -> Any:
        """The value of an alias."""
        if anchor not in self.anchors:
            self.blame("unknown_alias", f"*{anchor} has no anchor before it", "", mark)
            return None
        value = self.anchors[anchor]
        if isinstance(value, LocatedMap | LocatedList) and any(
            value is held for held in (self.container, *(entry[0] for entry in self.stack))
        ):
            self.blame("recursive_alias", f"*{anchor} stands inside what it names", "", mark)
            return None
        return value

    def put(self, value: Any, mark: Mark, *, plain_text: bool = False) -> None:
        """Puts a value where it belongs: an item, a key, or the value of the key before it."""
        container = self.container
        if container is None:
            if self.documents == 1:
                self.root = value
        elif type(container) is LocatedList:
            container.append(value)
            container.marks.append(mark)
        elif self.key_mark is not None:
            container[self.key] = value
            container.marks[self.key] = (self.key_mark, mark)
            self.key_mark = None
        else:
            self.key, self.key_mark = self.as_key(value, mark, plain_text), mark

    def as_key(self, value: Any, mark: Mark, plain_text: bool) -> Any:
        """A value as the key of the open mapping."""
        if isinstance(value, LocatedMap | LocatedList):
            self.blame("bad_key", "a key must be plain text", "quote it, or close the brackets", mark)
            return f"\0{len(self.container)}"
        if value == "<<" and plain_text:
            self.blame("merge_key", "merge keys (<<) are not part of the language", "write it out", mark)
        elif value in self.container:
            first = self.container.marks[value][0][0]
            self.blame("double_key", f"{brief(value)} is written twice", f"first on line {first}", mark)
        return value

    def blame(self, code: str, message: str, help: str, mark: Mark) -> None:
        self.faults.add(self.source.fault(code, message, help, mark))


def _prepared(text: str) -> str:
    """JSON may write a character as two escapes, which YAML does not know."""
    if text.lstrip()[:1] in ("{", "[") and "\\u" in text:
        return re.sub(_SURROGATES, lambda pair: _character(pair[0]), text)
    return text


def _character(escapes: str) -> str:
    return escapes.encode().decode("unicode-escape").encode("utf-16", "surrogatepass").decode("utf-16")


def _syntax(source: Source, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    line = source.line(place[0])
    if not line.strip():
        place, line = _before(source, place[0])
    help = next(_guesses(source, place, error))
    return source.fault("bad_syntax", (error.problem or "can't be read").strip(), help, place)


def _guesses(source: Source, place: Mark, error: yaml.MarkedYAMLError) -> Iterator[str]:
    """How a fault of syntax may be mended, the surest first; it may come from the line before."""
    line, before = source.line(place[0]), source.line(place[0] - 1)
    problem, context = str(error.problem), str(error.context or "")
    if "\t" in line[: place[1]] and "token" in problem:
        yield "indent with spaces, not with a tab"
    if line.count("$(") > line.count(")"):
        yield "a $( is not closed"
    if "$(" in line:
        yield "within { } and [ ], quote a $( ) that holds a comma"
    if wide := re.search(_WIDE_SIGN, line) or re.search(_WIDE_SIGN, before):
        yield f"{wide[0]} is a full-width sign: write {normalize('NFKC', wide[0])} and a space"
    if tight := re.match(_TIGHT_COLON, line) or re.match(_TIGHT_COLON, before):
        yield f"a colon needs a space after it: {tight[1]}: {brief(tight[2].rstrip())[1:-1]}"
    if re.match(_TWO_COLONS, line):
        yield "one key a line, or braces: - conv: {filters: 6, kernel: 5}"
    if "block" in context or "mapping values" in problem:
        yield "what belongs together begins in one column: see the spaces before it, and in the line above"
    yield context + (f" from line {error.context_mark.line + 1}" if context and error.context_mark else "")


def _before(source: Source, number: int) -> tuple[Mark, str]:
    """The end of the last line that holds something, where one that holds nothing is blamed."""
    for above in range(min(number, len(source.lines)), 0, -1):
        if line := source.line(above).rstrip():
            return (above, len(line) + 1), line
    return (number, 1), ""


def _unreadable(source: Source, error: yaml.YAMLError) -> Fault:
    position = getattr(error, "position", 0) or 0
    before = source.text[:position]
    lines = Source(before, "").lines
    mark = (len(lines), len(lines[-1]) + 1)
    character = source.text[position : position + 1]
    message = f"character {character!a} can't stand in a spec" if character else "can't be read"
    return source.fault("bad_character", message, "leave it out", mark)
