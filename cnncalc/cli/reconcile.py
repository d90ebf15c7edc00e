"""`cnncalc reconcile`: why two tools' counts differ."""

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import OutputOptions, SpecOptions, with_option_groups

PURPOSE = "Prove"


@with_option_groups(OutputOptions)
def run(
    output: OutputOptions,
    spec: Annotated[
        str, Argument(help="A file, a built-in name, -, or compact text with --input.", metavar="SPEC")
    ],
    first: Annotated[
        str, Argument(help="A convention: textbook, torchinfo, thop, ptflops, ...", metavar="A")
    ],
    second: Annotated[str, Argument(help="Another.", metavar="B")],
    input: Annotated[str | None, Option(help="Another input: HxWxC.", metavar="SHAPE")] = None,
    batch: Annotated[int, Option(help="Samples in a batch.", metavar="N", min=1)] = 1,
) -> None:
    """Why two tools' counts differ. The gap by layer kind and reason, to zero, each with its sentence.

    cnncalc reconcile resnet50 thop ptflops

    cnncalc reconcile mobilenet-v2 textbook keras
    """
    from cnncalc.analysis.conventions.reconcile import reconcile
    from cnncalc.render.reports.reconciliation import reconciliation_document

    report = SpecOptions(spec=spec, input=input, batch=batch).report()
    output.show(reconciliation_document(reconcile(report, first, second)), explains=True)
