"""Whose a sheet is: the names that learning platforms give to what they hand over, else those of files."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

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
        # and then what the student called the file, which may hold another such name
        r".+?_(?P<name>[^_]+)_attempt_\d{4}(?:-\d\d){5}(?:_.*)?",
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

    @property
    def notes(self) -> tuple[str, ...]:
        """Which of several sheets counts."""
        if self.path is None or not self.others:
            return ()
        told = ", ".join(readable(path.name) for path in self.others[:5])
        return (f"{readable(self.path.name)} counts, changed last; there is also {told}",)


class Claim(NamedTuple):
    """The student that a file or a folder is named for.

    `number` is what a platform knows the student by, `form` the way in which the name is written: a name that
    somebody made up in another form does not take the place of the student's own sheet.
    """

    student: str
    number: str = ""
    form: int = -1


def readable(name: str) -> str:
    """The name of a file as text: an archive of another system may have brought one in its own encoding."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = decode(os.fsencode(name))
    # a Mac writes an accent as a sign of its own
    return "".join(c if c.isprintable() else "_" for c in unicodedata.normalize("NFC", name))


def whose(name: str) -> Claim:
    """The student that a file or a folder is named for.

    >>> whose("Li Si_123_assignsubmission_file_")[:2], whose("lisi_LATE_123_456_sheet")[:2], whose("李四")[:2]
    (('Li Si', '123'), ('lisi', '123'), ('李四', ''))
    """
    name = readable(name)
    for form, pattern in enumerate(_PLATFORMS):
        if match := pattern.fullmatch(name):
            return Claim(match["name"].strip(), match.groupdict().get("id") or "", form)
    return Claim(name)


def submissions(folder: Path, *, alone: bool = False) -> tuple[list[Submission], list[str]]:
    """The sheets of a folder by student, and the names of the files that are none.

    A file is named for its student, or stands in a folder that is; `alone`, all of the folder is one
    student's. Of several sheets the one changed last counts. Raises CnncalcError.
    """
    found: dict[Claim, list[Path]] = {}
    held: dict[Claim, list[str]] = {}
    over = []
    for path in _listed(folder):
        name = readable(path.name)
        claim = (
            Claim(readable(folder.resolve().name))
            if alone
            else whose(path.name if path.is_dir() else path.stem)
        )
        try:
            sheets = _sheets(path, folder)
        except OSError as error:
            found.setdefault(claim, [])
            held.setdefault(claim, []).append(
                f"{name} can't be read: {(error.strerror or str(error)).lower()}"
            )
            continue
        if sheets or path.is_dir() or claim.number:
            found.setdefault(claim, []).extend(sheets)
            if not sheets:
                names = [readable(each.name) for each in sorted(path.glob("*"))] if path.is_dir() else [name]
                held.setdefault(claim, []).append(
                    f"no answer sheet: {', '.join(names[:5]) or 'nothing'} there"
                )
        else:
            over.append(name)
    if not found or not (
        any(found.values()) or any("can't be read" in reason for each in held.values() for reason in each)
    ):
        help = f"files that end in {', '.join(SUFFIXES)}, or a folder for each student"
        raise CnncalcError(Fault("no_sheets", "holds no answer sheet", help, Place(str(folder))))
    names_alike = Counter(claim.student for claim in found)
    each = []
    for claim, paths in sorted(found.items()):
        student = claim.student
        if names_alike[student] > 1:
            # two uploads that claim one student are both kept, and told apart
            student += f" ({claim.number or readable(paths[0].name if paths else 'no sheet')})"
        each.append(_submission(student, paths, held.get(claim, [])))
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


def _sheets(path: Path, folder: Path) -> list[Path]:
    """The sheets that a file or a folder of a class holds; raises OSError where they can't be looked at.

    A link that leads out of the class's folder is refused: an archive may bring one to anybody's files.
    """
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(0, "it is a link that leads out of the folder")
    if path.is_dir():
        os.scandir(path).close()
        inside = sorted([*path.glob("*"), *path.glob("*/*")])[:MOST_OF_ONE]
        return [
            each
            for each in inside
            if _is_sheet(each)
            and not any(map(_is_hidden, each.parts[-2:]))
            and each.is_file()
            and each.resolve().is_relative_to(folder.resolve())
        ]
    if _is_sheet(path) and not path.is_file():
        raise OSError(0, "it is no file" if path.exists() else "it is a link that leads nowhere")
    return [path] * _is_sheet(path)


def _submission(student: str, paths: list[Path], held: list[str]) -> Submission:
    if not paths:
        return Submission(student, None, problem="; ".join(held[:5]))
    latest = max(paths, key=_changed)
    return Submission(student, latest, tuple(path for path in paths if path != latest))


def _changed(path: Path) -> tuple[float, str]:
    try:
        return path.stat().st_mtime, path.name
    except OSError:
        # a link that leads nowhere: the sheet says so when it is read
        return 0.0, path.name
