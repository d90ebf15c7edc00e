"""A report as a tree: groups with their sums, and the layers in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import GroupReport, LayerReport


class Line(NamedTuple):
    """A layer or a group of a report, `level` deep; `label` is its name within its group.

    A `heading` is a group whose layers follow.
    """

    row: LayerReport | GroupReport
    level: int
    label: str
    heading: bool = False


def outline(report: Report, depth: int | None = None) -> Iterator[Line]:
    """The lines of a report in order; what stands deeper than `depth` scopes is summed in its group."""
    groups = report.graph.groups
    opened: list[str] = []
    for row in report.rows(depth):
        name = row.name
        while opened and not name.startswith(f"{opened[-1]}."):
            opened.pop()
        dot = name.find(".", len(opened[-1]) + 1 if opened else 0)
        while dot > 0:
            if (scope := name[:dot]) in groups:
                yield Line(GroupReport(report, scope), len(opened), _within(scope, opened), True)
                opened.append(scope)
            dot = name.find(".", dot + 1)
        yield Line(row, len(opened), _within(name, opened))


def _within(name: str, opened: list[str]) -> str:
    return name[len(opened[-1]) + 1 :] if opened else name
