"""Answer sheets: rows of layers, columns of quantities known by their usual headings, in five formats."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError, Fault, Place, UsageError, brief, nearest
from cnncalc.homework.numbers import LONGEST
from cnncalc.plain_text import shortened
from cnncalc.quantity import RECORDS, find

MOST_ROWS = 20_000
MOST_COLUMNS = 256
MOST_ABOVE = 100
"""The most rows, not counting empty ones, among which the heading is looked for."""
MOST_NOTES = 19
LAST_OF_USUAL = 0xD7
"""The last row of GB 2312 with signs and usual characters: those that follow are rare."""
LARGEST_FILE = 8 * 2**20
"""The most bytes that a sheet may have."""

ASKED = tuple(quantity.name for quantity in RECORDS if quantity.asked)
HEADINGS = {quantity.name: quantity.headings for quantity in RECORDS if quantity.asked}
_LAYER = "layer|layers|name|layer name|layer type|operation|层|层名|层名称|网络层|名称|层次"
_TOTAL = "total|totals|sum|all|network|whole|合计|总计|总和|总数|总共|共计|总"
_INPUT = "input|inputs|image|输入|输入层|输入图像"
_LOOSE = (
    "output size",
    "output",
    "outputs",
    "output dimension",
    "输出",
    "输出尺寸",
    "输出大小",
    "尺寸",
    "map size",
)


def _key(text: str) -> str:
    """A heading or a name without what people vary: case, signs, what stands in parentheses."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    text = re.sub(r"\([^)]*\)?|\[[^\]]*\]?", " ", text)
    text = re.sub(r"# ?of\b|\b(?:(?:total )?number of|no\. ?of|num|nr\.?|no\.|count of)\b", " ", text)
    text = re.sub(r"[#_*`.:№-]", " ", text)
    return " ".join(text.split())


QUANTITY_OF = {name: quantity for quantity, names in HEADINGS.items() for name in names.split("|")}
TOTALS, INPUTS, LAYERS = (frozenset(names.split("|")) for names in (_TOTAL, _INPUT, _LAYER))


def quantity_of(heading: str) -> str | None:
    """The quantity that a heading means.

    >>> quantity_of("# Parameters"), quantity_of("Activation Shape"), quantity_of("感受野")
    ('params', 'shape', 'receptive_field')
    """
    if (named := find(heading)) and named.asked:
        return named.name
    key = _key(heading)
    return QUANTITY_OF.get(key) or QUANTITY_OF.get(key.removesuffix("s"))


def _rank(heading: str) -> int:
    """How surely a heading means its quantity: those that are named first are the surer."""
    key = _key(heading)
    return next((at for at, name in enumerate(QUANTITY_OF) if name in (key, key.removesuffix("s"))), 0)


class Cell(NamedTuple):
    """What stands in a cell, and where: its row and column, or its line."""

    text: str
    place: str
    heading: str = ""
    broken: str = ""
    """Why it can't be read, where its row has come apart."""

    @property
    def loose(self) -> bool:
        """Whether its heading may mean the positions alone, without the channels."""
        return _key(self.heading) in _LOOSE

    @property
    def unit(self) -> str:
        """The unit that its heading names: KB of `Memory (KB)`."""
        found = re.search(r"\(([^()]*)\)", unicodedata.normalize("NFKC", self.heading[:LONGEST]))
        return found[1].strip() if found else ""


class Notes(list[str]):
    """What was passed over on a sheet, a sentence each: no more, and none longer, than helps."""

    def append(self, note: str) -> None:
        if len(self) <= MOST_NOTES:
            super().append(shortened(note, LONGEST) if len(self) < MOST_NOTES else "and more like these")


