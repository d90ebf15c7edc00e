"""The memory of a run, layer by layer, with additions in place, and in the best order."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.analysis.schedule import Schedule, Steps, as_written, least
from cnncalc.languages import Joined, Message, some_of
from cnncalc.number_text import told_bytes
from cnncalc.quantity import QUANTITIES
from cnncalc.render.document import Block, Column, Document, List, Paragraph, Term
from cnncalc.render.reports.report_tables import ReportColumn, View, column, report_document

_BYTES = QUANTITIES["memory"]


def run_document(report: Report, view: View) -> Document:
    """The bytes that each layer puts out and keeps, and the bytes alive while it is computed."""
    graph, facts = report.graph, report.facts
    written, best = as_written(graph, facts), least(graph, facts)
    each = report.bytes_each * report.settings.batch
    over = [[0] if overwrites else [] for overwrites in report.in_place]
    numbers = range(len(graph.nodes))
    usual, reused = Steps(graph, facts, over).values_in(numbers), Steps(graph, facts).values_in(numbers)
    first = sum(Steps(graph, facts).size[: len(graph.inputs)])
    columns = [
        ReportColumn(Column("memory", True), lambda row: row.value(_BYTES) * row.samples, bytes=True),
        column("weight_bytes", spare=1),
        _alive("alive", usual, each, first),
        _alive("alive_reused", reused, each, first),
    ]
    found = {**_told(report, best, each), "exact": best.exact}
    return report_document(
        report,
        columns,
        view,
        captions=list(_captions(report, written, best, each)),
        extra={
            "memory": {
                "peak": report.totals.memory.peak,
                "in_place": _told(report, written, each),
                "least": found,
            }
        },
    )


def _alive(name: str, values: list[int], each: int, first: int) -> ReportColumn:
    """A column of bytes alive; of a group, the most."""

    def most(of: Callable[[Any], range]) -> Callable[[Any], int]:
        return lambda row: max(values[index] for index in of(row)) * each

    return ReportColumn(
        Column(name, True), most(lambda row: row.span), lambda _: max(first, *values) * each, bytes=True
    )


def _told(report: Report, schedule: Schedule, each: int) -> dict[str, Any]:
    names = [report.layers[number].name for number in schedule.order]
    return {
        "bytes": schedule.values * each,
        "at": names[schedule.at] if schedule.at >= 0 else None,
        "order": names,
    }


def _captions(report: Report, written: Schedule, best: Schedule, each: int) -> Iterator[Block]:
    def at(number: int) -> str:
        return report.layers[number].name if number >= 0 else Message("heading.input")

    def alive(values: Iterable[tuple[int, int]]) -> str:
        held = [(report.graph.name(number), size * each) for number, size in values if size]
        return some_of([Message("list.sized", name=name, size=f"{size:,}") for name, size in held])

    steps = Steps(report.graph, report.facts)
    rows = [
        ("memory.as_they_stand", report.totals.memory.peak, at(report.peak.at), alive(report.peak.alive)),
        *(
            (
                key,
                schedule.values * each,
                at(schedule.order[schedule.at] if schedule.at >= 0 else -1),
                alive(steps.alive(schedule.order, schedule.at)),
            )
            for key, schedule in (
                ("memory.in_place", written),
                ("memory.best" if best.exact else "memory.best_found", best),
            )
        ),
    ]
    yield List(
        [
            Term(
                Message(key),
                Joined([told_bytes(size), Message("memory.at", layer=layer, alive=held)], "colon"),
            )
            for key, size, layer, held in rows
        ],
        Message("memory.peaks", batch=f"{report.settings.batch:,}"),
    )
    if best.values < written.values:
        moved = [at(number) for place, number in enumerate(best.order) if place != number]
        yield Paragraph(Message("memory.moved", layers=some_of(moved)))
