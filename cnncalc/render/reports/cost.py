"""What a network costs: its operations layer by layer, shares as bars, and the sums in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnncalc.analysis.memory import DTYPES, Fit, Memory
from cnncalc.analysis.report import Report
from cnncalc.languages import of_tables, spoken
from cnncalc.number_text import told_bytes
from cnncalc.render.explained.explanation import columns
from cnncalc.render.explained.wrapping import chained
from cnncalc.render.reports.report_tables import ReportColumn, column, layer_json, report_table
from cnncalc.render.tables.plain_table import width
from cnncalc.render.tables.table import Column, Table, cell, share


def cost_table(report: Report, *, depth: int | None, format: str, fits: Fit | None = None) -> Table:
    """MACs, FLOPs and space of each layer or group, with its shares of the whole."""
    totals, batch = report.totals, report.settings.batch
    time = ReportColumn(
        Column("Time", True),
        lambda row: share(row.macs * batch, totals.macs),
        lambda t: share(t.macs, t.macs),
    )
    part = ReportColumn(
        Column("Of space", True, spare=1),
        lambda row: share(row.params + row.held * batch, totals.space),
        lambda t: share(t.space, t.space),
    )
    flops = column("flops", spare=2)
    table = report_table(
        report,
        ("macs", "space") if report.letters else ("macs", flops, time, "space", part),
        depth=depth,
        format=format,
        caption="" if format == "csv" else "\n".join(told_cost(report, fits, wrap=format == "table")),
        extra={} if fits is None else {"fit": fits._asdict()},
    )
    # sums of formulas are too long for a column
    return replace(table, total=None) if report.letters else table


def told_cost(report: Report, fits: Fit | None, *, wrap: bool = False) -> Iterator[str]:
    """The sums in words, a line each; `wrap` lays long formulas out in several."""
    totals, settings = report.totals, report.settings
    say = of_tables().say
    if report.letters:
        for head, total in (
            (say("cost.time_of", sum=time_formula(report)), totals.macs),
            (say("cost.flops_of"), totals.flops),
            (say("cost.space_of"), totals.space),
        ):
            if wrap:
                yield head
                yield from chained("", [cell(total)], columns(), " ")
            else:
                yield f"{head} = {cell(total)}"
        return
    yield say("cost.time", sum=time_formula(report), macs=cell(totals.macs), flops=cell(totals.flops))
    yield say("cost.space", sum=f"{totals.params:,} + {totals.activations:,} = {totals.space:,}")
    yield say("cost.weight_layers", count=totals.weight_layers)
    if settings.batch > 1:
        yield say("cost.batch", batch=f"{settings.batch:,}")
    yield from told_memory(report)
    if fits is not None:
        yield from told_fit(fits, totals.memory.optimizer)


def time_formula(report: Report) -> str:
    """The sum that courses write, in the input's dimensions; M is the size of a map that comes out.

    >>> import cnncalc
    >>> time_formula(cnncalc.load("conv3-8", input="100x4").analyze())
    'sum of M * F * C_in * C_out'
    """
    rank = max(len(source.shape) - 1 for source in report.graph.inputs)
    power = "" if rank == 1 else f"^{rank}"
    terms = f"M{power} * F{power} * C_in * C_out" if rank else "N_in * N_out"
    return of_tables().say("cost.sum", terms=terms)


def told_memory(report: Report) -> Iterator[str]:
    """The bytes of the weights, a forward pass, its peak and training."""
    memory, settings, each = report.totals.memory, report.settings, DTYPES[report.settings.dtype]
    words, values = of_tables(), memory.forward // each
    held = [
        f"{report.graph.name(number)} {size * settings.batch:,}" for number, size in report.peak.alive if size
    ]
    batch = words.say("cost.forward_of", batch=f"{settings.batch:,}")
    kept = [words.say("cost.weights"), words.say("cost.gradients"), *_state(memory), batch]
    rows = {
        "weights": (memory.weights, ""),
        "forward": (memory.forward, words.say("cost.kept", values=f"{values:,}")),
        "peak": (memory.peak, words.some(held) if len(held) > 4 else words.all(held)),
        "training": (memory.training, words.say("list.comma").join(kept)),
    }
    names = {name: words.say(f"cost.{name}") for name in rows}
    room = max(width(name) for name in names.values())
    yield words.say("cost.memory", dtype=settings.dtype, bytes=each)
    for name, (size, told) in rows.items():
        gap = " " * (room - width(names[name]))
        yield f"  {names[name]}{gap}  {told_bytes(size)}{words.say('colon') + told if told else ''}"


def told_fit(fits: Fit, optimizer: str) -> Iterator[str]:
    """The largest batches that fit, or what one sample needs."""
    say = of_tables().say
    yield say("fit.limit", limit=told_bytes(fits.limit))
    for verb, batch, one in (
        (say("fit.training", optimizer=optimizer), fits.training, fits.training_one),
        (say("fit.running"), fits.running, fits.running_one),
    ):
        told = say("fit.batch", batch=f"{batch:,}") if batch else say("fit.nothing", one=told_bytes(one))
        yield f"  {verb}{say('colon')}{told}"


def one_layer_lines(report: Report, format: str) -> Iterator[str]:
    """FLOPs and space of the one layer of a report, after the working of its MACs and parameters."""
    row = report.layers[0]
    mark, bullet = ("`", "- ") if format == "markdown" else ("", "")
    say = spoken().say
    for name, total, letters, numbers in (
        ("flops", row.flops, f"2*{say('word.macs')}", f"2*{row.macs}"),
        (
            "space",
            row.space,
            f"{say('symbol.parameters')} + {say('symbol.activations')}",
            f"{row.params} + {row.space - row.params}",
        ),
    ):
        head = f"{bullet}{say(f'word.{name}')}{say('colon')}{total:,}"
        yield f"{head} = {mark}{letters}{mark} = {mark}{numbers}{mark}\n"


def one_layer_json(report: Report) -> Iterator[str]:
    """One layer's cost as data."""
    fields = ("output_shape", "activation_size", "params", "weights", "biases", "macs", "flops", "work")
    return layer_json(report, fields, space=report.layers[0].space)


def _state(memory: Memory) -> list[str]:
    """What the optimizer keeps."""
    if memory.optimizer == "sgd":
        return []
    key = "cost.momentum" if memory.optimizer == "momentum" else "cost.state"
    return [of_tables().say(key, optimizer=memory.optimizer)]
