"""The least time that a device allows for a network, and what the device waits for."""

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.bounds import Bound, Bounds
from cnncalc.analysis.devices import Device, find, names
from cnncalc.analysis.rows import ReportRow
from cnncalc.languages import Joined, Message
from cnncalc.number_text import told_bytes, told_rate, told_seconds
from cnncalc.render.document import Block, Column, Document, List, Paragraph, Row, Share, Shown, Table, Term
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import ReportColumn, View, report_document


def bounds_document(bounds: Bounds, view: View) -> Document:
    """The least time of each layer or group on a device, what the device waits for, and the sums in words."""
    report = bounds.report
    longest = max((bounds.of(row.span).least for row in report.rows(view.depth)), default=0.0)
    whole = bounds.total

    def share(bound: Bound) -> Share:
        return Share(
            bound.least / whole.least if whole.least else 0.0, longest / whole.least if longest else 1.0
        )

    shown = (
        (Column("flops", True, 5), lambda bound: bound.operations),
        (Column("moved", True, 4), lambda bound: bound.moved),
        (Column("intensity", True, 3), lambda bound: bound.operations / bound.moved if bound.moved else 0),
        (Column("least_time", True), lambda bound: Shown(told_seconds(bound.least), bound.least)),
        (Column("time_share", True, 1), share),
        (Column("limited_by"), _limit),
        (Column("of_peak", True, 2), lambda bound: _percent(bound.share_of_peak)),
    )

    def column(heading: Column, of: Any) -> ReportColumn:
        def of_row(row: ReportRow) -> Any:
            return of(bounds.of(row.span))

        return ReportColumn(heading, of_row, lambda _: of(whole))

    columns = [column(heading, of) for heading, of in shown]
    return report_document(
        report, columns, view, captions=list(told_bounds(bounds)), extra={"bounds": bounds.to_dict()}
    )


def _limit(bound: Bound) -> Any:
    return Message(f"bounds.{bound.limited_by}") if bound.limited_by else None


def _percent(part: float) -> Shown:
    return Shown(f"{100 * part:.1f}%", part)


def told_bounds(bounds: Bounds) -> Iterator[Block]:
    """The device, the network's bounds, the slowest layers, and whether the memory is enough."""
    device, total, settings = bounds.device, bounds.total, bounds.report.settings
    yield Paragraph(
        Message(
            "bounds.device",
            device=device.name,
            peak=told_rate(bounds.peak, "FLOP/s"),
            dtype=settings.dtype,
            bandwidth=_bandwidth(device),
        )
    )
    yield Paragraph(Message("bounds.source", source=device.source))
    slowest = [
        f"{bounds.report.layers[first].name}{f' × {count}' if count > 1 else ''} {100 * part:.1f}%"
        for first, count, part in bounds.bottlenecks()
    ]
    rows = {
        "layers": Message(
            "bounds.waiting", part=f"{100 * bounds.waiting:.0f}%", peak=f"{100 * total.share_of_peak:.0f}%"
        ),
        "fused": Message(f"bounds.fused_by.{bounds.fused.limited_by or 'compute'}"),
    }
    yield List(
        [
            Term(Message(f"bounds.{name}"), Joined([told_seconds(bound.least), rows[name]], "colon"))
            for name, bound in (("layers", total), ("fused", bounds.fused))
        ],
        Message("bounds.least", batch=f"{settings.batch:,}"),
    )
    if slowest:
        yield Paragraph(Message("bounds.slowest", layers=Joined(slowest)))
    yield from _room(bounds)


def _bandwidth(device: Device) -> str:
    """The bandwidth of the memory; of a machine that was measured, from that of caches on."""
    speeds = sorted({speed for _, speed in device.bandwidths})
    told = [told_rate(speed, "B/s") for speed in (speeds[0], speeds[-1])]
    return told[0] if len(speeds) == 1 else Message("bounds.speeds", memory=told[0], cache=told[1])


def _room(bounds: Bounds) -> Iterator[Paragraph]:
    """Whether weights and activations fit into what the device has."""
    device, memory = bounds.device, bounds.report.totals.memory
    if device.memory is None:
        return
    parts = [("peak", memory.peak, device.memory), ("weights", memory.weights, device.flash)]
    if device.flash is None:
        parts = [("running", memory.running, device.memory)]
    for what, needed, room in parts:
        verdict = "fits" if room is not None and needed <= room else "too_large"
        yield Paragraph(
            Message(
                f"bounds.{verdict}",
                what=Message(f"bounds.{what}"),
                needed=told_bytes(needed).partition(" (")[0],
                room=told_bytes(room or 0).partition(" (")[0],
            )
        )


def devices_document() -> Document:
    """The catalogue of devices."""
    every = [(name, find(name)) for name in names()]
    columns = [
        Column("name"),
        Column("kind"),
        Column("peak", called=Message("bounds.peak_of")),
        Column("bandwidth", True),
    ]
    table = Table(
        columns,
        [
            Row(
                [
                    name,
                    Message(f"device.{device.kind.replace(' ', '_')}"),
                    ", ".join(
                        f"{dtype} {told_rate(most, '').strip()}" for dtype, most in device.peak.items()
                    ),
                    told_rate(device.bandwidths[0][1], "B/s"),
                ]
            )
            for name, device in every
        ],
        Message("bounds.devices"),
    )
    told = {name: {"source": device.source, **device.to_dict()} for name, device in every}
    return Document(
        [
            table,
            Paragraph(Message("bounds.own")),
            List([Term(name, Joined([device.name, device.source], "colon")) for name, device in every]),
        ],
        data=lambda: iter([json_text({"devices": told}, ascii=True)]),
        csv=table,
    )
