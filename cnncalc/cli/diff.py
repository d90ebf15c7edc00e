"""`cnncalc diff`: what differs between two networks."""

from typing import Annotated

from typer import Argument, Exit, Option

from cnncalc.cli.common import SpecOptions, TableOptions, with_option_groups

PURPOSE = "Look at networks"


@with_option_groups(TableOptions)
def run(
    output: TableOptions,
    first: Annotated[str, Argument(help="A file (a spec or a model) or a built-in name.", metavar="A")],
    second: Annotated[str, Argument(help="Another.", metavar="B")],
    input: Annotated[str | None, Option(help="An input for both: HxWxC.", metavar="SHAPE")] = None,
) -> None:
    """What differs between two networks, and its costs. Names alone are no difference; any other exits 1.

    cnncalc diff resnet18 resnet34 --depth 1

    cnncalc diff vgg11 vgg13
    """
    from cnncalc.analysis.difference import Difference
    from cnncalc.render.reports.difference import difference_document

    found = Difference(*(SpecOptions(spec=spec, input=input).report() for spec in (first, second)))
    output.show(difference_document((first, second), found, output.depth, every=output.every))
    if not found.is_none:
        raise Exit(1)
