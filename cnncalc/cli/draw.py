"""`cnncalc draw`: a network as a figure."""

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import LANG, SpecOptions, with_option_groups

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions)
def run(
    spec: SpecOptions,
    part: Annotated[
        str | None, Argument(help="A layer or a block, drawn as a graph of its layers.", metavar="LAYER")
    ] = None,
    output: Annotated[
        str | None,
        Option(
            "--output",
            "-o",
            help="A file: .svg, .pdf, .png, .tex, .tikz or .json; else SVG is printed.",
            metavar="FILE",
        ),
    ] = None,
    view: Annotated[
        str | None,
        Option(help="maps, boxes, strip or unit; chosen by the network unless said.", metavar="VIEW"),
    ] = None,
    field: Annotated[
        str | None, Option(help="Mark what a unit of a layer sees of the maps before.", metavar="LAYER")
    ] = None,
    theme: Annotated[str, Option(help="light or dark.", metavar="THEME")] = "light",
    lang: Annotated[str | None, Option(help=LANG, metavar="LANGUAGE")] = None,
) -> None:
    """A network as a figure. Sizes and names on the layers, to scale.

    cnncalc draw lenet5

    cnncalc draw vgg16 -o vgg16.tex

    cnncalc draw resnet50 conv3_x.bottleneck1 -o unit.svg

    cnncalc draw lenet5 --field POOL2 --theme dark
    """
    from cnncalc.figures import draw, save, write
    from cnncalc.figures.writing import of_file
    from cnncalc.render.output import emit

    spec.refuse("draw", "batch", "dtype", "convention")
    if output is not None:
        of_file(output)  # a wrong ending is told before the network is read
    scene = draw(spec.report(), part, view=view, field=field, theme=theme, lang=lang)
    if output is None:
        emit([write(scene, "svg")])
    else:
        save(scene, output)
