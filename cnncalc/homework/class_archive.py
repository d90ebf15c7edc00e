"""A class that is handed over as one zip archive, as learning platforms download it."""

import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cnncalc.errors import CnncalcError, Fault, Place
from cnncalc.homework.sheets import LARGEST_FILE
from cnncalc.homework.students import MOST_FILES

LARGEST_CLASS = 2**30
"""The most bytes that a class's archive may unpack to."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder of a class: `path` itself, or where its archive stands unpacked; raises CnncalcError."""
    if not (path.is_file() and path.suffix.lower() == ".zip"):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cnncalc-") as place:
        root = Path(place) / path.stem
        root.mkdir()
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, root, str(path))
        except (CnncalcError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - what a damaged archive makes Python raise is of many types
            raise _bad(str(path), "is not an archive that can be read", str(error)[:100]) from None
        yield _only_folder(root)


def _bad(file: str, message: str, help: str = "") -> CnncalcError:
    return CnncalcError(Fault("bad_folder", message, help, Place(file)))


def _unpack(archive: zipfile.ZipFile, root: Path, file: str) -> None:
    """Writes the files of an archive, each no longer than a sheet may be, below a folder."""
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MOST_FILES:
        raise _bad(file, f"holds more than {MOST_FILES:,} files")
    room = LARGEST_CLASS
    for info in members:
        parts = [part for part in PurePosixPath(info.filename).parts if part not in ("/", "..", ".")]
        if not parts or len(parts) > 20 or any(len(part.encode("utf-8", "replace")) > 255 for part in parts):
            continue
        target = root.joinpath(*parts)
        with archive.open(info) as member:
            # one byte more than a sheet may have says that the sheet is too large
            data = member.read(LARGEST_FILE + 1)
        room -= len(data)
        if room < 0:
            raise _bad(file, f"unpacks to more than {LARGEST_CLASS // 2**30} GiB")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        changed = time.mktime((*info.date_time, 0, 0, -1))
        os.utime(target, (changed, changed))


def _only_folder(root: Path) -> Path:
    """The folder of the students: the one that the archive holds alone, if several folders stand in it."""
    inside = list(root.iterdir())
    if len(inside) == 1 and inside[0].is_dir() and sum(each.is_dir() for each in inside[0].iterdir()) > 1:
        return inside[0]
    return root
