"""`cnncalc export`: a network in the language of another program."""

from typing import Annotated

from typer import Option

from cnncalc.cli.common import SpecOptions, with_option_groups
from cnncalc.export.formats import names

PURPOSE = "Convert"


@with_option_groups(SpecOptions)
def run(
    spec: SpecOptions,
    to: Annotated[
        str | None,
        Option(help=f"{', '.join(names())}; the ending of FILE says which, too.", metavar="FORMAT"),
    ] = None,
    output: Annotated[
        str | None, Option("--output", "-o", help="A file for the result.", metavar="FILE")
    ] = None,
    weights: Annotated[
        str | None, Option(help="An .npz or .safetensors file. Drawn by a seed unless said.", metavar="FILE")
    ] = None,
    weights_by: Annotated[
        str, Option(help="Weights are found by name, or by the order of the layers.", metavar="name|order")
    ] = "name",
    seed: Annotated[
        int | None, Option(help="The seed by which weights are drawn: 0 unless said.", metavar="N", min=0)
    ] = None,
    depth: Annotated[
        int | None,
        Option(help="In a drawing, groups deeper than this are one box.", metavar="N", min=1, max=10**6),
    ] = None,
    every: Annotated[bool, Option("--all", help="Draw each layer: repeats are not folded.")] = False,
) -> None:
    """A network in the language of another program. A drawing, code, or a model that runs.

    cnncalc export lenet5 --to mermaid

    cnncalc export resnet50 --depth 1 -o resnet50.mmd
    """
    from cnncalc.errors import UsageError
    from cnncalc.export.exporter import Choices, exporter, of_file
    from cnncalc.render.output import emit

    spec.refuse("export", "batch", "dtype", "convention")
    if to is None:
        if output is None:
            raise UsageError("export to what?", f"--to {', '.join(names())}")
        to = of_file(output)
    made = exporter(spec.report(), to, Choices(weights, weights_by, seed, depth, every))
    if output is not None:
        made.write(output)
    elif made.IS_TEXT:
        emit(made.pieces())
    else:
        raise UsageError(f"{to} is no text, which could be printed", "-o FILE")
