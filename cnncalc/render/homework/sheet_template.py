"""An empty answer sheet to hand out."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.homework.answers import TOTAL, Rules
from cnncalc.homework.headings import ASKED
from cnncalc.homework.key import Key
from cnncalc.homework.marking import questions
from cnncalc.homework.sheets import SUFFIXES
from cnncalc.plain_text import visible
from cnncalc.quantity import QUANTITIES, RECORDS
from cnncalc.render.document import Column, Document, Row, Table
from cnncalc.render.homework.marking import answer_text
from cnncalc.render.json_text import json_text
from cnncalc.render.output import emit
from cnncalc.render.writer import writer_class, written
from cnncalc.render.writers import SPREADSHEET, TEXT, formats
from cnncalc.whole_file import write_whole

_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
NOT_ASKED = "n/a"
"""What stands in a cell that asks nothing, where others of its column do."""
_SUMMED = tuple(quantity.name for quantity in RECORDS if quantity.asked and quantity.total_key)


class Blanks(NamedTuple):
    """The cells of a sheet that is handed out: quantity -> "" to fill in, or the answer that is given."""

    quantities: Sequence[str]
    rows: Mapping[str, tuple[str, Mapping[str, str]]]
    """Layer or group -> its label, and its cells."""
    total: Mapping[str, str]
    """The sums; none where the sheet has no row for them."""
    matrices: Sequence[str] = ()
    """The names of the matrices that are worked out by hand."""

    @classmethod
    def of_layers(cls, report: Report, quantities: Sequence[str]) -> "Blanks":
        """All to be filled in."""
        rows = [row for row in report.layers if not row.in_place and isinstance(row, LayerReport)]
        blank = dict.fromkeys(quantities, "")
        total = {name: "" for name in quantities if name in _SUMMED}
        return cls(quantities, {row.name: (row.label, blank) for row in rows}, total)

    @classmethod
    def asked_by(cls, key: Key, rules: Rules) -> "Blanks":
        """Blank is what rules ask for, in the order of the network; what they give stands there."""
        asked = [pair for pair in questions(key, {}, rules) if pair[0] not in rules.matrices]
        cells: dict[str, dict[str, str]] = {}
        for name, quantity in asked:
            cells.setdefault(name, {})[quantity] = ""
        for name, quantity in rules.given:
            cells.setdefault(name, {})[quantity] = answer_text(quantity, key.expected(name, quantity))
        used = {quantity for row in cells.values() for quantity in row}
        cells = {
            name: {each: row[each] for each in sorted(row, key=ASKED.index)} for name, row in cells.items()
        }
        order = [*key.report.numbers, *key.report.graph.groups]
        labels = {row.name: row.label for row in key.report.layers}
        return cls(
            [quantity for quantity in ASKED if quantity in used],
            {name: (labels.get(name, name), cells[name]) for name in order if name in cells},
            cells.get(TOTAL, {}),
            list(rules.matrices),
        )


def write(blanks: Blanks, file: str | None, format: str) -> None:
    """Writes the sheet in the format of the file's name, else in the one that is said, CSV unless said."""
    suffix = Path(file or "").suffix.lower()
    read_as = SUFFIXES.get(suffix) or SUFFIXES.get(writer_class(format).SUFFIX)
    if read_as == SUFFIXES[".xlsx"]:
        _write_spreadsheet(blanks, str(file))
    elif read_as == SUFFIXES[".yaml"]:
        emit(_mapping(blanks, suffix), file)
    else:
        other = SPREADSHEET if format in TEXT else format
        read_as = read_as if suffix in SUFFIXES and read_as in formats() else other
        emit(written(Document([_table(blanks)]), read_as), file)


def _table(blanks: Blanks) -> Table:
    quantities = blanks.quantities
    columns = [Column("layer"), *(Column(name, called=QUANTITIES[name].asked) for name in quantities)]
    columns += [] if quantities else [Column("values", called="Values")]
    given = any(text for _, cells in blanks.rows.values() for text in cells.values())
    not_asked = NOT_ASKED if given or len({tuple(cells) for _, cells in blanks.rows.values()}) > 1 else ""

    def row(label: str, cells: Mapping[str, str]) -> Row:
        return Row([label, *(cells.get(name, not_asked) or None for name in quantities)])

    rows = [row(*each) for each in blanks.rows.values()]
    others = [NOT_ASKED] * (len(columns) - 2)
    by_hand = [Row([name, None, *others]) for name in blanks.matrices]
    if blanks.total:
        rows += [row("Total", blanks.total)] if by_hand else []
    return Table(
        columns, rows + by_hand, total=row("Total", blanks.total) if blanks.total and not by_hand else None
    )


def _mapping(blanks: Blanks, suffix: str) -> Iterator[str]:
    names = {name: cells for name, (_, cells) in blanks.rows.items()}
    if blanks.total:
        names["total"] = blanks.total
    names |= {name: {"values": ""} for name in blanks.matrices}
    if suffix in (".yaml", ".yml"):
        yield "answers:\n"
        for name, cells in names.items():
            lines = (f"    {quantity}: {text}".rstrip() for quantity, text in cells.items())
            yield "\n".join([f"  {_key(name)}:", *lines, ""])
    else:
        told = {name: {each: text or None for each, text in cells.items()} for name, cells in names.items()}
        yield json_text({"answers": told}, indent=1, ascii=True)


def _key(name: str) -> str:
    """A name as a key of YAML, in quotes where it would be read as something else: null, yes, 12."""
    plain = re.fullmatch(r"[A-Za-z][\w.-]*", name) and name.lower() not in _WORDS
    return name if plain else json_text(name).rstrip()


def _write_spreadsheet(blanks: Blanks, file: str) -> None:
    from cnncalc.homework.readers.xlsx_sheet import openpyxl

    book: Any = openpyxl().Workbook()
    sheet = book.active
    table = _table(blanks)
    sheet.append([column.heading for column in table.columns])
    for row in [*table.rows, *([table.total] if table.total else [])]:
        sheet.append([value and visible(value) for value in row.cells])
    for letter in "ABCDEFGHI"[: len(table.columns)]:
        sheet.column_dimensions[letter].width = 22
        # a shape such as 28/28 or 5-6 stays what was typed
        for cell in sheet[letter]:
            cell.number_format = "@"
            if cell.data_type == "f":
                # a name that begins with an equals sign is no formula
                cell.data_type = "s"
    write_whole(file, lambda stream: stream.write(_timeless(book)))


def _timeless(book: Any) -> bytes:
    """A spreadsheet without the times at which it was written: the same sheet is the same bytes."""
    saved, kept = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as archive, zipfile.ZipFile(kept, "w") as copy:
        for info in archive.infolist():
            content = archive.read(info)
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]{8}Z", b"1980-01-01T00:00:00Z", content)
            copy.writestr(zipfile.ZipInfo(info.filename), content, zipfile.ZIP_DEFLATED)
    return kept.getvalue()
