"""The energy of a network, layer by layer."""

from collections.abc import Callable
from typing import Any

from cnncalc.analysis.energy import OF_A_BYTE, Energies, Energy
from cnncalc.languages import Message
from cnncalc.number_text import told_joules
from cnncalc.render.document import Column, Document, Paragraph, Share, Shown
from cnncalc.render.reports.report_tables import ReportColumn, View, report_document


def energy_document(energies: Energies, view: View) -> Document:
    """The energy of the operations and of the traffic of each layer or group, and its part of the whole."""
    report = energies.report
    whole = energies.of(range(len(report.facts)))
    longest = max((energies.of(row.span).total for row in report.rows(view.depth)), default=0.0)

    def column(heading: Column, of: Callable[[Energy], Any]) -> ReportColumn:
        return ReportColumn(heading, lambda row: of(energies.of(row.span)), lambda _: of(whole))

    def share(energy: Energy) -> Share:
        return Share(energy.total / (whole.total or 1), longest / (whole.total or 1) or 1.0)

    columns = [
        column(Column("operations_energy", True), lambda energy: _told(energy.operations)),
        column(Column("traffic_energy", True), lambda energy: _told(energy.traffic)),
        column(Column("energy", True), lambda energy: _told(energy.total)),
        column(Column("energy_share", True, 1), share),
    ]
    said = Message(
        "energy.told",
        total=told_joules(whole.total),
        part=f"{100 * whole.traffic / (whole.total or 1):.0f}%",
        mac=f"{energies.of_a_mac:.3g}",
        dtype=report.settings.dtype,
        byte=f"{OF_A_BYTE:g}",
        batch=f"{report.settings.batch:,}",
    )
    return report_document(
        report, columns, view, captions=[Paragraph(said)], extra={"energy": energies.to_dict()}
    )


def _told(picojoules: float) -> Shown:
    return Shown(told_joules(picojoules), picojoules)
