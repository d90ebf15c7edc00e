"""Progress of long work: a bar on standard error, on a terminal only."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def track(items: Iterable[Item], total: int, doing: str, color: bool | None = None) -> Iterator[Item]:
    """The items, with a bar that says how many of `total` have come."""
    if not sys.stderr.isatty() or total < 2:
        yield from items
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from cnncalc.render.output import console

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(color, stderr=True), transient=True) as progress:
        yield from progress.track(items, total=total, description=doing)
