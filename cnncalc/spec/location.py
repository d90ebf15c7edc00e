"""Where an item of a spec stands: how a fault is told with its line, column and the blocks that led to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.errors import Fault, LayerError, Place
from cnncalc.spec.document import Document
from cnncalc.spec.source import Map, Mark


class Frame(NamedTuple):
    """A list of items being unfolded: what led to it, what it is called, its path in a plain mapping."""

    parent: Origin | None
    label: str
    path: str


class Origin(NamedTuple):
    """Where an item stands: in which list, at which place, at which character of its text."""

    items: Any
    at: int
    frame: Frame
    offset: int = 0

    @property
    def mark(self) -> Mark | None:
        """Its line and column, where the spec is a text."""
        marks = getattr(self.items, "marks", None)
        return marks[self.at] if marks is not None and self.at < len(marks) else None

    @property
    def path(self) -> str:
        """Its path, where the spec is a mapping: layers[3]."""
        return f"{self.frame.path}[{self.at}]"


def locate(document: Document, error: LayerError, origin: Origin) -> Fault:
    """The fault of a layer, at its place in the spec, with the blocks and repeats that led to it."""
    mark, file = _mark(error, origin), document.source.file
    if mark is None:
        path = origin.path + (f".{error.option}" if error.option else "")
        return error.located(Place(file, path=path, chain=_chain(origin.frame)))
    mark = (mark[0], mark[1] + origin.offset + error.offset)
    return error.located(Place(file, *mark, chain=_chain(origin.frame)), document.source.line(mark[0]))


def _mark(error: LayerError, origin: Origin) -> Mark | None:
    """The place of the option at fault, else of its layer."""
    mark, item = origin.mark, origin.items[origin.at] if origin.items else None
    if mark is None or not isinstance(item, Map) or len(item) != 1:
        return mark
    ((kind, options),) = item.items()
    of_kind, of_options = item.marks[kind]
    if not isinstance(options, Map):
        names_kind = error.fault.code.startswith("unknown_") or options is None or not error.option
        return mark if names_kind else of_options
    if error.option in options:
        of_key, of_value = options.marks[error.option]
        return of_key if error.fault.code == "unknown_option" else of_value
    return of_kind


def _chain(frame: Frame) -> tuple[str, ...]:
    """The frames outwards, as an error tells them."""
    chain: list[str] = []
    at: Frame | None = frame
    while at is not None:
        if at.label:
            used = at.parent.mark if at.parent else None
            chain.append(f"in {at.label}" + (f", from line {used[0]}" if used else ""))
        at = at.parent.frame if at.parent else None
    return tuple(chain)
