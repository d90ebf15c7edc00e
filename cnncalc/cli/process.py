"""The command as a process: streams that take any text, and an end that clears up."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn


class StoppedError(BaseException):
    """Somebody ends the process: files that were begun are cleared away, as after an interrupt."""

    def __init__(self, signal: int) -> None:
        self.signal = signal


@contextmanager
def stoppable() -> Iterator[None]:
    """A hang-up or an end from outside is raised as an error, so that no file is left half written."""
    import signal

    def stop(number: int, _: object) -> NoReturn:
        raise StoppedError(number)

    before: dict[int, Any] = {}
    with suppress(ValueError):  # only the first thread can
        for name in ("SIGTERM", "SIGHUP"):
            # a signal that the caller has turned off, as nohup does, stays so
            if (number := getattr(signal, name, None)) and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_streams() -> None:
    """Streams that take any text: signs that the encoding lacks become plainer; a closed stream takes all."""
    from cnncalc.render.characters import plainer

    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process
            setattr(sys, name, nowhere)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=plainer())


def close_output() -> None:
    """Nobody reads on: the rest of the buffer is dropped without a message."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
