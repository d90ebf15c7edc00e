"""The working of the least time that a device allows, and of the energy: from a layer's FLOPs and bytes."""

from collections.abc import Iterator

from cnncalc.analysis.bounds import Bound, Bounds, amounts
from cnncalc.analysis.energy import OF_A_BYTE, Energies, Energy
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import LayerReport
from cnncalc.explain.data import Equation, Reason, Working
from cnncalc.explain.layer import Named
from cnncalc.explain.subject import Subject, with_definitions
from cnncalc.expr import symbol
from cnncalc.formula import tidy
from cnncalc.number_text import told_joules, told_rate, told_seconds

_READ = ("macs", "values_read", "values_written", "weights_read")


def of_layer(
    report: Report, row: LayerReport, bounds: Bounds | None, energies: Energies | None
) -> Iterator[Working]:
    """The workings of a layer: the operations and the bytes in letters, and what they take at least."""
    it = Subject(report, row)
    batch = symbol("B", report.settings.batch) if report.settings.batch > 1 else 1
    trees = amounts(Named(it, _READ), batch, report.bytes_each)
    equations = with_definitions(
        [Equation(name, tidy(tree)) for name, tree in zip(("flops", "moved"), trees, strict=True) if tree]
    )
    if bounds is not None:
        yield _least_time(bounds, "least_time", bounds.of_layer(row.index), equations)
        equations = []
    if energies is not None:
        yield _energy(energies, energies.of([row.index]), equations)


def of_network(bounds: Bounds | None, energies: Energies | None) -> Iterator[Working]:
    """The workings of a network: the layers' times added up, and the bound of any way to run the network."""
    if bounds is not None:
        least = told_seconds(bounds.total.least)
        reason = Reason("totals.least_time", (), {"count": len(bounds.report.layers), "least": least})
        yield Working("least_time", least, (), [reason], ("totals",))
        fused = _least_time(bounds, "fused_time", bounds.fused)
        yield Working(fused.quantity, fused.value, (), [*fused.reasons, Reason("totals.fused_time")])
    if energies is not None:
        yield _energy(energies, energies.of(range(len(energies.report.facts))))


def _least_time(
    bounds: Bounds, quantity: str, bound: Bound, equations: list[Equation] | None = None
) -> Working:
    values = {
        "device": bounds.device.name,
        "flops": bound.operations,
        "moved": bound.moved,
        "peak": told_rate(bounds.peak, "FLOP/s"),
        "bandwidth": told_rate(bounds.device.bandwidth(bound.moved), "B/s"),
        "compute": told_seconds(bound.compute),
        "memory": told_seconds(bound.memory),
        "least": told_seconds(bound.least),
        "seconds": bound.least,
    }
    reason = Reason(f"least_time.{bound.limited_by or 'none'}", (), values)
    return Working(quantity, values["least"], equations or (), [reason])


def _energy(energies: Energies, energy: Energy, equations: list[Equation] | None = None) -> Working:
    values = {
        "macs": round(energy.operations / energies.of_a_mac),
        "moved": round(energy.traffic / OF_A_BYTE),
        "mac": f"{energies.of_a_mac:.3g}",
        "byte": f"{OF_A_BYTE:g}",
        "operations": told_joules(energy.operations),
        "traffic": told_joules(energy.traffic),
        "energy": told_joules(energy.total),
        "picojoules": energy.total,
    }
    return Working("energy", values["energy"], equations or (), [Reason("energy", (), values)])
