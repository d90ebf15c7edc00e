"""A spreadsheet of another program than today's Excel: .ods, .xls, .xlsb."""

import io
from typing import Any

from cnncalc.errors import UsageError
from cnncalc.homework.sheets import archive_of, check_size, texts
from cnncalc.homework.tables import MOST_COLUMNS, MOST_ROWS, Grid, bad_sheet

MOST_WORKSHEETS = 20
MOST_TABLES = 200
LARGEST_INSIDE = 32 * 2**20
"""The most bytes that a file may unpack to."""


def grids(data: bytes, file: str) -> list[Grid]:
    """The worksheets that are shown; raises CnncalcError."""
    try:
        import python_calamine
    except ImportError:
        raise UsageError(
            ".ods and .xls need python-calamine, which is not installed",
            "pip install 'cnncalc[ods]', or save it as CSV",
            "missing_library",
        ) from None
    if data.startswith(b"PK"):
        check_size(data, file, LARGEST_INSIDE)
        _check_tables(data, file)
    try:
        book: Any = python_calamine.CalamineWorkbook.from_object(io.BytesIO(data))
        shown = [
            each.name
            for each in book.sheets_metadata
            if each.visible == python_calamine.SheetVisibleEnum.Visible
        ][:MOST_WORKSHEETS]
        return [_grid(book, name, name if len(shown) > 1 else "") for name in shown]
    except BaseException as error:
        # of a broken file the library raises what it stumbles over: a panic of Rust is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise bad_sheet(file, "is not a spreadsheet that can be read", str(error)[:100]) from None


def _check_tables(data: bytes, file: str) -> None:
    """Raises CnncalcError for tables in tables, or very many: the library takes time by their square."""
    with archive_of(data, file) as archive:
        if "content.xml" in archive.namelist():
            with archive.open("content.xml") as part:
                content = part.read(LARGEST_INSIDE + 1)
            if content.count(b"<table:table ") + content.count(b"<table:table>") > MOST_TABLES:
                raise bad_sheet(file, f"has more than {MOST_TABLES} worksheets")


def _grid(book: Any, name: str, told: str) -> Grid:
    sheet = book.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
    return Grid([[texts(value) for value in row[: MOST_COLUMNS + 1]] for row in rows], told)
