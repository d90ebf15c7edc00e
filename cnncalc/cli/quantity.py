"""What the quantity verbs have in common: a table of a network, or the working of one layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from cnncalc.cli.common import OutputOptions, SpecOptions, tell_warnings
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report


def show(
    spec: SpecOptions,
    flags: LayerFlags,
    output: OutputOptions,
    columns: Sequence[str],
    quantities: Sequence[str],
    *,
    with_input: bool = False,
    symbolic: bool = False,
) -> None:
    """Prints the columns of a network, or the quantities of one layer with their working."""
    if flags.kind is None or symbolic:
        from cnncalc.render.output import show_table
        from cnncalc.render.reports.report_tables import report_table

        report = wanted_report(spec, flags, symbolic)
        table = report_table(report, columns, depth=output.depth, format=output.format, with_input=with_input)
        show_table(table, output.format, output.output, output.color)
        if not symbolic:
            tell_warnings(report, output)
        return
    show_layer(spec, flags, output, quantities)


def wanted_report(spec: SpecOptions, flags: LayerFlags, symbolic: bool, optimizer: str = "sgd") -> Report:
    """The report of a network, or of one layer by flags; with letters for the input's size where wanted."""
    if flags.kind is None:
        report = spec.report(optimizer)
    else:
        from cnncalc.cli.one_layer import analyze

        report, _ = analyze(flags, spec, needs_input=False)
    if not symbolic:
        return report
    from cnncalc.analysis.symbolic_report import in_letters

    return in_letters(report)


def show_layer(
    spec: SpecOptions,
    flags: LayerFlags,
    output: OutputOptions,
    quantities: Sequence[str],
    more: Callable[[Report, str], Iterator[str]] | None = None,
    data: Callable[[Report], Iterator[str]] | None = None,
) -> None:
    """Prints the working of the layer that the flags say, then what `more` adds; `data` is its own JSON."""
    from cnncalc.render.output import emit

    if spec.spec is not None:
        raise UsageError(f"either a network or one layer by flags, not both: {spec.spec}")
    if spec.set:
        raise UsageError("--set gives a spec's variable a value, and one layer by flags has none")
    from cnncalc.cli.one_layer import analyze
    from cnncalc.render.explained.working import working
    from cnncalc.render.reports.report_tables import told_convention

    report, given = analyze(flags, spec, needs_input=tuple(quantities) != ("params",))
    if data is not None and output.format == "json":
        pieces = data(report)
    else:
        pieces = working(report, quantities, output.format, given)
    in_words = output.format in ("table", "markdown")
    added = more(report, output.format) if more and in_words else ()
    # what a layer does depends on its input; what it keeps need not
    known = given or (report.convention is not None and report.convention.of_weights)
    counted = f"{told}\n" if in_words and known and (told := told_convention(report)) else ""
    emit(chain(pieces, added, [counted]), output.output)
    if given:
        tell_warnings(report, output)
