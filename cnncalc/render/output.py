"""Where results go: a file, whole or not at all; a pipe, as plain text; a terminal, with rich."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, Fault, Place
from cnncalc.render.tables.headings import in_language
from cnncalc.render.tables.table import Table, written
from cnncalc.whole_file import write_whole

LONG = 400
"""The rows from which a table is written without rich, which takes 0.3 ms for each."""


def emit(pieces: Iterable[str], file: str | None = None) -> None:
    """Writes text to standard output, or to a file, which is there whole or not at all."""
    if file is None:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
        return
    write_whole(file, lambda stream: stream.writelines(piece.encode() for piece in pieces))


def make_folder(folder: str) -> None:
    """Makes a folder, where there is none; raises CnncalcError."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        fault = Fault("unwritable_folder", f"can't be made: {reason}", "", Place(folder))
        raise CnncalcError(fault) from None


def show_table(
    table: Table, format: str, file: str | None, color: bool | None = None, after: Iterable[str] = ()
) -> None:
    """A table in a format, then the text `after` it: to a file, a pipe, or a terminal."""
    table = in_language(table)
    if format != "table" or file is not None or not sys.stdout.isatty():
        emit(chain(written(table, format), after), file)
        return
    rows = iter(table.rows)
    shown = list(islice(rows, LONG + 1))
    if len(shown) > LONG:
        emit(chain(written(replace(table, rows=chain(shown, rows)), format), after))
        return
    from cnncalc.render.tables.rich_table import show

    show(table, shown, console(color))
    emit(after)


def console(color: bool | None = None, stderr: bool = False) -> Any:
    """A rich console that honours `NO_COLOR` and `--no-color`."""
    from rich.console import Console

    return Console(stderr=stderr, no_color=True if color is False else None, highlight=False, soft_wrap=False)
