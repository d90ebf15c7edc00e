"""A table of answers, row by row: its cells, what each column holds, and the rows that belong together."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError, Fault, Place
from cnncalc.homework.heading_words import LONGEST_HEADING
from cnncalc.homework.headings import (
    is_loose,
    is_total,
    label_role,
    part_of_shape,
    quantity_of,
    rank,
    says_options,
    side_of_params,
    unit_of,
)
from cnncalc.homework.notation import says_nothing
from cnncalc.homework.numbers import LONGEST
from cnncalc.homework.several_sizes import WINDOW
from cnncalc.plain_text import shortened

MOST_NOTES = 19
MOST_ROWS = 5_000
MOST_COLUMNS = 256
MOST_CELLS = 50_000
"""The most cells of all tables of a file."""
UNNAMED = "column "
"""What the columns of a table without headings are called by, with their numbers."""


class Cell(NamedTuple):
    """The text of a cell, and its place: the row and column, or the line."""

    text: str
    place: str
    heading: str = ""
    broken: str = ""
    """Why it can't be read, where its row has come apart."""

    @property
    def loose(self) -> bool:
        """Whether its heading may mean the positions alone, without the channels."""
        return is_loose(self.heading)

    @property
    def unit(self) -> str:
        """The unit that its heading names: KB of `Memory (KB)`."""
        return unit_of(self.heading)


class Notes(list[str]):
    """The cells and rows of a sheet that were passed over, a sentence each: a few, and short ones."""

    def append(self, note: str) -> None:
        if len(self) <= MOST_NOTES:
            super().append(shortened(note, LONGEST) if len(self) < MOST_NOTES else "and more like these")

    def take(self, notes: Iterable[str]) -> None:
        """Appends several."""
        for note in notes:
            self.append(note)


class SheetRow(NamedTuple):
    """A row of answers: its label, and a cell for each quantity."""

    label: str
    cells: dict[str, Cell]
    place: str = ""
    table: int = 0
    """Which table of the file it stands in."""


class Grid(NamedTuple):
    """A table of a file as its reader finds it: rows of cells."""

    rows: Iterable[Sequence[str]]
    name: str = ""
    """What it is called among several, as a worksheet is."""
    lines: Mapping[tuple[int, int], int] | None = None
    """The lines of the file that cells stand in, by row and column from 0; None: rows are counted."""

    def place(self, row: int, column: int, heading: str) -> str:
        before = f"{self.name}, " if self.name else ""
        if self.lines is not None:
            line = self.lines.get((row, column)) or self.lines.get((row, 0), row + 1)
            return f"{before}line {line}"
        return f"{before}row {row + 1}, column {column + 1}" + (f" ({heading})" if heading else "")

    def row_place(self, row: int) -> str:
        return self.place(row, 0, "").partition(", column")[0]


def bad_sheet(file: str, message: str, help: str = "") -> CnncalcError:
    """The error for a sheet that can't be read at all."""
    return CnncalcError(Fault("bad_sheet", message, help, Place(file)))


def _side_of_label(label: str) -> tuple[str, str]:
    """The layer of a label such as `CONV1 weights` or `CONV1 (biases)`, and which part of its parameters."""
    told = label[:LONGEST_HEADING].rstrip(" )")
    at = max(map(told.rfind, " :(_-"))
    side = side_of_params(told[at + 1 :]) if at > 0 else ""
    return (told[:at].rstrip(" :(_-"), side) if side else (label, "")


