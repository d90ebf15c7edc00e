"""`cnncalc convert`: a network as a spec."""

from typing import Annotated

from typer import Option

from cnncalc.cli.common import SpecOptions, with_option_groups

PURPOSE = "Convert"


@with_option_groups(SpecOptions)
def run(
    spec: SpecOptions,
    output: Annotated[
        str | None, Option("--output", "-o", help="A file for the spec.", metavar="FILE")
    ] = None,
    flat: Annotated[bool, Option("--flat", help="Every layer by itself: no blocks and no repeats.")] = False,
) -> None:
    """A model as a spec to keep and to change. Layers that come again become blocks and repeats.

    cnncalc convert resnet50 -o resnet50-by-layers.yaml

    cnncalc convert vgg16 --flat
    """
    from cnncalc.render.output import emit

    spec.refuse("convert", "batch", "dtype", "convention")
    network = spec.network()
    text = network.spec(input=spec.given_input(), layout=spec.layout, rounding=spec.rounding, fold=not flat)
    emit([text], output)
