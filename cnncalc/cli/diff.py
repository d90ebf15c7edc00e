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
    layout: Annotated[
        str | None,
        Option(
            help="How shapes of both are written: hwc or chw; else as the first has them.", metavar="LAYOUT"
        ),
    ] = None,
    opaque: Annotated[
        bool, Option("--opaque", help="Of models: what no kind says is a layer that counts nothing.")
    ] = False,
) -> None:
    """What differs between two networks, and its costs. Names alone are no difference; any other exits 1.

    cnncalc diff resnet18 resnet34 --depth 1

    cnncalc diff vgg11 vgg13
    """
    from cnncalc.analysis.difference import Difference
    from cnncalc.errors import UsageError
    from cnncalc.render.reports.difference import difference_document

    of_models = [opaque and _is_model(spec) for spec in (first, second)]
    if opaque and not any(of_models):
        raise UsageError("--opaque says nothing to specs: it is for the models of frameworks", "leave it out")
    sides = zip((first, second), of_models, strict=True)
    found = Difference(
        *(SpecOptions(spec=spec, input=input, layout=layout, opaque=each).report() for spec, each in sides)
    )
    output.show(difference_document((first, second), found, output.depth, every=output.every))
    if not found.is_none:
        raise Exit(1)


def _is_model(spec: str) -> bool:
    """Whether a framework made what a spec names: a file's contents say so, or a program is named."""
    from cnncalc.interop.contents import weights_format

    return weights_format(spec, of_models=True) is not None or ":" in spec
