"""`cnncalc size`: the bare size formula."""

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import SpokenOptions, with_option_groups

PURPOSE = "Work out by hand"


@with_option_groups(SpokenOptions)
def run(
    spoken: SpokenOptions,
    size: Annotated[str, Argument(help="The input size, N; or NxN, an axis after the other.", metavar="N")],
    kernel: Annotated[
        str, Option("--kernel", "-f", help="Kernel size; 1 unless said, which pads alone.", metavar="F")
    ] = "1",
    stride: Annotated[int, Option("--stride", "-s", help="Stride.", metavar="S", min=1)] = 1,
    padding: Annotated[
        str, Option("--padding", "-p", help="Padding on each side; or same, valid, full.", metavar="P")
    ] = "0",
    dilation: Annotated[int, Option("--dilation", "-d", help="Dilation.", metavar="D", min=1)] = 1,
    rounding: Annotated[str, Option(help="floor, ceil or exact.", metavar="RULE")] = "floor",
    transposed: Annotated[bool, Option("--transposed", help="A transposed convolution.")] = False,
    output_padding: Annotated[
        int, Option(help="Of a transposed one: positions added.", metavar="N", min=0)
    ] = 0,
    coverage: Annotated[
        bool, Option("--coverage", help="How often each position is read; transposed, made.")
    ] = False,
) -> None:
    """The size formula of one axis. What comes out, and what is left unread.

    cnncalc size 7 --kernel 3 --stride 3

    cnncalc size 5x7 --kernel 3

    cnncalc size 5 --kernel 3 --padding same --coverage

    cnncalc size 4 --kernel 3 --stride 2 --transposed --coverage
    """
    from cnncalc.cli.one_layer import along_axes
    from cnncalc.errors import UsageError
    from cnncalc.render.reports.size_result import size_document
    from cnncalc.solve import read
    from cnncalc.solve import size as size_of

    if kernel == "1" and padding == "0":
        raise UsageError("which kernel?", "such as cnncalc size 7 --kernel 3 --stride 3")
    found = [
        size_of(
            along,
            side,
            stride,
            read("padding", padding),
            dilation,
            read("rounding", rounding),
            transposed=transposed,
            output_padding=output_padding,
        )
        for along, side in along_axes(size, kernel)
    ]
    spoken.show(size_document(*found, coverage=coverage), explains=True)
