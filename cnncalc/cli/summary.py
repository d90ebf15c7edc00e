"""`cnncalc summary`: every quantity, in the columns that are wanted."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from cnncalc.cli.common import OutputOptions, SpecOptions, takes, tell_warnings

COLUMNS = "shape,size,params,connections,macs,rf"


@takes(SpecOptions, OutputOptions)
def run(
    spec: SpecOptions,
    output: OutputOptions,
    columns: Annotated[
        str | None, Option(help="Columns, parted by commas: name, shape, params, macs, ...", metavar="NAMES")
    ] = None,
) -> None:
    """Every quantity of a network; --columns chooses, and JSON has all.

    cnncalc summary resnet50 --depth 1

    cnncalc summary lenet5 --columns name,shape,params,macs
    """
    from cnncalc.render.output import show_table
    from cnncalc.render.report_tables import report_table

    wanted = [name.strip() for name in (columns or COLUMNS).split(",") if name.strip()]
    report = spec.report()
    table = report_table(
        report, wanted, depth=output.depth, format=output.format, with_input=True, everything=columns is None
    )
    show_table(table, output.format, output.output, output.color)
    tell_warnings(report, output)
