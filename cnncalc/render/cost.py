"""What a network costs: its operations layer by layer, shares as bars, and the sums in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cnncalc.analysis.memory import DTYPES, Fit, Memory
from cnncalc.analysis.report import Report
from cnncalc.quantities import told_bytes
from cnncalc.render.report_tables import QUANTITIES, Quantity, layer_json, report_table
from cnncalc.render.table import Column, Table, cell, share


def cost_table(report: Report, *, depth: int | None, format: str, fits: Fit | None = None) -> Table:
    """MACs, FLOPs and space of each layer or group, with its shares of the whole."""
    totals, batch = report.totals, report.settings.batch
    time = Quantity(
        Column("Time", True),
        lambda row: share(row.macs * batch, totals.macs),
        lambda t: share(t.macs, t.macs),
    )
    space = Quantity(
        Column("Space", True),
        lambda row: row.space,
        lambda t: t.space,
        ("params", "activation_size", "in_place"),
    )
    part = Quantity(
        Column("Of space", True, spare=1),
        lambda row: share(row.params + (row.space - row.params) * batch, totals.space),
        lambda t: share(t.space, t.space),
    )
    flops = replace(QUANTITIES["flops"], column=Column("FLOPs", True, spare=2))
    table = report_table(
        report,
        ("macs", space) if report.letters else ("macs", flops, time, space, part),
        depth=depth,
        format=format,
        caption="" if format == "csv" else "\n".join(told_cost(report, fits)),
        extra={} if fits is None else {"fit": fits._asdict()},
    )
    # sums of formulas are too long for a column
    return replace(table, total=None) if report.letters else table


def told_cost(report: Report, fits: Fit | None) -> Iterator[str]:
    """The sums in words, a line each."""
    totals, settings = report.totals, report.settings
    memory = totals.memory
    yield (
        f"time complexity: {time_formula(report)} = {cell(totals.macs)} multiply-accumulates,"
        f" {cell(totals.flops)} FLOPs"
    )
    if report.letters:
        yield f"space complexity: parameters + activations = {cell(totals.space)} values"
        return
    yield (
        f"space complexity: parameters + activations = {totals.params:,} + {totals.activations:,}"
        f" = {totals.space:,} values"
    )
    yield f"weight layers: {totals.weight_layers} on the longest path"
    if settings.batch > 1:
        yield f"rows are of one sample, totals of a batch of {settings.batch:,}"
    yield from told_memory(report)
    if fits is not None:
        yield from told_fit(fits, memory.optimizer)


def time_formula(report: Report) -> str:
    """The sum that courses write, in the input's dimensions; M is the size of a map that comes out.

    >>> import cnncalc
    >>> time_formula(cnncalc.load("conv3-8", input="100x4").analyze())
    'sum of M * F * C_in * C_out'
    """
    rank = max(len(source.shape) - 1 for source in report.graph.inputs)
    if rank == 0:
        return "sum of N_in * N_out"
    power = "" if rank == 1 else f"^{rank}"
    return f"sum of M{power} * F{power} * C_in * C_out"


def told_memory(report: Report) -> Iterator[str]:
    """The bytes of the weights, a forward pass, its peak and training."""
    memory, settings, each = report.totals.memory, report.settings, DTYPES[report.settings.dtype]
    values = memory.forward // each
    held = [
        f"{report.graph.name(number)} {size * settings.batch:,}" for number, size in report.peak.alive if size
    ]
    yield f"memory in {settings.dtype}, {each} bytes a value (KiB, MiB = 1024, kB, MB = 1000):"
    yield f"  weights       {told_bytes(memory.weights)}"
    yield f"  forward pass  {told_bytes(memory.forward)}: input and activations, {values:,} values"
    yield f"  peak          {told_bytes(memory.peak)}: {_joined(held)}"
    yield (
        f"  training      {told_bytes(memory.training)}: weights, gradients,"
        f" {_state(memory)}forward pass of a batch of {settings.batch:,}"
    )


def told_fit(fits: Fit, optimizer: str) -> Iterator[str]:
    """The largest batches that fit, or what one sample needs."""
    yield f"in {told_bytes(fits.limit)}:"
    for verb, batch, one in (
        (f"training with {optimizer}", fits.training, fits.training_one),
        ("running, weights and peak", fits.running, fits.running_one),
    ):
        told = f"a batch of {batch:,}" if batch else f"nothing; one sample needs {told_bytes(one)}"
        yield f"  {verb}: {told}"


def one_layer_lines(report: Report, format: str) -> Iterator[str]:
    """FLOPs and space of the one layer of a report, after the working of its MACs and parameters."""
    row = report.layers[0]
    mark, bullet = ("`", "- ") if format == "markdown" else ("", "")
    yield f"{bullet}FLOPs: {row.flops:,} = {mark}2*MACs{mark} = {mark}2*{row.macs}{mark}\n"
    yield (
        f"{bullet}space: {row.space:,} = {mark}parameters + activations{mark}"
        f" = {mark}{row.params} + {row.space - row.params}{mark}\n"
    )


def one_layer_json(report: Report) -> Iterator[str]:
    """One layer's cost as data."""
    fields = ("output_shape", "activation_size", "params", "weights", "biases", "macs", "flops", "work")
    return layer_json(report, fields, space=report.layers[0].space)


def _state(memory: Memory) -> str:
    return {"sgd": "", "momentum": "momentum, "}.get(memory.optimizer, f"{memory.optimizer}'s state, ")


def _joined(names: Sequence[str]) -> str:
    shown = [*names[:3], f"{len(names) - 3} more"] if len(names) > 4 else list(names)
    return ", ".join(shown[:-1]) + f" and {shown[-1]}" if len(shown) > 1 else "".join(shown)
