"""What the quantity verbs have in common: a table of a network, or the working of one layer."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.cli.common import OutputOptions, SpecOptions, tell_warnings
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.errors import UsageError


def show(
    spec: SpecOptions,
    flags: LayerFlags,
    output: OutputOptions,
    columns: Sequence[str],
    quantities: Sequence[str],
    *,
    with_input: bool = False,
) -> None:
    """Prints the columns of a network, or the quantities of one layer with their working."""
    from cnncalc.render.output import emit, show_table

    if flags.kind is None:
        from cnncalc.render.report_tables import report_table

        report = spec.report()
        table = report_table(report, columns, depth=output.depth, format=output.format, with_input=with_input)
        show_table(table, output.format, output.output, output.color)
        tell_warnings(report, output)
        return
    if spec.spec is not None:
        raise UsageError(f"either a network or one layer by flags, not both: {spec.spec}")
    from cnncalc.cli.one_layer import analyze
    from cnncalc.render.working import working

    report, given = analyze(flags, spec, needs_input=tuple(quantities) != ("params",))
    emit(working(report, quantities, output.format, given), output.output)
    tell_warnings(report, output)
