"""The files of a zip archive, read within bounds: nothing is unpacked outside memory, and nothing is run."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cnncalc.errors import Fault, Place, SpecError, reason_of

LARGEST_JSON = 64 * 2**20
"""The most bytes that the JSON of a model may have, unpacked."""
MOST_PACKED = 200
"""How many times its packed size a large file may have: JSON packs well, a bomb better."""
SMALL = 2**20
MOST_ENTRIES = 200_000


class Archive:
    """The files of an archive by their names. Raises SpecError for a damaged, too large or missing one."""

    def __init__(self, path: Path | IO[bytes], name: str) -> None:
        self.path, self.name = path, name
        with self._opened() as archive:
            entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise self.unreadable(f"holds {len(entries):,} files", f"at most {MOST_ENTRIES:,}")
        self.entries = {entry.filename: entry for entry in entries}

    def unreadable(self, message: str, help: str = "") -> SpecError:
        return SpecError(Fault("unreadable_file", message, help, Place(self.name)))

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                yield archive
        except SpecError:
            raise
        except OSError as error:
            raise self.unreadable(f"can't be read: {reason_of(error)}") from None
        # zipfile and zlib raise errors of many types for a damaged archive
        except Exception as error:  # noqa: BLE001 - the types are not documented
            raise self.unreadable(
                f"is a damaged archive: {str(error).lower() or type(error).__name__}"
            ) from None

    def data(self, entry: str, most: int) -> bytes:
        """The bytes of a file in it, at most so many."""
        info = self.entries.get(entry)
        if info is None:
            raise self.unreadable(f"lacks {entry}")
        bomb = info.file_size > max(SMALL, MOST_PACKED * info.compress_size)
        if info.file_size > most or bomb:
            told = f"{entry} unpacks to {info.file_size:,} bytes"
            raise self.unreadable(told, f"at most {most:,}" if not bomb else f"from {info.compress_size:,}")
        with self._opened() as archive, archive.open(info) as file:
            data = file.read(most + 1)
        if len(data) != info.file_size:
            raise self.unreadable(f"{entry} is not as long as the archive says")
        return data

    def weight(self, entry: str) -> bytes:
        """The bytes of a file that holds weights, which hardly pack."""
        info = self.entries[entry]
        return self.data(entry, max(SMALL, MOST_PACKED * info.compress_size))

    def inner(self, entry: str, ending: str) -> bytes:
        """The bytes of the one file of this ending in an archive that is a file of this one."""
        with (
            self._opened() as archive,
            archive.open(self.entries[entry]) as file,
            zipfile.ZipFile(file) as inner,
        ):
            (info,) = [each for each in inner.infolist() if each.filename.endswith(ending)]
            if info.file_size > max(SMALL, MOST_PACKED * info.compress_size):
                raise self.unreadable(
                    f"{entry} unpacks to {info.file_size:,} bytes, from {info.compress_size:,}"
                )
            return inner.read(info)

    def json(self, entry: str) -> Any:
        """The JSON of a file in it."""
        return parse_json(self.data(entry, LARGEST_JSON), f"{entry} of {self.name}", self.name)


def parse_json(data: bytes, what: str, file: str) -> Any:
    """JSON from a model's file; raises SpecError where it is none."""
    try:
        return json.loads(data)
    except RecursionError:
        message = f"{what} nests too deeply"
    except ValueError as error:  # also what is not UTF-8
        message = f"{what} is no JSON: {str(error).lower()}"
    raise SpecError(Fault("unreadable_file", message, "", Place(file)))
