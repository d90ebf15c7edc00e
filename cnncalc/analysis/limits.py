"""Limits that a network is held to, as a step of continuous integration does."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.report import Report
from cnncalc.errors import Fault
from cnncalc.number_text import told_bytes


def passed(
    report: Report, params: int | None = None, macs: int | None = None, memory: int | None = None
) -> list[Fault]:
    """What goes over its limit, and by how much; [] where nothing does.

    Under a convention it is that tool's count that is held to a limit on MACs (Keras's to one on parameters).
    Memory is what a forward pass needs, in bytes: the weights and the most values alive at once.
    """
    return list(_over(report, params, macs, memory))


def _over(report: Report, params: int | None, macs: int | None, memory: int | None) -> Iterator[Fault]:
    totals, convention = report.totals, report.convention
    count, told = [totals.params, totals.macs], ["parameters", "multiply-accumulates"]
    if convention is not None and totals.reported is not None:
        at = 0 if convention.of_weights else 1
        count[at], told[at] = totals.reported.value, f"{totals.reported.unit} by {convention.name}"
    for limit, found, what in zip((params, macs), count, told, strict=True):
        if limit is not None and found > limit:
            yield _fault(f"{found:,} {what}", f"{limit:,}", f"{found - limit:,}", found, limit)
    if memory is not None and (needed := totals.memory.running) > memory:
        yield _fault(
            f"{told_bytes(needed)} to run, weights and peak",
            told_bytes(memory),
            told_bytes(needed - memory),
            needed,
            memory,
        )


def _fault(found: str, limit: str, over: str, value: int, most: int) -> Fault:
    ratio = value / most if most else 1
    times = f"{ratio:,.0f}" if ratio >= 1000 else f"{ratio:.3g}"
    times = "" if times == "1" else f", {times} times as much"
    return Fault("over_limit", f"{found}: over the limit of {limit} by {over}{times}")
