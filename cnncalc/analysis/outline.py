"""A report as a tree: groups with their sums, and the layers in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.analysis.report import Report


class Line(NamedTuple):
    """A layer or a group of a report, `level` deep; `label` is its name within its group.

    A `folded` group stands for its layers, which have no lines of their own.
    """

    row: Any
    level: int
    label: str
    group: bool = False
    folded: bool = False


def outline(report: Report, depth: int | None = None) -> Iterator[Line]:
    """The lines of a report in order; groups deeper than `depth` levels are folded into one line each."""
    groups = report.graph.groups
    open_groups: list[str] = []
    folded = ""
    for row in report.layers:
        name = row.name
        if folded and name.startswith(folded):
            continue
        folded = ""
        while open_groups and not name.startswith(open_groups[-1] + "."):
            open_groups.pop()
        start = len(open_groups[-1]) + 1 if open_groups else 0
        dot = name.find(".", start)
        while dot > 0:
            scope = name[:dot]
            if scope in groups:
                level = len(open_groups)
                short = scope[len(open_groups[-1]) + 1 :] if open_groups else scope
                closed = depth is not None and level >= depth - 1
                yield Line(report[scope], level, short, True, closed)
                if closed:
                    folded = f"{scope}."
                    break
                open_groups.append(scope)
            dot = name.find(".", dot + 1)
        if folded:
            continue
        short = name[len(open_groups[-1]) + 1 :] if open_groups else name
        yield Line(row, len(open_groups), short)
