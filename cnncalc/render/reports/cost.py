"""The costs of a network: its operations layer by layer, shares as bars, and the sums in words."""

from collections.abc import Iterator
from dataclasses import replace

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.memory import DTYPES, Fit, Memory
from cnncalc.analysis.report import Report
from cnncalc.languages import Joined, Message, all_of, some_of
from cnncalc.layers.support.base import fields
from cnncalc.layers.support.sliding import Sliding
from cnncalc.number_text import told_bytes
from cnncalc.render import document as doc
from cnncalc.render.reports.report_tables import (
    ReportColumn,
    View,
    column,
    layer_json,
    report_document,
    shares,
)


def cost_document(
    report: Report,
    view: View = View(),  # noqa: B008 - it is immutable
    *,
    fits: Fit | None = None,
) -> doc.Document:
    """MACs, FLOPs and space of each layer or group, with its shares of the whole."""
    columns: tuple[str | ReportColumn, ...] = ("macs", "space")
    if not report.letters:
        flops, time = column("flops", spare=3), shares(report, "macs_share", view.depth, "time", spare=1)
        columns = ("macs", flops, time, "space", shares(report, "space_share", view.depth, spare=2))
    return report_document(
        report,
        columns,
        view,
        # sums of formulas are too long for a column
        with_total=not report.letters,
        captions=list(_sums_in_letters(report) if report.letters else _sums(report, fits)),
        extra={} if fits is None else {"fit": fits._asdict()},
    )


def _sums_in_letters(report: Report) -> Iterator[doc.Block]:
    """The sums as formulas."""
    totals = report.totals
    for head, total in (
        (Message("cost.time_of", sum=time_formula(report)), totals.macs),
        (Message("cost.flops_of"), totals.flops),
        (Message("cost.space_of"), totals.space),
    ):
        yield doc.LongFormula(head, doc.cell(total))


def _sums(report: Report, fits: Fit | None) -> Iterator[doc.Block]:
    """The sums in words."""
    totals, settings = report.totals, report.settings
    sums = [
        Message(
            "cost.time", sum=time_formula(report), macs=doc.cell(totals.macs), flops=doc.cell(totals.flops)
        ),
        Message("cost.space", sum=f"{totals.params:,} + {totals.activations:,} = {totals.space:,}"),
        Message("cost.weight_layers", count=totals.weight_layers),
        *([Message("cost.batch", batch=f"{settings.batch:,}")] if settings.batch > 1 else []),
    ]
    yield from map(doc.Paragraph, sums)
    yield _memory(report)
    if fits is not None:
        yield _fit(fits, totals.memory.optimizer)


def time_formula(report: Report) -> str:
    """The sum that courses write, in the input's dimensions; M is the size of a map that comes out.

    >>> import cnncalc
    >>> time_formula(cnncalc.load("conv3-8", input="100x4").analyze())
    'sum of M * F * C_in * C_out'
    """
    rank = max(len(source.shape) - 1 for source in report.graph.inputs)
    power = "" if rank == 1 else f"^{rank}"
    terms = f"M{power} * F{power} * C_in * C_out" if rank else "N_in * N_out"
    return Message("cost.sum", terms=terms)


def _memory(report: Report) -> doc.List:
    """The bytes of the weights, a forward pass, its peak and training."""
    memory, settings, each = report.totals.memory, report.settings, DTYPES[report.settings.dtype]
    held = [
        f"{report.graph.name(number)} {size * settings.batch:,}" for number, size in report.peak.alive if size
    ]
    batch = Message("cost.forward_of", batch=f"{settings.batch:,}")
    kept = [Message("cost.weights"), Message("cost.gradients"), *_state(memory), batch]
    rows = {
        "weights": (memory.weights, ""),
        "forward": (memory.forward, Message("cost.kept", values=f"{memory.forward // each:,}")),
        "peak": (memory.peak, some_of(held) if len(held) > 4 else all_of(held)),
        "training": (memory.training, Joined(kept)),
    }
    return doc.List(
        [
            doc.Term(
                Message(f"cost.{name}"),
                Joined([told_bytes(size), said], "colon") if said else told_bytes(size),
            )
            for name, (size, said) in rows.items()
        ],
        Message("cost.memory", dtype=settings.dtype, bytes=each),
    )


def _fit(fits: Fit, optimizer: str) -> doc.List:
    """The largest batches that fit, or what one sample needs."""
    items: list[doc.Line] = []
    for verb, batch, one in (
        (Message("fit.training", optimizer=optimizer), fits.training, fits.training_one),
        (Message("fit.running"), fits.running, fits.running_one),
    ):
        largest = Message("fit.batch", batch=f"{batch:,}")
        items.append(
            Joined([verb, largest if batch else Message("fit.nothing", one=told_bytes(one))], "colon")
        )
    return doc.List(items, Message("fit.limit", limit=told_bytes(fits.limit)))


def one_layer_cost(report: Report) -> Iterator[doc.Line]:
    """FLOPs and space of the one layer of a report, to stand after the working of its MACs and parameters."""
    row = report.rows(1)[0]
    activations = row.space - row.params
    for name, total, letters, numbers in (
        ("flops", row.flops, Joined(["2", Message("word.macs")], "*"), f"2*{row.macs}"),
        (
            "space",
            row.space,
            Joined([Message("symbol.parameters"), Message("symbol.activations")], " + "),
            f"{row.params} + {activations}",
        ),
    ):
        head = Joined([Message(f"word.{name}"), f"{total:,}"], "colon")
        yield (head, " = ", doc.Code(letters), " = ", doc.Code(numbers))
    if row.multiplications or row.additions:
        both = row.multiplications + row.additions
        numbers = f"{row.multiplications:,} + {row.additions:,} = {both:,}"
        yield Joined([Message("cost.operations"), numbers], "colon")
    if (batch := report.settings.batch) > 1:
        for name, each in (("macs", row.macs), ("flops", row.flops)):
            yield Message("cost.together", batch=batch, what=Message(f"word.{name}"), all=f"{batch * each:,}")
    moved = f"{row.values_read:,} + {row.weights_read:,} + {row.values_written:,} = {row.accesses:,}"
    yield Joined([Message("cost.accesses"), moved], "colon")
    if len(report.layers) > 1:
        # a convolution taken apart: a window along the positions, then a sum over the channels
        depthwise, pointwise = (each.node.layer for each in report.layers)
        window = {name: depthwise.options[name] for name in fields(Sliding)}
        standard = replace(pointwise, **window)  # type: ignore[type-var]
        counts = LayerCounts(standard, report.layers[0].facts.inputs)
        values = {"macs": f"{counts.macs:,}", "params": f"{counts.params:,}"}
        yield Message("cost.against_conv", **values, ratio=f"{row.macs / counts.macs:.3g}")


def one_layer_json(report: Report) -> Iterator[str]:
    """One layer's cost as data."""
    fields = ("output_shape", "activation_size", "params", "weights", "biases", "macs", "flops", "work")
    return layer_json(report, fields, space=report.rows(1)[0].space)


def _state(memory: Memory) -> list[str]:
    """The values that the optimizer keeps."""
    if memory.optimizer == "sgd":
        return []
    key = "cost.momentum" if memory.optimizer == "momentum" else "cost.state"
    return [Message(key, optimizer=memory.optimizer)]