class Table:
    """A table with headings, row by row."""

    def __init__(
        self,
        grid: Grid,
        cells: list[list[str]],
        start: int,
        headings: list[str],
        number: int,
        known: Mapping[Any, str] | None,
    ) -> None:
        self.grid, self.cells, self.start, self.number = grid, cells, start, number
        self.headings, self.known = headings, known
        self.notes = Notes()
        self.columns = {at: found for at, cell in enumerate(headings) if (found := quantity_of(cell, known))}
        self.together = {at: each for at, cell in enumerate(headings) if (each := _together(cell, known))}
        self.columns = {at: quantity for at, quantity in self.columns.items() if at not in self.together}
        self.parts = {at: part for at, cell in enumerate(headings) if (part := part_of_shape(cell))}
        if list(self.parts.values()).count("width") > 1:
            # L of largeur and B of Breite; beside a W they are the layers and the biases
            self.parts = {at: part for at, part in self.parts.items() if headings[at].casefold() not in "lb"}
        if len(set(self.parts.values())) < 2 or "height" not in self.parts.values():
            self.parts = {}
        self.columns = {at: quantity for at, quantity in self.columns.items() if at not in self.parts}
        self.label, self.others = self._labels()
        self.columns.pop(self.label, None)
        self._of_architecture()
        self._by_content()

    def _labels(self) -> tuple[int, list[int]]:
        """The column that names the layers, and others that label a row: its kind, its block."""
        roles = {at: role for at, cell in enumerate(self.headings) if (role := label_role(cell))}
        order = ("name", "type", "block", "index")
        named = min(roles, key=lambda at: (order.index(roles[at]), at), default=0)
        if roles.get(named) == "name" and self._numbers_in(named):
            named = next((at for at, role in roles.items() if role == "type"), named)
        others = [at for at in range(len(self.headings)) if at not in self.columns and at not in self.parts]
        return named, [at for at in others if at != named]

    def _numbers_in(self, column: int) -> bool:
        own = [row[column] for row in self.cells if column < len(row) and row[column]]
        return bool(own) and all(cell.rstrip(".").isdigit() for cell in own[:50])

    def _of_architecture(self) -> None:
        """Takes the sizes of a table of the architecture, which has kernels and strides, for no answers."""
        options = [at for at, cell in enumerate(self.headings) if says_options(cell)]
        if options and set(self.columns.values()) <= {"activation_size"}:
            self.columns = {}

    def _by_content(self) -> None:
        """Tells `Volume` and `Size` by the cells under them, and keeps one column for a quantity."""
        for at, quantity in list(self.columns.items()):
            if (
                quantity == "activation_size"
                and "shape" not in self.columns.values()
                and is_loose(self.headings[at])
            ):
                shapes = sum(map(_is_shape, self._under(at)))
                if shapes * 2 > len(self._under(at)):
                    self.columns[at] = "shape"
            elif quantity == "shape" and is_loose(self.headings[at]) and self._counts_values(at):
                self.columns[at] = "activation_size"
        for quantity in set(self.columns.values()):
            same = [at for at, each in self.columns.items() if each == quantity]
            if len(same) > 1:
                best = min(same, key=lambda at: (-self._numeric(at), rank(self.headings[at]), at))
                for at in same:
                    if at != best and any(self._under(at)):
                        self._told_twice(at, best, quantity)

    def _counts_values(self, column: int) -> bool:
        """Whether a column of numbers stands beside one of shapes: `Output` beside `Activation shape`."""
        others = [at for at, each in self.columns.items() if each == "shape" and at != column]
        own = self._under(column)
        return (
            bool(others and own)
            and "activation_size" not in self.columns.values()
            and not any(map(_is_shape, own))
            and any(_is_shape(cell) for at in others for cell in self._under(at))
        )

    def _told_twice(self, at: int, best: int, quantity: str) -> None:
        pairs = [
            (row[at] if at < len(row) else "", row[best] if best < len(row) else "") for row in self.cells
        ]
        if any(one and one != other for one, other in pairs):
            where = self.grid.place(self.start, at, self.headings[at])
            told = self.headings[best] if self.headings[at] != self.headings[best] else "the first"
            self.notes.append(f"{where}: the {quantity} stand there twice; {told} counts")
        del self.columns[at]

    def _under(self, column: int) -> list[str]:
        return [row[column] for row in self.cells[:200] if column < len(row) and row[column]]

    def _numeric(self, column: int) -> int:
        return sum(bool(re.search(r"\d", cell)) for cell in self._under(column))

    def rows(self) -> Iterator[SheetRow]:
        """The rows of answers."""
        last: SheetRow | None = None
        for at, row in enumerate(self.cells):
            if not any(row):
                continue
            found = self._row(self.start + at, row, last)
            if found is None:
                continue
            if found is not last:
                for column in self._not_known(row):
                    # a remark is no answer, a number may be one
                    found.cells[f"{UNNAMED}{self.headings[column]}"] = Cell(
                        row[column],
                        self.grid.place(self.start + at, column, self.headings[column]),
                        self.headings[column],
                    )
                yield found
                last = found

    def _not_known(self, row: Sequence[str]) -> list[int]:
        """The columns whose headings are not known, of the cells with a number."""
        return [
            column
            for column in self.others
            if self.columns
            and column < min(len(row), len(self.headings))
            and self.headings[column]
            and re.search(r"\d", row[column])
            and not label_role(self.headings[column])
            and not says_options(self.headings[column])
            and column not in self.together
        ]

    def _row(self, number: int, row: list[str], last: SheetRow | None) -> SheetRow | None:
        label = row[self.label] if self.label < len(row) else ""
        cells = self._answers(number, row)
        side = next((side for at in self.others if at < len(row) and (side := side_of_params(row[at]))), "")
        if not side and "params" in cells:
            label, side = _side_of_label(label)
        if side and "params" in cells:
            # weights and biases in two rows under one layer
            cells[side] = cells.pop("params")
        given = [quantity for quantity, cell in cells.items() if cell.text]
        if side and last is not None and label == last.label and side not in last.cells:
            last.cells.update((quantity, cells[quantity]) for quantity in given if quantity not in last.cells)
            return last
        if not re.search(r"\w|Σ", label):
            label = next(
                (row[at] for at in self.others if at < len(row) and is_total(row[at])),
                next((row[at] for at in self.others if at < len(row) and re.search(r"[^\W\d]", row[at])), "")
                if not side and not any(at < len(row) and row[at] for at in (self.label,))
                else "",
            )
            if side and last is not None and not is_total(label):
                for quantity in (
                    quantity for quantity in given if not last.cells.get(quantity, Cell("", "")).text
                ):
                    last.cells[quantity] = cells[quantity]
                return last
            if not label:
                label = self._unnamed(cells, given, last)
        if not label:
            return None
        if is_total(label) and not given and (answer := _in_label(label)):
            quantity = quantity_of(answer[0], self.known) or "params"
            cells[quantity] = Cell(answer[1], self.grid.place(number, self.label, ""), answer[0])
        return SheetRow(label, cells, self.grid.row_place(number), self.number)

    def _unnamed(self, cells: Mapping[str, Cell], given: Sequence[str], last: SheetRow | None) -> str:
        """The role of a row without a label: the total, if a cell says so or the row has one sum alone."""
        for quantity in given:
            before = cells[quantity].text.partition(":")[0].partition("=")[0]
            if is_total(before):
                return before
        return "total" if last is not None and given == ["params"] and not is_total(last.label) else ""

    def _answers(self, number: int, row: list[str]) -> dict[str, Cell]:
        broken = ""
        if any(row[len(self.headings) :]):
            broken = (
                f"the row has {len(row)} cells under {len(self.headings)} headings: "
                "quote an answer that holds a comma"
            )

        def cell(at: int) -> Cell:
            heading = self.headings[at]
            text = row[at] if at < len(row) else ""
            return Cell(text, self.grid.place(number, at, heading), heading, broken)

        cells = {quantity: cell(at) for at, quantity in self.columns.items()}
        if self.parts and "shape" not in cells:
            cells["shape"] = self._of_parts(cell)
        for at, quantities in self.together.items():
            whole = cell(at)
            each = [part.strip() for part in _BETWEEN.split(whole.text)]
            if len(each) != len(quantities):
                each = [whole.text] * len(quantities)
                if whole.text and not says_nothing(whole.text):
                    whole = whole._replace(broken=f"{len(quantities)} answers belong here: {whole.heading}")
            for quantity, text in zip(quantities, each, strict=True):
                cells.setdefault(quantity, whole._replace(text=text))
        return cells

    def _of_parts(self, cell: Callable[[int], Cell]) -> Cell:
        """The shape of the columns for height, width and channels."""
        found = {part: cell(at) for at, part in reversed(self.parts.items())}
        sizes = [found[part].text for part in ("height", "width", "channels") if part in found]
        first = next(iter(found.values()))
        said = [size for size in sizes if size and not says_nothing(size)]
        return first._replace(text=" x ".join(said), heading="shape")


def _is_shape(cell: str) -> bool:
    """Whether a cell has several sizes, and no working that comes to one number."""
    return (
        bool(re.match(r"[(\[]?\s?\d[\d ]*[x×X✕*,@;]\s?\d", cell))
        and "=" not in cell
        and not _THOUSANDS.match(cell)
    )


_BETWEEN = re.compile("[/／|,，;]")
"""What stands between the answers of one cell."""


def _together(heading: str, known: Mapping[Any, str] | None) -> list[str]:
    """The quantities of a column for several of a window, as `Kernel / Stride / Pad`, that are asked."""
    each = [quantity_of(part, known) for part in _BETWEEN.split(heading[: 2 * LONGEST_HEADING])]
    found = [quantity for quantity in each if quantity in WINDOW]
    return found if len(each) == len(set(found)) > 1 else []


_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+$")


def _in_label(label: str) -> tuple[str, str] | None:
    """The quantity and the number of `Total parameters: 62006`."""
    found = re.fullmatch(r"(?P<label>[^\d:=]*+)[:=]\s*+(?P<answer>\d.*)", label)
    return (found["label"], found["answer"]) if found else None
