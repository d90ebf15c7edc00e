"""Where results go: a file, whole or not at all; a pipe, as plain text; a terminal, with rich."""

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, Fault, Place, reason_of
from cnncalc.languages import Language
from cnncalc.render.document import Document
from cnncalc.render.pager import is_terminal, paged
from cnncalc.render.writer import writer_of
from cnncalc.render.writers import TEXT
from cnncalc.whole_file import write_whole

AT_ONCE = 100
"""How many pieces are written at once: a write may be a call of the system."""


def emit(pieces: Iterable[str], file: str | None = None) -> None:
    """Writes text to standard output, where a long one has a pager, or to a file, whole or not at all."""
    if file is None:
        pieces = paged(pieces) if is_terminal() else iter(pieces)
        while batch := list(islice(pieces, AT_ONCE)):
            sys.stdout.write("".join(batch))
        sys.stdout.flush()
        return
    write_whole(file, lambda stream: stream.writelines(piece.encode() for piece in pieces))


def make_folder(folder: str) -> None:
    """Makes a folder, where there is none; raises CnncalcError."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        fault = Fault("unwritable_folder", f"can't be made: {reason_of(error)}", "", Place(folder))
        raise CnncalcError(fault) from None


def show(
    document: Document,
    format: str,
    file: str | None = None,
    language: Language | None = None,
    color: bool | None = None,
) -> None:
    """A document in a format and a language, English unless said: to a file, a pipe, or a terminal."""
    writer = writer_of(format, language)
    if format in TEXT and file is None and sys.stdout.isatty():
        from cnncalc.render import terminal

        writer = terminal.Writer(writer.language, console(color))
    emit(writer.pieces(document), file)


def console(color: bool | None = None, stderr: bool = False) -> Any:
    """A rich console that honours `NO_COLOR` and `--no-color`."""
    from rich.console import Console

    return Console(stderr=stderr, no_color=True if color is False else None, highlight=False, soft_wrap=False)
