"""A spreadsheet, .xlsx: all of its worksheets that are shown."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from cnncalc.errors import CnncalcError, UsageError
from cnncalc.homework.sheets import texts
from cnncalc.homework.tables import MOST_COLUMNS, MOST_ROWS, Grid, bad_sheet

_LIMITS: dict[str, Any] = {"max_row": MOST_ROWS + 1, "max_col": MOST_COLUMNS, "values_only": True}
MOST_WORKSHEETS = 20
LARGEST_INSIDE = 16 * 2**20
"""The most bytes that a file may unpack to."""
MOST_SUMMED = 60
_SUM = re.compile(
    r"sum\((?P<column>[a-z]{1,3})(?P<first>\d{1,6}):(?P=column)(?P<last>\d{1,6})\)", re.IGNORECASE
)
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


def grids(data: bytes, file: str) -> list[Grid]:
    """The worksheets; raises CnncalcError."""
    library = openpyxl()
    try:
        return _worksheets(library, data, file)
    except CnncalcError:
        raise
    except Exception as error:  # noqa: BLE001 - of a broken file the library raises what it stumbles over
        raise bad_sheet(file, "is not a spreadsheet that can be read", str(error)[:100]) from None


def _has_formulas(data: bytes, file: str) -> bool:
    """Whether a cell holds a formula; refuses a file that unpacks to more than there is room for."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > LARGEST_INSIDE:
            raise bad_sheet(file, f"unpacks to more than {LARGEST_INSIDE // 2**20} MiB")
        for info in archive.infolist():
            cells = info.filename.startswith(("xl/worksheets/", "xl/sharedStrings", "xl/media/"))
            if info.file_size > LARGEST_PART and not cells:
                message = f"its {info.filename} unpacks to more than {LARGEST_PART // 2**20} MiB"
                raise bad_sheet(file, message, "save the answers alone, or as CSV")
        sheets = [info for info in archive.infolist() if info.filename.startswith("xl/worksheets/")]
        return any(b"<f" in _part(archive, info) for info in sheets[:20])


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A file of the archive, no more of it than it says that it holds."""
    with archive.open(info) as part:
        return part.read(info.file_size + 1)


def _worksheets(library: Any, data: bytes, file: str) -> list[Grid]:
    # a formula's value is what was last worked out; the formula itself, where there is none
    formulas = _has_formulas(data, file)
    values = library.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    written = library.load_workbook(io.BytesIO(data), read_only=True) if formulas else values
    shown = [
        (worksheet, of_formulas)
        for worksheet, of_formulas in zip(
            values.worksheets[:MOST_WORKSHEETS], written.worksheets, strict=False
        )
        if worksheet.sheet_state == "visible"
    ]
    if not shown:
        raise bad_sheet(file, "has no worksheet")
    several = len(shown) > 1
    found = [Grid(list(_rows(*pair)), pair[0].title if several else "") for pair in shown]
    active = values.active.title if values.active is not None else ""
    # what is shown first when the file is opened counts where two worksheets differ
    return sorted(found, key=lambda grid: grid.name != active) if several else found


def _rows(worksheet: Any, written: Any) -> Iterator[list[str]]:
    if written is worksheet:
        yield from (list(map(texts, _used(row))) for row in worksheet.iter_rows(**_LIMITS))
        return
    found: list[list[str]] = []
    for row, formulas in zip(worksheet.iter_rows(**_LIMITS), written.iter_rows(**_LIMITS), strict=False):
        found.append(
            [
                texts(_without_value(formula, found) if value is None and isinstance(formula, str) else value)
                for value, formula in zip(row, formulas, strict=False)
            ]
        )
        yield found[-1]


def _without_value(formula: str, above: list[list[str]]) -> str:
    """A formula that was never worked out, as arithmetic: a sum of cells above it with what they hold."""
    formula = formula.lstrip("=")
    summed = _SUM.fullmatch(formula.replace("$", ""))
    if not summed:
        return formula
    column = _column(summed["column"])
    cells = above[int(summed["first"]) - 1 : int(summed["last"])]
    held = [row[column] for row in cells if column < len(row) and re.search(r"\d", row[column])]
    return " + ".join(f"({cell})" for cell in held[:MOST_SUMMED])


def _column(letters: str) -> int:
    """The number of a column from 0: 3 of D."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - 64
    return number - 1


def _used(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row without the empty cells at its end: the library fills it up to the limit."""
    return row[: next((at for at in range(len(row), 0, -1) if row[at - 1] is not None), 0)]
