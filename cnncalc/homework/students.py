"""Whose a sheet is: the names that learning platforms give to what they hand over, else those of files."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnncalc.errors import CnncalcError, Fault, Place
from cnncalc.homework.sheets import SUFFIXES, decode

MOST_FILES = 100_000
MOST_OF_ONE = 1000

_PLATFORMS = [
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # Moodle: Li Si_123_assignsubmission_file_/sheet.csv, or in one name without the folder
        r"(?P<name>.+?)_(?P<id>\d++)_assignsubmission_\w+?_.*",
        # Canvas: lisi_123_456_sheet.csv, lisi_LATE_123_456_sheet.csv: the person, then the submission
        r"(?P<name>[^_]++)_(?:late_)?(?P<id>\d++)_\d++_.+",
        # Blackboard: Homework 1_lisi_attempt_2026-11-21-08-00-00_sheet.csv
        r".+_(?P<name>[^_]+)_attempt_\d{4}(?:-\d\d){5}(?:_.*)?",
        # Brightspace: 123-456 - Li Si - Nov 21, 2026 800 AM - sheet.csv
        r"(?P<id>\d+)-\d+ - (?P<name>.+?) - \w+ \d+, \d{4} \d+ [AP]M(?: - .*)?",
    )
]


@dataclass(frozen=True)
class Submission:
    """A student's sheet, and the others that there are of the same student; None, where there is none."""

    student: str
    path: Path | None
    others: tuple[Path, ...] = ()
    problem: str = ""


def readable(name: str) -> str:
    """The name of a file as text: an archive of another system may have brought one in its own encoding."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = decode(os.fsencode(name))
    # a Mac writes an accent as a sign of its own
    return "".join(c if c.isprintable() else "_" for c in unicodedata.normalize("NFC", name))


def whose(name: str) -> tuple[str, str]:
    """The student that a file or a folder is named for, and the number that a platform knows them by.

    >>> whose("Li Si_123_assignsubmission_file_"), whose("lisi_LATE_123_456_sheet"), whose("李四")
    (('Li Si', '123'), ('lisi', '123'), ('李四', ''))
    """
    name = readable(name)
    found = next((match for form in _PLATFORMS if (match := form.fullmatch(name))), None)
    if found is None:
        return name, ""
    return found["name"].strip(), found.groupdict().get("id") or ""


def submissions(folder: Path, *, alone: bool = False) -> tuple[list[Submission], list[str]]:
    """The sheets of a folder by student, and the names of the files that are none.

    A file is named for its student, or stands in a folder that is; `alone`, all of the folder is one
    student's. Of several sheets the one changed last counts. Raises CnncalcError.
    """
    found: dict[tuple[str, str], list[Path]] = {}
    held: dict[tuple[str, str], list[str]] = {}
    over = []
    for path in _listed(folder):
        inside = path.is_dir()
        student = (
            (readable(folder.resolve().name), "") if alone else whose(path.name if inside else path.stem)
        )
        sheets = [*_within(path)] if inside else [path] * _is_sheet(path)
        if sheets or inside or student[1]:
            found.setdefault(student, []).extend(sheets)
            names = [readable(each.name) for each in (sorted(path.glob("*")) if inside else [path])]
            held.setdefault(student, []).extend(names[:5] if not sheets else [])
        else:
            over.append(readable(path.name))
    if not any(found.values()):
        help = f"files that end in {', '.join(SUFFIXES)}, or a folder for each student"
        raise CnncalcError(Fault("no_sheets", "holds no answer sheet", help, Place(str(folder))))
    names_alike = Counter(name for name, _ in found)
    each = []
    for (name, number), paths in sorted(found.items()):
        student_name = f"{name} ({number})" if names_alike[name] > 1 and number else name
        each.append(_submission(student_name, paths, held[name, number]))
    return each, over


def _listed(folder: Path) -> list[Path]:
    try:
        paths = [Path(entry.path) for entry in os.scandir(folder) if not _is_hidden(entry.name)]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        help = "cnncalc check marks one sheet" if folder.is_file() else ""
        raise CnncalcError(
            Fault("bad_folder", f"can't be read: {reason}", help, Place(str(folder)))
        ) from None
    if len(paths) > MOST_FILES:
        raise CnncalcError(
            Fault("bad_folder", f"holds more than {MOST_FILES:,} files", "", Place(str(folder)))
        )
    return sorted(paths)


def _is_hidden(name: str) -> bool:
    # a spreadsheet that is open leaves a file of its own beside itself
    return name.startswith((".", "~$", "__MACOSX"))


def _is_sheet(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _within(folder: Path) -> Iterator[Path]:
    """The sheets of a student's folder, one folder deeper too."""
    for path in sorted([*folder.glob("*"), *folder.glob("*/*")])[:MOST_OF_ONE]:
        if _is_sheet(path) and not any(map(_is_hidden, path.parts[-2:])) and path.is_file():
            yield path


def _submission(student: str, paths: list[Path], held: list[str]) -> Submission:
    if not paths:
        return Submission(student, None, problem=f"no answer sheet: {', '.join(held[:5]) or 'nothing'} there")
    latest = max(paths, key=_changed)
    return Submission(student, latest, tuple(path for path in paths if path != latest))


def _changed(path: Path) -> tuple[float, str]:
    try:
        return path.stat().st_mtime, path.name
    except OSError:
        # a link that leads nowhere: the sheet says so when it is read
        return 0.0, path.name
