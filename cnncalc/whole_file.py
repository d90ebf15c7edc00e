"""Files that are there whole or not at all."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from cnncalc.errors import CnncalcError, Fault, Place, reason_of


def write_whole(file: str, write: Callable[[IO[bytes]], object]) -> None:
    """Calls `write` with a stream, whose content becomes the file's at once; raises CnncalcError.

    What was there stays where that fails. A link stays a link, permissions stay; a device or a pipe is
    written to as it is, never replaced.
    """
    import tempfile

    path, temporary = Path(file), ""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "is a folder")
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as stream:
                write(stream)
            return
        path = Path(os.path.realpath(path))
        made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.", suffix=path.suffix[:10])
        descriptor, temporary = made
        # not a NamedTemporaryFile, which Python 3.14 closes, and fails to write, once more as it goes
        with os.fdopen(descriptor, "wb") as stream:
            write(stream)
        Path(temporary).chmod(_mode(path))
        Path(temporary).replace(path)
        temporary = ""
    except (OSError, ValueError) as error:
        fault = Fault("unwritable_file", f"can't be written: {reason_of(error)}", "", Place(file))
        raise CnncalcError(fault) from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """The permissions of a file that is there, else those of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
