"""The student of a sheet: by the names that learning platforms give to uploads, else by the file's name."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cnncalc.errors import CnncalcError, Fault, Place, reason_of
from cnncalc.homework.sheets import OTHER_SUFFIXES, SUFFIXES, decode

MOST_FILES = 100_000
MOST_OF_ONE = 1000

_PLATFORMS = [
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # Moodle: Li Si_123_assignsubmission_file_/sheet.csv, since Moodle 4 without the last sign, or in one
        # name without the folder; a text typed on the page is onlinetext for file
        r"(?P<name>.+?)_(?P<id>\d++)_assignsubmission_(?:file|onlinetext|\w{1,40}?_)(?:_.*)?",
        # Canvas: lisi_123_456_sheet.csv, lisi_LATE_123_456_sheet.csv: the person, then the submission
        r"(?P<name>[^_]++)_(?:late_)?(?P<id>\d++)_(?P<upload>\d++)_.+",
        # Blackboard: Homework 1_lisi_attempt_2026-11-21-08-00-00_sheet.csv
        # and then what the student called the file, which may hold another such name
        r".+?_(?P<name>[^_]+)_attempt_\d{4}(?:-\d\d){5}(?:_.*)?",
        # Brightspace: 123-456 - Li Si - Nov 21, 2026 800 AM - sheet.csv, the day first or 24 hours elsewhere
        r"(?P<id>\d+)-\d+ - (?P<name>.+?) - (?:\w+\.? \d+|\d+ \w+),? \d{4} [\d:.]+(?: ?[AP]M)?(?: - .*)?",
        # Canvas: lisi_123_text.html, what was typed on the page, or lisi_123_link.html, an address
        r"(?P<name>[^_]++)_(?:late_)?(?P<id>\d{2,}+)_(?:text|link)",
    )
]


_CANVAS = 1
_AND = "\n"
"""What parts the names of those who hand in together: no name has it."""
_BESIDE = re.compile(
    r"(?:read[ _-]?me|timestamp|receipt|index|license|submission_metadata|metadata)(?:[ _.-].*)?"
    # what a repository has for tools
    r"|package|package-lock|requirements|environment"
    # the receipt of Blackboard has the name of no file behind the time
    r"|.+_attempt_\d{4}(?:-\d\d){5}",
    re.IGNORECASE | re.DOTALL,
)
"""Names of files that stand beside sheets and are none."""
_VERSION = re.compile(r"version (?P<number>\d{1,6})", re.IGNORECASE)
LONGEST_NAME = 300
"""The characters of a file's name in which a time is looked for."""
LARGEST_METADATA = 2**20
"""The most bytes that are read of what a platform tells of its submissions."""


@dataclass(frozen=True)
class Submission:
    """A student's sheet, and the others that there are of the same student; None, where there is none."""

    student: str
    path: Path | None
    others: tuple[Path, ...] = ()
    problem: str = ""
    number: str = ""
    """What a platform knows the student by."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Which of several sheets counts, as long as it can be read."""
        if self.path is None or not self.others:
            return ()
        each = [self.path, *self.others[:5]]
        alike = len({path.name for path in each}) < len(each)
        first, *others = [
            readable(f"{path.parent.name}/{path.name}" if alike else path.name) for path in each
        ]
        return (f"{first} counts, changed last; there is also {', '.join(others)}",)


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
    listed = _listed(folder)
    named = _named(listed)
    for path in listed:
        name = readable(path.name)
        claim = Claim(readable(folder.resolve().name)) if alone else named[path]
        try:
            sheets = _sheets(path, folder)
        except OSError as error:
            found.setdefault(claim, [])
            held.setdefault(claim, []).append(f"{name} can't be read: {reason_of(error)}")
            continue
        if sheets or path.is_dir() or claim.number or (path.suffix.lower() in OTHER_SUFFIXES and not alone):
            found.setdefault(claim, []).extend(sheets)
            if not sheets:
                inside = (
                    [each for each in sorted(path.rglob("*")) if each.is_file()] if path.is_dir() else [path]
                )
                held.setdefault(claim, []).append(_no_sheet(inside))
        else:
            over.append(name)
    if not found or not (
        any(found.values()) or any("can't be read" in reason for each in held.values() for reason in each)
    ):
        help = f"files that end in {', '.join(SUFFIXES)}, or a folder for each student"
        raise CnncalcError(Fault("no_sheets", "holds no answer sheet", help, Place(str(folder))))
    claims = [(own, claim) for claim in sorted(found) for own in _each_of(claim)]
    names_alike = Counter(own.student for own, _ in claims)
    each = []
    for own, claim in claims:
        student, paths = own.student, found[claim]
        if names_alike[student] > 1:
            # two uploads that claim one student are both kept, and told apart
            student += f" ({own.number or readable(paths[0].name if paths else 'no sheet')})"
        each.append(_submission(student, own.number, paths, held.get(claim, [])))
    return each, over


def _each_of(claim: Claim) -> list[Claim]:
    """A claim for each of those who hand in together."""
    pairs = zip(claim.student.split(_AND), claim.number.split(_AND), strict=False)
    return [claim._replace(student=name, number=number) for name, number in pairs]


