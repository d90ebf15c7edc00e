"""Quizzes to files: one, or one for each student."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, Fault, Place, UsageError, reason_of, unknown_choice
from cnncalc.homework.questions import Question, say
from cnncalc.homework.quiz import variants
from cnncalc.homework.sheets import LARGEST_FILE, decode
from cnncalc.languages import Language
from cnncalc.render.homework.feedback import FileNames
from cnncalc.render.homework.quiz_document import quiz_document
from cnncalc.render.output import emit, make_folder, show
from cnncalc.render.writer import writer_of
from cnncalc.render.writers import formats

PLATFORMS = ("gift", "moodle")
"""The formats that learning platforms import, which no other result has."""
FORMATS = (*PLATFORMS, *formats())
MOST_NAMES = 10_000
LONGEST_NAME = 200


def _writer(format: str) -> Any:
    """The module that writes a quiz for a platform; None for a format of documents."""
    if format not in FORMATS:
        raise unknown_choice(format, "a format of a quiz", FORMATS)
    return import_module(f"cnncalc.render.homework.quiz_{format}") if format in PLATFORMS else None


def write_quiz(
    questions: Sequence[Question],
    seed: int,
    format: str,
    file: str | None,
    language: Language,
    *,
    key: bool,
) -> None:
    """Writes a quiz; raises CnncalcError."""
    title, own = say("title", seed=seed), str(seed)
    _check_key(format, key=key)
    if platform := _writer(format):
        emit(platform.written(questions, title, own, language), file)
    else:
        show(quiz_document(questions, title, own, key=key), format, file, language)


def _check_key(format: str, *, key: bool) -> None:
    """Raises UsageError for a file without the key in a format in which a quiz is its own key."""
    if format in PLATFORMS and not key:
        raise UsageError(
            f"--no-key says nothing to {format}, in which each question holds its key", "leave it out"
        )


def names_of(count: int | None, students: str | None) -> list[str]:
    """The names of the variants: those of a file, or numbers. Raises CnncalcError where one stands twice."""
    if students is None:
        return [f"variant-{number:03}" for number in range(1, (count or 1) + 1)]
    try:
        with Path(students).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise CnncalcError(
            Fault("unreadable_file", f"can't be read: {reason_of(error)}", "", Place(students))
        ) from None
    found: dict[str, int] = {}
    faults = []
    for line, written in enumerate(decode(data).splitlines(), 1):
        name = " ".join(written.split())
        if len(name) > LONGEST_NAME:
            message = f"a name of more than {LONGEST_NAME} characters"
            faults.append(Fault("bad_name", message, "one a line", Place(students, line, 1), written))
        elif name in found:
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
    names: Sequence[str],
    seed: int,
    count: int,
    levels: Sequence[int],
    format: str,
    folder: str | None,
    language: Language,
    *,
    key: bool,
) -> None:
    """Writes a quiz for each name; where a file is not its own key, the key beside it if one is wanted."""
    platform = _writer(format)
    _check_key(format, key=key)
    if folder is None:
        raise UsageError("variants need a folder", "such as -o variants/")
    make_folder(folder)
    names_of_files = FileNames()
    for name, questions in variants(seed, names, count, levels):
        path = Path(folder) / names_of_files.of(name)
        own, title = f"{seed} {name}", say("title_of", seed=seed, name=name)
        if platform:
            emit(platform.written(questions, title, own, language), f"{path}{platform.SUFFIX}")
            continue
        writer = writer_of(format, language)
        emit(writer.pieces(quiz_document(questions, title, own, key=False)), f"{path}{writer.SUFFIX}")
        if key:
            answers = quiz_document(questions, title, own, asked=False)
            emit(writer.pieces(answers), f"{path}-key{writer.SUFFIX}")
