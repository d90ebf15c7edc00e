"""Limits that a network is held to, as a step of continuous integration does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.errors import Fault
from cnncalc.number_text import told_bytes
from cnncalc.quantity import RECORDS, Quantity


def exceeded(
    report: Report, limits: Mapping[str, float | None], more: Sequence[Quantity] = ()
) -> list[Fault]:
    """The totals over their limits, and by how much; [] where nothing does.

    `limits` are by the names of the quantities' limits: params, macs, memory; `more` are quantities with
    limits of their own. Under a convention, the count of its tool is held to the limit on the quantity that
    the tool counts (MACs; with Keras, parameters).
    Memory is what a forward pass needs, in bytes: the weights and the most values alive at once.
    """
    faults = []
    for quantity in (*RECORDS, *more):
        most = limits.get(quantity.limit.name) if quantity.limit else None
        if quantity.limit is None or most is None:
            continue
        found, told = report.totals.value(quantity), quantity.limit.told
        convention, reported = report.convention, report.totals.reported
        if convention is not None and reported is not None and quantity == convention.quantity:
            found, told = reported.value, f"{reported.unit} by {convention.name}"
        if not report.is_complete:
            layers = f"{len(report.opaque):,} opaque layers" if len(report.opaque) > 1 else report.opaque[0]
            message = f"at least {found:,} {told}: what {layers} would add is not known"
            faults.append(Fault("over_limit", message))
        elif found > most:
            write: Callable[[Any], str] = told_bytes if quantity.unit == "bytes" else "{:,}".format
            faults.append(_fault(f"{write(found)} {told}", write(most), write(found - most), found, most))
    return faults


def _fault(found: str, limit: str, over: str, value: float, most: float) -> Fault:
    ratio = value / most if most else 1
    times = f"{ratio:,.0f}" if ratio >= 1000 else f"{ratio:.3g}"
    times = "" if times == "1" else f", {times} times as much"
    return Fault("over_limit", f"{found}: over the limit of {limit} by {over}{times}")