def _named(paths: Sequence[Path]) -> dict[Path, Claim]:
    """The student that each file or folder of a class is named for."""
    claims = {path: whose(path.name if path.is_dir() else path.stem) for path in paths}
    metadata = next((path for path in paths if path.name == "submission_metadata.yml"), None)
    if metadata is not None:
        claims |= _of_gradescope(metadata, paths)
    # each file of Canvas has a number of its own: names that share theirs, as ex_3_1_ada does, are others
    canvas = [path for path, claim in claims.items() if claim.form == _CANVAS and not path.is_dir()]
    uploads = Counter(
        match["upload"] for path in canvas if (match := _PLATFORMS[_CANVAS].fullmatch(path.stem))
    )
    if any(count > 1 for count in uploads.values()):
        stems = [readable(path.stem) for path in canvas]
        alike = next((at for at, signs in enumerate(zip(*stems, strict=False)) if len(set(signs)) > 1), 0)
        begin = max(stems[0].rfind(sign, 0, alike) for sign in "_- ") + 1
        claims |= {path: Claim(stem[begin:]) for path, stem in zip(canvas, stems, strict=True)}
    return claims


def _of_gradescope(metadata: Path, paths: Sequence[Path]) -> dict[Path, Claim]:
    """The students of submission_900001, ... by the file that Gradescope exports beside them."""
    from cnncalc.spec.parse import parse
    from cnncalc.spec.source import Source

    try:
        with metadata.open("rb") as stream:
            text = decode(stream.read(LARGEST_METADATA))
        told = parse(Source(text, metadata.name))
    except (OSError, CnncalcError):
        return {}
    claims = {}
    for path in paths:
        entry = told.get(path.name) if isinstance(told, Mapping) else None
        people = entry.get(":submitters") if isinstance(entry, Mapping) else None
        each = (
            [person for person in people if isinstance(person, Mapping)] if isinstance(people, list) else []
        )
        names = [readable(str(person.get(":name", ""))) for person in each]
        if any(names):
            numbers = _AND.join(str(person.get(":sid", "")) for person in each)
            claims[path] = Claim(_AND.join(names), numbers, len(_PLATFORMS))
    return claims


def _no_sheet(inside: Sequence[Path]) -> str:
    """Why a student has no sheet: what the files are that stand there."""
    told = [
        f"{readable(path.name)} {OTHER_SUFFIXES[path.suffix.lower()]}"
        for path in inside[:5]
        if path.suffix.lower() in OTHER_SUFFIXES
    ]
    names = [readable(path.name) for path in inside[:5]]
    return "; ".join(told) or f"no answer sheet: {', '.join(names) or 'nothing'} there"


def _listed(folder: Path) -> list[Path]:
    try:
        paths = [Path(entry.path) for entry in os.scandir(folder) if not _is_hidden(entry.name)]
    except OSError as error:
        reason = reason_of(error)
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
    """Whether a file may be a sheet: receipts and what platforms and students put beside sheets are none."""
    return path.suffix.lower() in SUFFIXES and not _BESIDE.fullmatch(path.stem)


def _sheets(path: Path, folder: Path) -> list[Path]:
    """The sheets that a file or a folder of a class holds; raises OSError where they can't be looked at.

    A link that leads out of the class's folder is refused: an archive may bring one to anybody's files.
    """
    if not path.resolve().is_relative_to(folder.resolve()):
        raise OSError(0, "it is a link that leads out of the folder")
    if path.is_dir():
        os.scandir(path).close()
        inside = sorted([*path.glob("*"), *path.glob("*/*"), *path.glob("*/*/*")])[:MOST_OF_ONE]
        return [
            each
            for each in inside
            if _is_sheet(each)
            and not any(map(_is_hidden, each.relative_to(path).parts))
            and each.is_file()
            and each.resolve().is_relative_to(folder.resolve())
        ]
    if _is_sheet(path) and not path.is_file():
        raise OSError(0, "it is no file" if path.exists() else "it is a link that leads nowhere")
    return [path] * _is_sheet(path)


def _submission(student: str, number: str, paths: list[Path], held: list[str]) -> Submission:
    if not paths:
        return Submission(student, None, problem="; ".join(held[:5]), number=number)
    latest, *others = sorted(paths, key=_changed, reverse=True)
    return Submission(student, latest, tuple(others), number=number)


def _changed(path: Path) -> tuple[int, float, str]:
    """How late a sheet is, by the version (Teams) or time (Brightspace) of its folder, then by its change."""
    version = next((match for part in reversed(path.parts) if (match := _VERSION.fullmatch(part))), None)
    number = int(version["number"]) if version else max(map(_uploaded, path.parts), default=0)
    try:
        return number, path.stat().st_mtime, path.name
    except OSError:
        # a link that leads nowhere: the sheet says so when it is read
        return number, 0.0, path.name


def _uploaded(name: str) -> int:
    """The minutes of the time in a name of Brightspace's, `1-2 - Li Si - Nov 21, 2026 800 AM`; 0 for none."""
    for told in name[:LONGEST_NAME].split(" - ")[2:]:
        words = told.replace(",", " ").replace(".", " ").split()
        if len(words) in (4, 5):
            # the day first or the month, and 800 AM for 08:00 AM
            day, month = sorted(words[:2], key=lambda word: not word.isdecimal())
            clock = words[3].replace(":", "").zfill(4)
            half = words[4:] and "%I%M %p"
            try:
                when = datetime.strptime(
                    " ".join([day, month[:3], words[2], clock, *words[4:]]), f"%d %b %Y {half or '%H%M'}"
                ).replace(tzinfo=UTC)
            except ValueError:
                continue
            return int(when.timestamp()) // 60
    return 0
