"""A sheet in a zip archive, as students pack one."""

import io
import zipfile
from pathlib import PurePosixPath

from cnncalc.errors import CnncalcError
from cnncalc.homework.sheets import HAND_IN, LARGEST_FILE, SUFFIXES, read_grids
from cnncalc.homework.tables import Grid, bad_sheet

MOST_MEMBERS = 200


def grids(data: bytes, file: str) -> list[Grid]:
    """The tables of all sheets in the archive; raises CnncalcError where none can be read."""
    found: list[Grid] = []
    failed: CnncalcError | None = None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
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
                several = len(members) > 1
                name = PurePosixPath(info.filename).name
                found += [
                    grid._replace(
                        rows=list(grid.rows), name=f"{name} {grid.name}".strip() if several else grid.name
                    )
                    for grid in read_grids(inner, name)
                ]
            except CnncalcError as error:
                failed = failed or error
            except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
                failed = failed or bad_sheet(file, "is not an archive that can be read", str(error)[:100])
    if not found:
        names = ", ".join(sorted({PurePosixPath(name).name for name in archive.namelist()[:5]} - {""}))
        raise failed or bad_sheet(
            file, f"is a zip archive without a sheet: {names or 'nothing'} in it", HAND_IN
        )
    return found
