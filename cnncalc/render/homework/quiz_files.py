"""Quizzes to files: one, or one for each student."""

from collections.abc import Iterable
from pathlib import Path

from cnncalc.errors import CnncalcError, Fault, Place, UsageError, reason_of, unknown_choice
from cnncalc.homework.quiz import Quiz
from cnncalc.homework.sheets import LARGEST_FILE, decode
from cnncalc.languages import Language, english
from cnncalc.render.document import Document
from cnncalc.render.homework.feedback import FileNames
from cnncalc.render.homework.quiz_document import quiz_document
from cnncalc.render.homework.quiz_formats import platforms, quiz_writer
from cnncalc.render.output import emit, make_folder, show
from cnncalc.render.writer import writer_class, writer_of
from cnncalc.render.writers import TEXT, formats
from cnncalc.whole_file import write_whole

PAPER = "pdf"
FORMATS = (*platforms(), PAPER, *formats())
"""The formats of learning platforms, which no other result has, paper, and the formats of documents."""
SPEC = ".yaml"
"""The ending of the spec of a variant's network."""
KEY = "-key"
"""The end of the name of a key, which stands in a file beside its quiz."""
MOST_NAMES = 10_000
LONGEST_NAME = 200


def format_of(format: str | None, file: str | None) -> str | None:
    """The format that is said, else that of the file's name; raises UsageError where it may be several."""
    if format is not None or file is None:
        return format
    ending = Path(file).suffix.lower()
    every = {name: quiz_writer(name, english()).SUFFIX for name in platforms()}
    every |= {name: writer_class(name).SUFFIX for name in formats() if name not in TEXT}
    every[PAPER] = f".{PAPER}"
    found = [name for name, suffix in every.items() if suffix == ending]
    if len(found) > 1:
        raise UsageError(f"{ending} is the ending of {', '.join(found)}", "--format says which")
    return found[0] if found else None


def write_quiz(quiz: Quiz, format: str, file: str | None, language: Language, *, key: bool) -> None:
    """Writes a quiz; raises CnncalcError."""
    _check(format, key=key)
    if quiz.picture and format not in platforms():
        raise UsageError("--picture says nothing to a document", "cnncalc draw writes a picture beside")
    if format in platforms():
        quiz_writer(format, language).write(quiz, file)
    elif format == PAPER:
        if file is None:
            raise UsageError("a quiz as PDF needs a file", "such as -o paper.pdf")
        _write_paper(quiz_document(quiz, key=key), file, language)
    else:
        show(quiz_document(quiz, key=key), format, file, language)


def _write_paper(document: Document, file: str, language: Language) -> None:
    from cnncalc.render.homework.quiz_paper import paper

    made = paper(document, language)
    write_whole(file, lambda stream: stream.write(made))


def _check(format: str, *, key: bool) -> None:
    """Raises UsageError for a format that there isn't, and for a file without the key that it must hold."""
    if format not in FORMATS:
        raise unknown_choice(format, "a format of a quiz", FORMATS)
    if format in platforms() and not key:
        raise UsageError(
            f"--no-key says nothing to {format}, in which each question holds its key", "leave it out"
        )


def names_of(count: int | None, students: str | None, *, own_files: bool = False) -> list[str]:
    """The names of the variants: those of a file, or numbers. Raises CnncalcError where one stands twice.

    `own_files`: two that become one name of a file are refused too, as a student's network is found by it.
    """
    if students is None:
        return [f"variant-{number:03}" for number in range(1, (count or 1) + 1)]
    try:
        with Path(students).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise CnncalcError(
            Fault("unreadable_file", f"can't be read: {reason_of(error)}", "", Place(students))
        ) from None
    found: dict[str, tuple[str, int]] = {}
    faults = []
    for line, written in enumerate(decode(data).splitlines(), 1):
        name = " ".join(written.split())
        alike = FileNames().of(name).casefold() if own_files else name
        if len(name) > LONGEST_NAME:
            message = f"a name of more than {LONGEST_NAME} characters"
            faults.append(Fault("bad_name", message, "one a line", Place(students, line, 1), written))
        elif name and alike in found:
            other, at = found[alike]
            message = (
                f"{name} stands there twice, in line {at} too"
                if name == other
                else f"{name} and {other} in line {at} become one name of a file"
            )
            help = "a name says which numbers a student gets: tell the two apart, as by a number behind it"
            faults.append(Fault("name_twice", message, help, Place(students, line, 1), written))
        elif name:
            found[alike] = (name, line)
    if faults:
        raise CnncalcError(*faults)
    if not found or len(found) > MOST_NAMES:
        message = f"holds more than {MOST_NAMES:,} names" if found else "holds no names"
        raise CnncalcError(Fault("no_names", message, "one a line", Place(students)))
    return [name for name, _ in found.values()][: count or MOST_NAMES]


def write_variants(
    quizzes: Iterable[tuple[str, Quiz, str]],
    format: str,
    folder: str | None,
    language: Language,
    *,
    key: bool,
) -> None:
    """Writes a quiz for each name; where a file is not its own key, the key beside it if one is wanted.

    A spec, of a network of the name's own, stands beside them.
    """
    _check(format, key=key)
    if folder is None:
        raise UsageError("variants need a folder", "such as -o variants/")
    make_folder(folder)
    names_of_files = FileNames()
    for name, quiz, spec in quizzes:
        if spec:  # by whose name the network of a sheet is found
            emit([spec], f"{Path(folder) / FileNames().of(name)}{SPEC}")
        path = Path(folder) / names_of_files.of(name, KEY)
        if format in platforms():
            platform = quiz_writer(format, language)
            platform.write(quiz, f"{path}{platform.SUFFIX}")
            continue
        if format == PAPER:
            _write_paper(quiz_document(quiz, key=False), f"{path}.{PAPER}", language)
            if key:
                _write_paper(quiz_document(quiz, asked=False), f"{path}{KEY}.{PAPER}", language)
            continue
        writer = writer_of(format, language)
        emit(writer.pieces(quiz_document(quiz, key=False)), f"{path}{writer.SUFFIX}")
        if key:
            emit(writer.pieces(quiz_document(quiz, asked=False)), f"{path}{KEY}{writer.SUFFIX}")
