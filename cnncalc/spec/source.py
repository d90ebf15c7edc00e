"""The text of a spec, and the values read from the text, each with its line and column.

Mappings and lists are `Map` and `List`, which are dict and list with marks; scalars are plain values, and
their place is kept by what holds them.
"""

import re
from functools import cached_property
from pathlib import Path
from typing import Any

from cnncalc.errors import Fault, LayerError, Place, SpecError, as_text, brief, reason_of

LARGEST_FILE = 64 * 2**20
"""The most bytes that a spec may have."""

MOST_FAULTS = 100
"""The most faults of a spec that one run tells."""

DEEPEST = 100
"""How deeply the lists and mappings of a spec may nest, and how deeply blocks, repeats and merges may."""

Mark = tuple[int, int]


class FaultLog(list[Fault]):
    """The faults of a spec, in the order in which they are found."""

    def add(self, *faults: Fault) -> None:
        """Notes faults; raises SpecError with all of them once there are MOST_FAULTS."""
        self += faults
        if len(self) >= MOST_FAULTS:
            raise SpecError(*self)


class LocatedMap(dict[Any, Any]):
    """A mapping with the places of its keys and values: `marks[key]` is (the key's, the value's)."""

    __slots__ = ("mark", "marks")
    marks: dict[Any, tuple[Mark, Mark]]
    mark: Mark


class LocatedList(list[Any]):
    """A list with the places of its items."""

    __slots__ = ("mark", "marks")
    marks: list[Mark]
    mark: Mark


class Source:
    """The text of a spec, and the name by which errors call the spec."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.faults: list[Fault] = []
        """Faults of the text beside which the rest can be read, such as a key written twice."""

    def line(self, number: int) -> str:
        """A line of the text, from 1."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, as YAML ends them."""
        return re.split("\r\n|[\r\n\x85\u2028\u2029]", self.text)

    def moved(self, mark: Mark, offset: int) -> Mark:
        """The place that lies so many characters behind a mark."""
        return mark[0], mark[1] + offset

    def fault(self, code: str, message: str, help: str, mark: Mark) -> Fault:
        return Fault(code, message, help, Place(self.file, *mark), self.line(mark[0]))

    def fault_at(
        self, error: LayerError, holder: Any, key: Any, *, on_key: bool = False, offset: int = 0
    ) -> Fault:
        """A fault at what stands under `key` in `holder`, a mapping or a list of the text."""
        marks = getattr(holder, "marks", None)
        if marks is None or (isinstance(holder, LocatedMap) and key not in marks):
            mark = getattr(holder, "mark", None)
        else:
            mark = marks[key][0 if on_key else 1] if isinstance(holder, LocatedMap) else marks[key]
        if mark is None:
            return error.located(Place(self.file, path=as_text(key)))
        if offset and not on_key:
            mark = (mark[0], mark[1] + offset)
        return error.located(Place(self.file, *mark), self.line(mark[0]))


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
        raise SpecError(
            Fault("unreadable_file", f"can't be read: {reason_of(error)}", "", Place(name))
        ) from None
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
        start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8", "replace")) + 1
        shown = data[start : start + 10_000].partition(b"\n")[0].decode("utf-8", "replace")
        byte = data[error.start]
        raise SpecError(
            Fault(
                "not_utf8",
                f"is not UTF-8 text: byte 0x{byte:02x}",
                "save it as UTF-8",
                Place(name, line, column),
                shown,
            )
        ) from None
