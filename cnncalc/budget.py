"""A budget of processor time and memory for work on what somebody else wrote, kept by the operating system.

The pieces of work are done one after another in a child process. A piece that takes too long or too much room
ends the child, or is refused by it, and costs nobody but itself: the next piece has a new child. Where the
operating system can't make such a child (Windows), the work is done in this process without a budget.
"""

import os
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

SECONDS = 2
"""The most processor time of a piece, unless said; an honest sheet takes a few milliseconds."""
PATIENCE = 120
"""The most seconds that a piece may take by the clock, as where a file gives nothing to read."""
ROOM = 2**29
"""The most bytes that a child may take beyond what it begins with."""
Piece = TypeVar("Piece")
Result = TypeVar("Result")


class OverBudgetError(Exception):
    """A piece of work took more time or more memory than it is given; the message is a predicate."""


class Budgeted(Generic[Piece, Result]):
    """`work`, done piece by piece within the budget. It raises nothing but MemoryError.

    Pieces and results travel between processes, so both must be plain data.
    """

    def __init__(self, work: Callable[[Piece], Result], seconds: int | None = None) -> None:
        self._work, self._seconds, self._room = work, seconds or SECONDS, ROOM
        self._child: Any = None
        self._ask: Any = None
        self._answer: Any = None

    def __call__(self, piece: Piece) -> Result:
        """The result of a piece; raises OverBudgetError."""
        if not hasattr(os, "fork"):
            return self._work(piece)
        if self._child is None:
            self._start()
        self._ask.send(piece)
        try:
            ready = self._answer.poll(PATIENCE)
            ok, result = self._answer.recv() if ready else (False, None)
        except (EOFError, ConnectionError):
            # the system has ended the child
            self._child.join()
            message = self._how_it_ended()
        else:
            if ok:
                return cast(Result, result)
            message = self._too_large() if ready else f"takes more than {PATIENCE} s"
        self.close()
        raise OverBudgetError(message)

    def close(self) -> None:
        """Ends the child."""
        if self._child is not None:
            self._ask.close()
            self._answer.close()
            self._child.kill()
            self._child.join()
            self._child = self._ask = self._answer = None

    def _how_it_ended(self) -> str:
        import signal

        if self._child.exitcode == -signal.SIGXCPU:
            return f"takes more than {self._seconds} s of processor time"
        return f"stops the program that reads it (exit {self._child.exitcode})"

    def _too_large(self) -> str:
        return f"takes more than {self._room // 2**20} MiB of memory"

    def _start(self) -> None:
        import multiprocessing

        context: Any = multiprocessing.get_context("fork")
        asked, self._ask = context.Pipe(duplex=False)
        self._answer, answered = context.Pipe(duplex=False)
        self._child = context.Process(
            target=_child,
            args=(self._work, asked, answered, self._ask, self._seconds, self._room),
            daemon=True,
        )
        self._child.start()
        asked.close()
        answered.close()


def within_budget(work: Callable[[], Result], seconds: int | None = None) -> Result:
    """The result of one piece of work; raises the errors of the work, and OverBudgetError."""

    def tried(_: None) -> tuple[Any, Exception | None]:
        try:
            return work(), None
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again by the process that asked
            return None, error

    budgeted = Budgeted(tried, seconds)
    try:
        result, error = budgeted(None)
    finally:
        budgeted.close()
    if error is not None:
        raise error
    return cast(Result, result)


def _child(
    work: Callable[[Any], Any], asked: Any, answered: Any, other_end: Any, seconds: int, room: int
) -> None:
    """Does one piece of work after another, until nobody asks for more."""
    import resource
    import signal
    import time

    # else the child would wait for itself when the parent has ended
    other_end.close()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    # a library that is refused memory may say so on its way out
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _limit(resource.RLIMIT_AS, _taken() + room)
    _limit(resource.RLIMIT_CORE, 0)
    while True:
        try:
            piece = asked.recv()
        except EOFError:
            return
        # a limit is in whole seconds, and counts all that the child has used since it began
        _limit(resource.RLIMIT_CPU, int(time.process_time()) + 1 + seconds)
        try:
            told: tuple[bool, Any] = (True, work(piece))
        except MemoryError:
            told = (False, None)
        answered.send(told)


def _limit(which: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(which)
    within = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (within, hard))


def _taken() -> int:
    """The bytes of address space that the process has; 0 where the system does not say."""
    from pathlib import Path

    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
