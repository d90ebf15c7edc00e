"""A sheet in a zip archive, as students pack one."""

from itertools import islice
from pathlib import PurePosixPath

from cnncalc.errors import CnncalcError
from cnncalc.homework.sheets import HAND_IN, LARGEST_FILE, SUFFIXES, archive_of, read_grids
from cnncalc.homework.tables import MOST_ROWS, Grid, bad_sheet

MOST_MEMBERS = 200
LARGEST_INSIDE = 2 * LARGEST_FILE
"""The most bytes that the sheets in an archive may unpack to."""


def grids(data: bytes, file: str) -> list[Grid]:
    """The tables of all sheets in the archive; raises CnncalcError where none can be read."""
    found: list[Grid] = []
    room = LARGEST_INSIDE
    failed: CnncalcError | None = None
    with archive_of(data, file) as archive:
        members = [
            info
            for info in archive.infolist()[:MOST_MEMBERS]
            if not info.is_dir()
            and SUFFIXES.get(PurePosixPath(info.filename).suffix.lower(), "zip") != "zip"
            and "__MACOSX" not in info.filename
            and not PurePosixPath(info.filename).name.startswith((".", "~$"))
        ]
        for info in members[:20]:
            try:
                with archive.open(info) as member:
                    inner = member.read(LARGEST_FILE + 1)
                room -= len(inner)
                if room < 0:
                    raise bad_sheet(file, f"unpacks to more than {LARGEST_INSIDE // 2**20} MiB")  # noqa: TRY301 - an error of the file among those of its members
                several = len(members) > 1
                name = PurePosixPath(info.filename).name
                found += [
                    grid._replace(
                        rows=list(islice(grid.rows, MOST_ROWS + 1)),
                        name=f"{name} {grid.name}".strip() if several else grid.name,
                    )
                    for grid in read_grids(inner, name, inside=True)
                ]
            except CnncalcError as error:
                failed = failed or error
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - what a damaged archive makes Python raise is of many types
                failed = failed or bad_sheet(file, "is not an archive that can be read", str(error)[:100])
    if not found:
        names = ", ".join(sorted({PurePosixPath(name).name for name in archive.namelist()[:5]} - {""}))
        raise failed or bad_sheet(
            file, f"is a zip archive without a sheet: {names or 'nothing'} in it", HAND_IN
        )
    return found
