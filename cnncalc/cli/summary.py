"""`cnncalc summary`: every quantity, in the columns that are wanted."""

from typing import Annotated

from typer import Exit, Option

from cnncalc.cli.common import (
    BytesIn,
    SpecOptions,
    TableOptions,
    read_unit,
    refuse_given,
    tell_warnings,
    with_option_groups,
)
from cnncalc.cli.limits import LimitOptions

PURPOSE = "Look at networks"
COLUMNS = "shape,size,params,connections,macs,rf"


@with_option_groups(SpecOptions, TableOptions, LimitOptions)
def run(
    spec: SpecOptions,
    output: TableOptions,
    limits: LimitOptions,
    columns: Annotated[
        str | None,
        Option(help="Columns, parted by commas: name, shape, params, macs, ...", metavar="NAMES"),
    ] = None,
    bytes_in: BytesIn = None,
) -> None:
    """Every quantity of a network. --columns chooses, and JSON has all. Limits make it a gate.

    cnncalc summary resnet50 --depth 1

    cnncalc summary lenet5 --columns name,shape,params,macs

    cnncalc summary vgg16 --columns shape,memory,weight_bytes --bytes-in MB

    cnncalc summary resnet50 --max-params 30M --max-memory 128MiB
    """
    from cnncalc.analysis.advice import advise
    from cnncalc.analysis.limits import exceeded
    from cnncalc.render.document import Sentences
    from cnncalc.render.problems import show_faults
    from cnncalc.render.reports.advice import advice_sentences
    from cnncalc.render.reports.report_tables import SPARE, report_document

    wanted = [name.strip() for name in (columns or COLUMNS).split(",") if name.strip()]
    most = limits.most()
    unit = read_unit(bytes_in, output)
    if (letters := spec.lettered()) is not None:
        refuse_given("formulas in letters", {"--bytes-in": unit})
        limits.refuse("formulas in letters")
        output.refuse("a table of formulas, which is never folded", "every")
        output.show(
            report_document(
                letters, wanted, output.view(spec), spare=SPARE if columns is None else {}, with_input=True
            )
        )
        return
    network = spec.network()
    report = spec.report(network=network)
    view, everything = output.view(spec)._replace(bytes_in=unit), columns is None
    spare = SPARE if everything else {}
    advice = advise(report) if everything else []
    document = report_document(
        report,
        wanted,
        view,
        spare=spare,
        with_input=True,
        everything=everything,
        captions=[Sentences(advice_sentences(report, advice))] if advice else [],
        extra={"advice": [each.to_dict() for each in advice]} if everything else None,
    )
    output.show(document)
    tell_warnings(report, output)
    if spec.replace(spec=None) == SpecOptions():
        # what a spec expects is said of the network as the spec has it
        output.warn(network.check_expectations(report))
    if over := exceeded(report, most):
        show_faults(over, as_json=output.writer.HOLDS_REMARKS, color=output.color, language=output.language)
        raise Exit(1)
