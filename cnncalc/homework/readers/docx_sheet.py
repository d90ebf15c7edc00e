"""The tables of a Word document, .docx, or the lists and sentences of one without tables."""

import io
from collections.abc import Iterator
from typing import Any

from cnncalc.errors import UsageError
from cnncalc.homework.sheets import archive_of, check_size
from cnncalc.homework.tables import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Grid, bad_sheet
from cnncalc.homework.told import told

MOST_TABLES = 50
MOST_SPAN = 50
"""The most columns that a cell is taken to go over."""
LARGEST_INSIDE = 16 * 2**20
"""The most bytes that the parts without pictures may unpack to."""
MOST_TAGS = 1_000_000
"""The most tags of the text: the library takes twenty times the room of one that is as short as can be."""


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
    _check_tags(data, file)
    try:
        document: Any = docx.Document(io.BytesIO(data))
        found = []
        room = MOST_CELLS
        for table in document.tables[:MOST_TABLES]:
            rows = list(_rows(table, room))
            room -= sum(map(len, rows))
            found.append(Grid(rows))
        if not found:
            lines = (paragraph.text for paragraph in document.paragraphs[:MOST_ROWS])
            found.append(Grid(told("\n".join(lines))))
        return found  # noqa: TRY300 - as above
    except Exception as error:  # noqa: BLE001 - of a broken file the library raises what it stumbles over
        raise bad_sheet(file, "is not a document that can be read", str(error)[:100]) from None


def _check_tags(data: bytes, file: str) -> None:
    """Raises CnncalcError for a part of very many tags, each of which the library keeps as an object."""
    with archive_of(data, file) as archive:
        for info in archive.infolist():
            if info.file_size > MOST_TAGS and archive.read(info).count(b"<") > MOST_TAGS:
                raise bad_sheet(file, f"has more than {MOST_TAGS:,} tags")


def _rows(table: Any, room: int) -> Iterator[list[str]]:
    above: list[str] = []
    for row in table.rows:
        cells: list[str] = []
        for tc in row._tr.tc_lst:  # noqa: SLF001 - the library's cells repeat one as often as its span says
            goes_on = tc.vMerge == "continue"
            text = "".join(above[len(cells) : len(cells) + 1]) if goes_on else _text(tc)
            cells += [text, *[""] * (min(tc.grid_span, MOST_SPAN) - 1)]
            if len(cells) > MOST_COLUMNS:
                break
        above = cells
        yield cells
        room -= len(cells)
        if room < 0:
            # one row too many says that there are too many
            return


def _text(cell: Any) -> str:
    """The text of a cell's paragraphs, which the library gathers ten times as slowly."""
    from docx.oxml.ns import qn

    parts = {qn("w:t"): None, qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t"}
    lines = ("".join(parts[each.tag] or each.text or "" for each in line.iter(*parts)) for line in cell.p_lst)
    return "\n".join(lines).strip()
