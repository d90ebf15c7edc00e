"""Holds a report to what a spec expects of it."""

from collections.abc import Iterable, Iterator, Mapping
from math import isclose
from typing import Any, NamedTuple

from cnncalc.analysis.difference import Difference
from cnncalc.analysis.report import Report
from cnncalc.errors import LayerError, brief
from cnncalc.layers.support.base import from_layout, in_layout
from cnncalc.layers.support.options import shape
from cnncalc.quantity import Quantity, find


class Comparison(NamedTuple):
    """A number that a spec expects, and the report's."""

    name: str
    quantity: str
    wanted: Any
    found: Any
    agree: bool


def comparisons(expect: Mapping[str, Mapping[str, Any]], report: Report, layout: str) -> Iterator[Comparison]:
    """Every number that is expected; `layout` is how the spec writes shapes."""
    for name, quantities in expect.items():
        known = name == "total" or name in report
        for written, wanted in quantities.items():
            quantity = find(written)
            found = _found(report, name, quantity) if known and quantity else None
            agree = (
                known
                and quantity is not None
                and _agree(quantity.unit, wanted, found, layout, report.settings.layout)
            )
            yield Comparison(name, written, wanted, found, agree)


def comparisons_with(model: Report, report: Report) -> Iterator[Comparison]:
    """Every layer of a report, held to its counterpart in a model; names may differ."""
    difference = Difference(report, model)
    for trait in difference.ends:
        yield Comparison("total", trait.name, trait.after, trait.before, False)
    for change in difference.changes:
        before, after = ("none" if row is None else row.kind for row in (change.first, change.second))
        name = change.name if change.first is None else change.first.name
        yield Comparison(name, "kind", after, before, before == after)
        for trait in change.traits:
            if trait.name != "kind":
                yield Comparison(name, trait.name, trait.after, trait.before, False)


def mismatches(compared: Iterable[Comparison], report: Report) -> list[str]:
    """A sentence for each number that is not as expected."""
    told = []
    for name, quantity, wanted, found, agree in compared:
        if name != "total" and name not in report and found is None:
            told.append(f"{name}: there is no such layer")
        elif not agree:
            told.append(f"{name}: {quantity} is {_value_text(found)}, expected {_value_text(wanted)}")
    return list(dict.fromkeys(told))


def _found(report: Report, name: str, quantity: Quantity) -> Any:
    found = report.totals.value(quantity) if name == "total" else report[name].value(quantity)
    return tuple(found["size"]) if found and quantity.unit == "field" else found


def _agree(unit: str, wanted: Any, found: Any, layout: str, written: str) -> bool:
    if unit in ("shape", "field"):
        try:
            wanted = shape(wanted)
        except LayerError:
            return False
        if unit == "field":
            return found is not None and tuple(found) in (wanted, wanted * len(found))
        if layout != written and len(wanted) > 1:
            wanted = in_layout(from_layout(wanted, layout), written)
        return found is not None and bool(tuple(found) == wanted)
    if unit == "ratio" and found is not None:
        # as many digits as anyone writes
        return isclose(wanted, found, rel_tol=1e-6)
    return bool(wanted == found)


def _value_text(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and abs(value) < 10**60 else brief(value)
