"""`cnncalc summary`: every quantity, in the columns that are wanted."""

from typing import Annotated, Any

from typer import Exit, Option

from cnncalc.cli.common import (
    Options,
    SpecOptions,
    TableOptions,
    read_quantity,
    tell_warnings,
    with_option_groups,
)
from cnncalc.quantity import RECORDS

PURPOSE = "Look at networks"
COLUMNS = "shape,size,params,connections,macs,rf"
_LIMITS = [(quantity.limit, quantity.unit == "bytes") for quantity in RECORDS if quantity.limit]

_OWN = {
    "columns": Annotated[
        str | None,
        Option(help="Columns, parted by commas: name, shape, params, macs, ...", metavar="NAMES"),
    ]
} | {
    f"max_{limit.name}": Annotated[
        str | None, Option(help=f"Exit 1 where {limit.help}.", metavar="BYTES" if in_bytes else "COUNT")
    ]
    for limit, in_bytes in _LIMITS
}
SummaryOptions: Any = type("SummaryOptions", (Options,), {"__annotations__": _OWN, **dict.fromkeys(_OWN)})


@with_option_groups(SpecOptions, TableOptions, SummaryOptions)
def run(spec: SpecOptions, output: TableOptions, own: Any) -> None:
    """Every quantity of a network. --columns chooses, and JSON has all. Limits make it a gate.

    cnncalc summary resnet50 --depth 1

    cnncalc summary lenet5 --columns name,shape,params,macs

    cnncalc summary resnet50 --max-params 30M --max-memory 128MiB
    """
    from cnncalc.analysis.limits import exceeded
    from cnncalc.number_text import read_bytes, read_count
    from cnncalc.render.problems import show_faults
    from cnncalc.render.reports.report_tables import SPARE, report_document

    wanted = [name.strip() for name in (own.columns or COLUMNS).split(",") if name.strip()]
    limits = {
        limit.name: read_quantity(
            f"--max-{limit.name}", read_bytes if in_bytes else read_count, getattr(own, f"max_{limit.name}")
        )
        for limit, in_bytes in _LIMITS
    }
    network = spec.network()
    report = spec.report(network=network)
    view, everything = output.view(spec), own.columns is None
    spare = SPARE if everything else {}
    output.show(report_document(report, wanted, view, spare=spare, with_input=True, everything=everything))
    tell_warnings(report, output)
    if spec.replace(spec=None) == SpecOptions():
        # what a spec expects is said of the network as the spec has it
        output.warn(network.check_expectations(report))
    if over := exceeded(report, limits):
        show_faults(over, as_json=output.writer.HOLDS_REMARKS, color=output.color)
        raise Exit(1)
