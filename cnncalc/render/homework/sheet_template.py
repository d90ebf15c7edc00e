"""An empty answer sheet to hand out."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.homework.sheets import SUFFIXES
from cnncalc.plain_text import visible
from cnncalc.quantity import QUANTITIES, RECORDS
from cnncalc.render.document import Column, Document, Row, Table
from cnncalc.render.json_text import json_text
from cnncalc.render.output import emit
from cnncalc.render.writer import writer_class, written
from cnncalc.render.writers import SPREADSHEET, TEXT, formats
from cnncalc.whole_file import write_whole

_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_SUMMED = tuple(quantity.name for quantity in RECORDS if quantity.asked and quantity.total_key)


def write(report: Report, quantities: Sequence[str], file: str | None, format: str) -> None:
    """Writes the sheet in the format of the file's name, else in the one that is said, CSV unless said."""
    suffix = Path(file or "").suffix.lower()
    read_as = SUFFIXES.get(suffix) or SUFFIXES.get(writer_class(format).SUFFIX)
    if read_as == SUFFIXES[".xlsx"]:
        _write_spreadsheet(report, quantities, str(file))
    elif read_as == SUFFIXES[".yaml"]:
        emit(_mapping(report, quantities, suffix), file)
    else:
        table = Document([_table(report, quantities)])
        other = SPREADSHEET if format in TEXT else format
        emit(written(table, read_as if suffix in SUFFIXES and read_as in formats() else other), file)


def _labels(report: Report) -> list[tuple[str, str]]:
    """The name of each layer that is asked for, and its label."""
    rows = [row for row in report.layers if not row.in_place and isinstance(row, LayerReport)]
    return [(row.name, row.label) for row in rows]


def _table(report: Report, quantities: Sequence[str]) -> Table:
    columns = [Column("layer"), *(Column(name, called=QUANTITIES[name].asked) for name in quantities)]
    blank = [None] * len(quantities)
    rows = [Row([name, *blank]) for _, name in _labels(report)]
    total = Row(["Total", *blank]) if set(quantities) & {*_SUMMED} else None
    return Table(columns, rows, total=total)


def _mapping(report: Report, quantities: Sequence[str], suffix: str) -> Iterator[str]:
    names: dict[str, Sequence[str]] = {name: quantities for name, _ in _labels(report)}
    if summed := [quantity for quantity in quantities if quantity in _SUMMED]:
        names["total"] = summed
    if suffix in (".yaml", ".yml"):
        yield "answers:\n"
        for name, asked in names.items():
            yield f"  {_key(name)}:\n" + "".join(f"    {quantity}:\n" for quantity in asked)
    else:
        answers = {name: dict.fromkeys(asked) for name, asked in names.items()}
        yield json_text({"answers": answers}, indent=1, ascii=True)


def _key(name: str) -> str:
    """A name as a key of YAML, in quotes where it would be read as something else: null, yes, 12."""
    plain = re.fullmatch(r"[A-Za-z][\w.-]*", name) and name.lower() not in _WORDS
    return name if plain else json_text(name).rstrip()


def _write_spreadsheet(report: Report, quantities: Sequence[str], file: str) -> None:
    from cnncalc.homework.readers.xlsx_sheet import openpyxl

    book: Any = openpyxl().Workbook()
    sheet = book.active
    table = _table(report, quantities)
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
