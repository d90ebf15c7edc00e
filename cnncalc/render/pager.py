"""A pager where a result is longer than the screen, as git has it."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, Any

NO_PAGER = ("", "cat")
"""What the variables of the environment hold where no pager is wanted."""
USUAL = {"LESS": "FRX", "LV": "-c", "LESSCHARSET": "utf-8"}
"""Settings of pagers that the environment may change: colours, and a text that stays on the screen."""


def paged(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces of a text that fits the screen; those of a longer text go to the pager, and none comes back.

    The pager is `CNNCALC_PAGER`, else `PAGER`, else less; where there is none, all pieces come back. A reader
    who leaves the pager early is no error.
    """
    pieces = iter(pieces)
    room, begin = shutil.get_terminal_size((80, 24)).lines - 1, []
    command = _command()
    while command and room >= 0 and (piece := next(pieces, None)) is not None:
        begin.append(piece)
        room -= piece.count("\n")
    whole = chain(begin, pieces)
    if room >= 0 or not command or not _shown(command, whole):
        yield from whole


def is_terminal() -> bool:
    """Whether somebody reads the standard output, rather than a program or a test."""
    with suppress(OSError, ValueError):
        return os.isatty(sys.stdout.fileno())
    return False


def _command() -> list[str]:
    """The pager with its arguments; none where none is wanted, or installed."""
    said = os.environ.get("CNNCALC_PAGER", os.environ.get("PAGER", "less")).strip()
    try:
        command = [] if said in NO_PAGER else shlex.split(said)
    except ValueError:  # a quote that doesn't end
        return []
    return command if command and shutil.which(command[0]) else []


def _shown(command: list[str], pieces: Iterable[str]) -> bool:
    """Whether a pager could be started; the text has been read in the pager then."""
    import subprocess

    sys.stdout.flush()
    try:
        pager: Any = subprocess.Popen(  # noqa: S603 - the reader's own environment names the pager
            command, stdin=subprocess.PIPE, env={**USUAL, **os.environ}
        )
    except OSError:
        return False
    # an interrupt is the pager's: less stops reading, and shows what has come
    with suppress(BrokenPipeError, KeyboardInterrupt):
        _write(pager.stdin, pieces)
    with suppress(BrokenPipeError):
        pager.stdin.close()
    while pager.returncode is None:
        with suppress(KeyboardInterrupt):
            pager.wait()
    return True


def _write(stream: IO[bytes], pieces: Iterable[str]) -> None:
    for piece in pieces:
        stream.write(piece.encode(sys.stdout.encoding, sys.stdout.errors or "strict"))
