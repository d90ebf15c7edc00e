"""`cnncalc summary`: every quantity, in the columns that are wanted."""

from __future__ import annotations

from typing import Annotated

from typer import Exit, Option

from cnncalc.cli.common import OutputOptions, SpecOptions, read_quantity, takes, tell_warnings

COLUMNS = "shape,size,params,connections,macs,rf"


@takes(SpecOptions, OutputOptions)
def run(
    spec: SpecOptions,
    output: OutputOptions,
    columns: Annotated[
        str | None, Option(help="Columns, parted by commas: name, shape, params, macs, ...", metavar="NAMES")
    ] = None,
    max_params: Annotated[
        str | None, Option(help="Exit 1 where there are more parameters, such as 5M.", metavar="COUNT")
    ] = None,
    max_macs: Annotated[
        str | None,
        Option(help="Exit 1 where there are more multiply-accumulates, such as 300M.", metavar="COUNT"),
    ] = None,
    max_memory: Annotated[
        str | None,
        Option(help="Exit 1 where weights and peak take more, such as 64MiB.", metavar="BYTES"),
    ] = None,
) -> None:
    """Every quantity of a network. --columns chooses, and JSON has all. Limits make it a gate.

    cnncalc summary resnet50 --depth 1

    cnncalc summary lenet5 --columns name,shape,params,macs

    cnncalc summary resnet50 --max-params 30M --max-memory 128MiB
    """
    from cnncalc.analysis.limits import passed
    from cnncalc.number_text import read_bytes, read_count
    from cnncalc.render.output import show_table
    from cnncalc.render.problems import show_faults
    from cnncalc.render.reports.report_tables import report_table

    wanted = [name.strip() for name in (columns or COLUMNS).split(",") if name.strip()]
    limits = (
        read_quantity("--max-params", read_count, max_params),
        read_quantity("--max-macs", read_count, max_macs),
        read_quantity("--max-memory", read_bytes, max_memory),
    )
    report = spec.report()
    table = report_table(
        report, wanted, depth=output.depth, format=output.format, with_input=True, everything=columns is None
    )
    show_table(table, output.format, output.output, output.color)
    tell_warnings(report, output)
    if over := passed(report, *limits):
        show_faults(over, as_json=output.format == "json", color=output.color)
        raise Exit(1)
