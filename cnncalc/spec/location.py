"""Where an item of a spec stands: how a fault is told with its line, column and the blocks that led to it."""

from typing import Any, NamedTuple

from cnncalc.errors import FOLLOWS, Fault, LayerError, Place, SpecError
from cnncalc.spec.document import SpecDocument
from cnncalc.spec.source import FaultLog, LocatedMap, Mark


class ListFrame(NamedTuple):
    """A list of items being unfolded.

    `parent` is the item that led to the list, or None for `layers` itself; `label` is what errors call the
    list ("block stage1"), and `path` is where it stands in a plain mapping ("blocks.bottleneck.layers").
    """

    parent: "ItemLocation | None"
    label: str
    path: str


class ItemLocation(NamedTuple):
    """Where an item stands: in which list, at which index, at which character (from 0) of its text."""

    items: Any
    at: int
    frame: ListFrame
    offset: int = 0

    @property
    def mark(self) -> Mark | None:
        """The item's line and column, or None where the spec is a plain mapping."""
        marks = getattr(self.items, "marks", None)
        return marks[self.at] if marks is not None and self.at < len(marks) else None

    @property
    def path(self) -> str:
        """The item's path in a plain mapping: layers[3]."""
        return f"{self.frame.path}[{self.at}]"


class ItemFaultLog(FaultLog):
    """The faults of a document's items, after those of its top."""

    def __init__(self, document: SpecDocument) -> None:
        super().__init__(document.faults)
        self.document = document

    def refuse(self, error: LayerError, location: ItemLocation) -> None:
        """Notes all faults of one item."""
        told = (each for each in (error, *error.others) if each.fault.code != FOLLOWS)
        self.add(*(locate(self.document, each, location) for each in told))

    def refuse_top(self, error: LayerError, key: str) -> None:
        """Notes the fault of a key at the top of the document."""
        self.add(self.document.fault(error, self.document.top, key))

    def fatal(self, error: LayerError, location: ItemLocation) -> SpecError:
        """All faults so far and a last one, after which unfolding stops."""
        return SpecError(*self, locate(self.document, error, location))


def locate(document: SpecDocument, error: LayerError, location: ItemLocation) -> Fault:
    """The fault of a layer, at its place in the spec, with the blocks and repeats that led to it."""
    mark, file = _mark(error, location), document.source.file
    if mark is None:
        path = location.path + (f".{error.option}" if error.option else "")
        return error.located(Place(file, path=path, chain=_chain(location.frame)))
    mark = document.source.moved(mark, location.offset + error.offset)
    return error.located(Place(file, *mark, chain=_chain(location.frame)), document.source.line(mark[0]))


def _mark(error: LayerError, location: ItemLocation) -> Mark | None:
    """The place of the option at fault, else of its layer."""
    mark, item = location.mark, location.items[location.at] if location.items else None
    if mark is None or not isinstance(item, LocatedMap) or len(item) != 1:
        return mark
    ((kind, options),) = item.items()
    of_kind, of_options = item.marks[kind]
    if not isinstance(options, LocatedMap):
        names_kind = error.fault.code.startswith("unknown_") or options is None or not error.option
        return mark if names_kind else of_options
    if error.option in options:
        of_key, of_value = options.marks[error.option]
        return of_key if error.fault.code == "unknown_option" else of_value
    return of_kind


def _chain(frame: ListFrame) -> tuple[str, ...]:
    """The frames from the innermost outwards, as an error tells them."""
    chain: list[str] = []
    at: ListFrame | None = frame
    while at is not None:
        if at.label:
            used = at.parent.mark if at.parent else None
            chain.append(f"in {at.label}" + (f", from line {used[0]}" if used else ""))
        at = at.parent.frame if at.parent else None
    return tuple(chain)
