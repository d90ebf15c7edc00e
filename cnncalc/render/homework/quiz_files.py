"""Quizzes to files: one, or one for each student."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, Fault, Place, UsageError, unknown_choice
from cnncalc.homework.questions import Question, say
from cnncalc.homework.quiz import variants
from cnncalc.homework.sheets import LARGEST_FILE, decode
from cnncalc.render.homework import quiz_markdown
from cnncalc.render.homework.feedback import FileNames
from cnncalc.render.output import emit, make_folder

FORMATS = ("markdown", "gift", "moodle")
MOST_NAMES = 10_000
KEY = "-key"
"""What the name of a file with the answers ends in."""


def _writer(format: str) -> Any:
    if format not in FORMATS:
        raise unknown_choice(format, "a format of a quiz", FORMATS)
    return import_module(f"cnncalc.render.homework.quiz_{format}")


def write_quiz(questions: Sequence[Question], seed: int, format: str, file: str | None, *, key: bool) -> None:
    """Writes a quiz; raises CnncalcError."""
    title, own = say("title", seed=seed), str(seed)
    writer = _writer(format)
    pieces = [writer.written(questions, title, own)]
    if key and writer is quiz_markdown:
        pieces.append(quiz_markdown.answers(questions, title, own))
    emit(chain(*pieces), file)


def names_of(count: int | None, students: str | None) -> list[str]:
    """The names of the variants: those of a file, or numbers. Raises CnncalcError where one stands twice."""
    if students is None:
        return [f"variant-{number:03}" for number in range(1, (count or 1) + 1)]
    try:
        with Path(students).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CnncalcError(
            Fault("unreadable_file", f"can't be read: {reason}", "", Place(students))
        ) from None
    found: dict[str, int] = {}
    faults = []
    for line, written in enumerate(decode(data).splitlines(), 1):
        name = " ".join(written.split())
        if name in found:
            message = f"{name} stands there twice, in line {found[name]} too"
            help = "a name says which numbers a student gets: tell the two apart, as by a number behind it"
            faults.append(Fault("name_twice", message, help, Place(students, line, 1), written))
        elif name:
            found[name] = line
    if faults:
        raise CnncalcError(*faults)
    if not found or len(found) > MOST_NAMES:
        message = f"holds more than {MOST_NAMES:,} names" if found else "holds no names"
        raise CnncalcError(Fault("no_names", message, "one a line", Place(students)))
    return list(found)[: count or MOST_NAMES]


def write_variants(
    names: Sequence[str], seed: int, count: int, levels: Sequence[int], format: str, folder: str | None
) -> None:
    """Writes a quiz for each name, and in Markdown its key beside it."""
    writer = _writer(format)
    if folder is None:
        raise UsageError("variants need a folder", "such as -o variants/")
    make_folder(folder)
    names_of_files = FileNames()
    for name, questions in variants(seed, names, count, levels):
        stem = names_of_files.of(name, KEY)
        own = f"{seed} {name}"
        title = say("title_of", seed=seed, name=name)
        emit(writer.written(questions, title, own), str(Path(folder) / (stem + writer.SUFFIX)))
        if writer is quiz_markdown:
            emit(quiz_markdown.answers(questions, title, own), str(Path(folder) / f"{stem}{KEY}.md"))
