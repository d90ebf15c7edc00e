"""Quizzes to files: one, or one for each student."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, Fault, Place, UsageError, did_you_mean
from cnncalc.homework.quiz import Question, variants
from cnncalc.render import quiz_markdown
from cnncalc.render.feedback import FileNames
from cnncalc.render.output import emit, make_folder

FORMATS = ("markdown", "gift", "moodle")
MOST_NAMES = 10_000


def _writer(format: str) -> Any:
    if format not in FORMATS:
        raise UsageError(f"{format} is not a format of a quiz", did_you_mean(format, FORMATS, "they are"))
    return import_module(f"cnncalc.render.quiz_{format}")


def write_quiz(questions: Sequence[Question], seed: int, format: str, file: str | None, *, key: bool) -> None:
    """Writes a quiz; raises CnncalcError."""
    title, own = f"Quiz {seed}", str(seed)
    writer = _writer(format)
    pieces = [writer.written(questions, title, own)]
    if key and writer is quiz_markdown:
        pieces.append(quiz_markdown.answers(questions, title, own))
    emit(chain(*pieces), file)


def names_of(count: int | None, students: str | None) -> list[str]:
    """The names of the variants: those of a file, or numbers."""
    if students is None:
        return [f"variant-{number:03}" for number in range(1, (count or 1) + 1)]
    try:
        with Path(students).open(encoding="utf-8-sig") as file:
            names = [name.strip() for name in file.readlines(MOST_NAMES * 100)]
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "is not UTF-8 text").lower()
        raise CnncalcError(
            Fault("unreadable_file", f"can't be read: {reason}", "", Place(students))
        ) from None
    found = list(dict.fromkeys(filter(None, names)))[: min(count or MOST_NAMES, MOST_NAMES)]
    if not found:
        raise CnncalcError(Fault("no_names", "holds no names", "one a line", Place(students)))
    return found


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
        stem = names_of_files.of(name)
        own = f"{seed} {name}"
        title = f"Quiz {seed}: {name}"
        emit(writer.written(questions, title, own), str(Path(folder) / (stem + writer.SUFFIX)))
        if writer is quiz_markdown:
            emit(quiz_markdown.answers(questions, title, own), str(Path(folder) / f"{stem}-key.md"))