@dataclass
class Sheet:
    """The answers of one sheet: label of a row -> quantity -> cell. `notes` say what was passed over."""

    file: str
    rows: dict[str, dict[str, Cell]] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    def put(self, label: str, quantity: str, cell: Cell) -> None:
        """Keeps a cell; of two for one quantity the one with the surer heading: params, not weights."""
        label = label[:LONGEST]
        # one sign more than an answer may have says that the answer is too long
        cell = cell._replace(text=cell.text[: LONGEST + 1])
        row = self.rows.setdefault(label, {})
        first = row.get(quantity)
        if first is not None:
            counts = cell if _rank(cell.heading) < _rank(first.heading) else first
            if cell.text.strip() and cell.text != first.text:
                which = counts.heading if cell.heading != first.heading else "the first"
                self.notes.append(f"{cell.place}: {label} has its {quantity} twice; {which} counts")
            cell = counts
        row[quantity] = cell


def unreadable_sheet(file: str, message: str, help: str = "") -> CnncalcError:
    """What is wrong with a sheet as a whole."""
    return CnncalcError(Fault("bad_sheet", message, help, Place(file)))


SUFFIXES = {
    ".yaml": "mapping", ".yml": "mapping", ".json": "mapping", ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".md": "markdown", ".markdown": "markdown", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
"""The suffix of a file -> the reader of its format."""


def read_sheet(path: str | Path, data: bytes | None = None) -> Sheet:
    """The sheet of a file, or of `data` that came under that name; raises CnncalcError."""
    file = str(path)
    if data is None:
        data = _bytes(Path(path), file)
    if len(data) > LARGEST_FILE:
        raise unreadable_sheet(file, f"is larger than {LARGEST_FILE // 2**20} MiB")
    if not data.strip():
        raise unreadable_sheet(file, "is empty")
    format = SUFFIXES.get(Path(file).suffix.lower())
    if data[:4] == b"PK\x03\x04":
        format = "xlsx"
    elif format is None or format == "xlsx":
        format = _guess(data)
    reader = import_module(f"cnncalc.homework.readers.{format}_sheet")
    sheet: Sheet = reader.read(data, file)
    return sheet


def _bytes(path: Path, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except IsADirectoryError:
        raise unreadable_sheet(file, "is a folder", "cnncalc grade marks a folder of sheets") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise unreadable_sheet(file, f"can't be read: {reason}") from None


_RULE = re.compile(r"^[^\S\n]*+\|?[^\S\n]*+:?-++:?[^\S\n]*+\|", re.MULTILINE)
"""The line under the headings of a table in Markdown."""


def _guess(data: bytes) -> str:
    """The format of text without a telling name."""
    text = decode(data).strip()
    if text[:1] in ("{", "["):
        return "mapping"
    if _RULE.search(text):
        return "markdown"
    first = text.partition("\n")[0]
    key_first = re.match(r"""["']?[\w -]++["']?\s*+:(\s|$)""", first)
    return "csv" if re.search("[,;\t，；]", first) and not key_first else "mapping"


def decode(data: bytes) -> str:
    """The text of a spreadsheet's file: UTF-8, UTF-16 with or without its mark, GBK, else Latin."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    high, low = data[:2000:2].count(0), data[1:2000:2].count(0)
    if high + low > len(data[:2000]) // 4:
        # of Latin letters and digits the higher byte is 0
        return data.decode("utf-16-be" if high > low else "utf-16-le", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _is_chinese(text):
            return text
    return data.decode("cp1252", "replace")


def _is_chinese(text: str) -> bool:
    """Whether a usual sign is among what is read as Chinese; the umlauts of Größe come to rare ones."""
    pairs = (sign.encode("gb2312", "ignore") for sign in set(text) if not sign.isascii())
    return any(pair and pair[0] <= LAST_OF_USUAL for pair in pairs)


def from_grid(
    grid: Iterable[Sequence[str]], file: str, place: str = "row {row}, column {column} ({heading})"
) -> Sheet:
    """A sheet from the cells of a table: the first row with a known heading is the heading."""
    sheet = Sheet(file)
    columns: dict[int, tuple[str, str]] = {}
    unknown: dict[int, str] = {}
    unread_columns: set[int] = set()
    width = label_column = 0
    above = 0
    best: Sequence[str] = ()
    for number, row in enumerate(grid, 1):
        if number > MOST_ROWS:
            raise unreadable_sheet(file, f"has more than {MOST_ROWS:,} rows")
        cells = [str(cell).strip() for cell in row[: MOST_COLUMNS + 1]]
        if len(cells) > MOST_COLUMNS:
            raise unreadable_sheet(file, f"has more than {MOST_COLUMNS} columns")
        if not any(cells):
            continue
        if not columns:
            above += 1
            if above > MOST_ABOVE:
                break
            found = {
                at: (quantity, cell[:LONGEST])
                for at, cell in enumerate(cells)
                if (quantity := quantity_of(cell))
            }
            named = next((at for at, cell in enumerate(cells) if _key(cell) in LAYERS), None)
            best = max(best, cells, key=len)
            # a lone word such as "Total" above the table is no heading
            if found and (named is not None or 0 not in found or len(found) == len(cells)):
                columns, width = found, len(cells)
                label_column = named if named is not None else 0
                columns.pop(label_column, None)
                unknown = {
                    at: cell for at, cell in enumerate(cells) if cell and at not in {label_column, *columns}
                }
            continue
        _read_row(sheet, cells, number, columns, label_column, width, place)
        unread_columns.update(at for at in unknown if at < len(cells) and re.search(r"\d", cells[at]))
    if unread_columns:
        # a remark is no answer, a number may be one
        told = ", ".join(unknown[at][:30] for at in sorted(unread_columns)[:6])
        sheet.notes.append(f"not read, as their headings are not known: {told}")
    if not columns:
        told = ", ".join(brief(cell, 30) for cell in best[:6] if cell)
        known = nearest(next((cell for cell in best[1:] if cell), ""), QUANTITY_OF)
        raise unreadable_sheet(
            file,
            "has no heading that is known" + (f": {told}" if told else ""),
            f"did you mean {known}?"
            if known
            else "a first row such as Layer, Activation Shape, Activation Size, # Parameters",
        )
    return sheet


def _read_row(
    sheet: Sheet,
    cells: list[str],
    number: int,
    columns: Mapping[int, tuple[str, str]],
    label_column: int,
    width: int,
    place: str,
) -> None:
    label = cells[label_column] if label_column < len(cells) else ""
    # a rule of a table drawn by hand
    if not label or not re.search(r"\w", label):
        return
    broken = ""
    if any(cells[width:]):
        broken = f"the row has {len(cells)} cells under {width} headings: quote an answer that holds a comma"
    for at, (quantity, heading) in columns.items():
        where = place.format(row=number, column=at + 1, heading=heading)
        sheet.put(label, quantity, Cell(cells[at] if at < len(cells) else "", where, heading, broken))


def is_total(label: str) -> bool:
    """Whether a row is that of the total."""
    return _key(label) in TOTALS or _key(label).partition(" ")[0] in ("total", "totals", "合计", "总计")


def is_input(label: str) -> bool:
    """Whether a row is that of the input, which asks nothing."""
    return _key(label) in INPUTS


def bare(label: str) -> str:
    """A layer's name without what people vary.

    >>> bare("CONV1 (f=5, s=1)"), bare("Max-Pool 1")
    ('conv1', 'maxpool1')
    """
    return _key(label).replace(" ", "")


def one_answer(given: str) -> tuple[str, Cell]:
    """The quantity and the cell of `--answer params=450`; raises UsageError."""
    name, equals, value = given.partition("=")
    quantity = quantity_of(name)
    if not equals or quantity is None:
        close = nearest(name, QUANTITY_OF)
        raise UsageError(
            f"--answer {brief(given)}: "
            + ("not quantity=value" if not equals else f"{brief(name)} is not a quantity"),
            f"did you mean {close}?" if close and equals else f"such as params=450; {', '.join(ASKED)}",
            "usage" if not equals else "unknown_choice",
        )
    return quantity, Cell(value, f"--answer {name}", name)


def texts(value: Any, depth: int = 0) -> str:
    """A value of YAML, JSON or a spreadsheet's cell as the text that a student would write."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        # a list may hold itself over and over, by YAML's aliases
        parts = (texts(part, depth + 1) for part in value[: 20 if depth < 2 else 0])
        return f"({', '.join(parts)})" if value else ""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    return str(value)[: LONGEST + 1]
