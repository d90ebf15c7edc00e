"""A sheet of a spreadsheet, .xlsx: the first worksheet that has known headings."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from cnncalc.errors import CnncalcError, UsageError
from cnncalc.homework.sheets import MOST_COLUMNS, MOST_ROWS, Sheet, from_grid, texts, unreadable_sheet

_LIMITS: dict[str, Any] = {"max_row": MOST_ROWS + 1, "max_col": MOST_COLUMNS, "values_only": True}
LARGEST_INSIDE = 16 * 2**20
"""The most bytes that a file may unpack to."""
LARGEST_PART = 2**20
"""The most bytes of a part that holds no cells: read, styles take seventy times as much room."""


def openpyxl() -> Any:
    """The library that reads and writes the format; raises UsageError where it isn't installed."""
    try:
        import openpyxl
    except ImportError:
        raise UsageError(
            ".xlsx needs openpyxl, which is not installed",
            "pip install 'cnncalc[xlsx]', or save it as CSV",
            "missing_library",
        ) from None
    return openpyxl


def read(data: bytes, file: str) -> Sheet:
    """The sheet; raises CnncalcError."""
    library = openpyxl()
    try:
        return _first(library, data, file)
    except CnncalcError:
        raise
    except Exception as error:  # noqa: BLE001 - of a broken file the library raises what it stumbles over
        raise unreadable_sheet(file, "is not a spreadsheet that can be read", str(error)[:100]) from None


def _has_formulas(data: bytes, file: str) -> bool:
    """Whether a cell holds a formula; refuses a file that unpacks to more than there is room for."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > LARGEST_INSIDE:
            raise unreadable_sheet(file, f"unpacks to more than {LARGEST_INSIDE // 2**20} MiB")
        for info in archive.infolist():
            cells = info.filename.startswith(("xl/worksheets/", "xl/sharedStrings", "xl/media/"))
            if info.file_size > LARGEST_PART and not cells:
                message = f"its {info.filename} unpacks to more than {LARGEST_PART // 2**20} MiB"
                raise unreadable_sheet(file, message, "save the answers alone, or as CSV")
        sheets = [info for info in archive.infolist() if info.filename.startswith("xl/worksheets/")]
        return any(b"<f" in _part(archive, info) for info in sheets[:20])


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A file of the archive, no more of it than it says that it holds."""
    with archive.open(info) as part:
        return part.read(info.file_size + 1)


def _first(library: Any, data: bytes, file: str) -> Sheet:
    # a formula's value is what was last worked out; the formula itself, where there is none
    formulas = _has_formulas(data, file)
    values = library.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    written = library.load_workbook(io.BytesIO(data), read_only=True) if formulas else values
    failed: CnncalcError | None = None
    for worksheet, of_formulas in zip(values.worksheets[:20], written.worksheets, strict=False):
        try:
            return from_grid(_rows(worksheet, of_formulas), file)
        except CnncalcError as error:
            failed = failed or error
    raise failed or unreadable_sheet(file, "has no worksheet")


def _rows(worksheet: Any, written: Any) -> Iterator[list[str]]:
    if written is worksheet:
        yield from (list(map(texts, _used(row))) for row in worksheet.iter_rows(**_LIMITS))
        return
    for row, formulas in zip(worksheet.iter_rows(**_LIMITS), written.iter_rows(**_LIMITS), strict=False):
        yield [
            texts(formula.lstrip("=") if value is None and isinstance(formula, str) else value)
            for value, formula in zip(row, formulas, strict=False)
        ]


def _used(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row without the empty cells at its end: the library fills it up to the limit."""
    return row[: next((at for at in range(len(row), 0, -1) if row[at - 1] is not None), 0)]
