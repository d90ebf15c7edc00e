"""The tables of a Word document, .docx."""

import io
from collections.abc import Iterator
from typing import Any

from cnncalc.errors import UsageError
from cnncalc.homework.sheets import check_size
from cnncalc.homework.tables import MOST_ROWS, Grid, bad_sheet

MOST_TABLES = 50
LARGEST_INSIDE = 16 * 2**20
"""The most bytes that the parts without pictures may unpack to."""


def grids(data: bytes, file: str) -> list[Grid]:
    """The tables; raises CnncalcError."""
    try:
        import docx
    except ImportError:
        raise UsageError(
            ".docx needs python-docx, which is not installed",
            "pip install 'cnncalc[docx]', or save the table as CSV",
            "missing_library",
        ) from None
    check_size(data, file, LARGEST_INSIDE)
    try:
        document: Any = docx.Document(io.BytesIO(data))
        return [Grid(list(_rows(table))) for table in document.tables[:MOST_TABLES]]
    except Exception as error:  # noqa: BLE001 - of a broken file the library raises what it stumbles over
        raise bad_sheet(file, "is not a document that can be read", str(error)[:100]) from None


def _rows(table: Any) -> Iterator[list[str]]:
    seen = None
    for number, row in enumerate(table.rows):
        if number > MOST_ROWS:
            return
        cells = []
        for cell in row.cells:
            # a cell that goes over several columns is there for each of them
            cells.append("" if cell._tc is seen else cell.text.strip())  # noqa: SLF001 - the library has no other sign
            seen = cell._tc  # noqa: SLF001 - as above
        yield cells
