"""`cnncalc convolve`: small matrices by hand."""

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import FORMAT, LANG, OutputOptions
from cnncalc.render.writers import SPOKEN

PURPOSE = "Work out by hand"
TAKES_NUMBERS = True


def run(
    image: Annotated[
        str,
        Argument(
            help='"1 0 1; 0 1 0" or [[1,0,1],[0,1,0]]; channels as "1 0; 0 1 | 2 0; 0 2", a file, an image.',
            metavar="IMAGE",
        ),
    ],
    kernel: Annotated[
        list[str] | None,
        Argument(help="The same, a kernel's name such as sobel, or, to pool, a size.", metavar="KERNEL..."),
    ] = None,
    stride: Annotated[str | None, Option(help="How far the window moves.", metavar="N")] = None,
    padding: Annotated[str, Option(help="A number, same, valid (narrow) or full (wide).", metavar="P")] = "0",
    dilation: Annotated[str, Option(help="How far apart the taps of the kernel lie.", metavar="N")] = "1",
    true_convolution: Annotated[
        bool, Option("--true-convolution", help="Flip the kernel first, as mathematics does.")
    ] = False,
    pool: Annotated[str | None, Option(help="Pool instead: max or avg.", metavar="HOW")] = None,
    bias: Annotated[float, Option(help="Added to every sum.", metavar="B")] = 0.0,
    activation: Annotated[str | None, Option(help="Applied to the output.", metavar="NAME")] = None,
    gradient: Annotated[
        str | None, Option(help="dL/dY, a matrix or one number: dL/dX, dL/dW and dL/db.", metavar="G")
    ] = None,
    transposed: Annotated[
        bool, Option("--transposed", help="The transposed convolution: each value stamps the kernel.")
    ] = False,
    output_padding: Annotated[
        int, Option(help="Of a transposed one: positions added.", metavar="N", min=0)
    ] = 0,
    matrix: Annotated[
        bool, Option("--matrix", help="The matrix of the convolution, by which the image is multiplied.")
    ] = False,
    im2col: Annotated[
        bool, Option("--im2col", help="The matrix of the image's windows, row by row.")
    ] = False,
    steps: Annotated[bool, Option("--steps", help="Write out each product, of the gradients too.")] = False,
    animate: Annotated[
        bool, Option("--animate", help="A moving picture of the window: -o x.svg, or a page, x.html.")
    ] = False,
    format: Annotated[str, Option(help=FORMAT, metavar="FORMAT")] = SPOKEN,
    lang: Annotated[str | None, Option(help=LANG, metavar="LANGUAGE")] = None,
    output: Annotated[
        str | None,
        Option("--output", "-o", help="A file: text, .npy, .npz, .png, .svg, .html.", metavar="FILE"),
    ] = None,
) -> None:
    """A matrix convolved or pooled by hand. Signals and images too; --steps writes the products out.

    cnncalc convolve "1 1 1; 0 1 1; 0 0 1" "1 0; 0 1" --steps

    cnncalc convolve "4 8 0 4" "1 1/2 1/4" --true-convolution --padding full

    cnncalc convolve "1 3 2 1; 2 4 0 1" 2 --pool max

    cnncalc convolve "0 1; 2 3" "0 1; 2 3" --transposed --stride 2 --steps

    cnncalc convolve "5 1 3; 1 1 2; 2 1 3" "4 3; 1 2" --matrix

    cnncalc convolve "1 2; 3 4" "1 0; 0 1" --animate -o walk.svg
    """
    from cnncalc.errors import UsageError
    from cnncalc.execute.session import by_hand, write_maps
    from cnncalc.languages import Message
    from cnncalc.render.reports.matrices import worked_document

    if not kernel:
        such = "2 --pool max" if pool else '"1 0; 0 1"'
        raise UsageError(
            f"which {'window' if pool else 'kernel'}? it stands behind the image",
            f'such as cnncalc convolve "1 3 2; 2 4 0; 1 0 1" {such}',
        )
    options = {"stride": stride, "padding": padding, "dilation": dilation, "bias": bias}
    options |= {"true_convolution": true_convolution, "activation": activation}
    if output_padding and not transposed:
        raise UsageError("--output-padding says nothing without --transposed", "leave it out")
    if (matrix and im2col) or (transposed and im2col):
        raise UsageError("--im2col stands alone", "without --matrix and --transposed")
    if animate and not (output or "").endswith((".svg", ".html")):
        raise UsageError("--animate draws into a file", "-o x.svg, or -o x.html for a page with buttons")
    if animate and (gradient or matrix or im2col or steps or format != SPOKEN):
        raise UsageError(
            "--animate goes without --gradient, --matrix, --im2col, --steps and --format", "leave them out"
        )
    work = by_hand(
        image,
        kernel,
        pool,
        gradient,
        options,
        steps=steps or animate,
        matrix="convolution" if matrix else "windows" if im2col else "",
        output_padding=output_padding if transposed else None,
    )
    if pool is None and len(kernel) == 1 and kernel[0].strip().isdecimal() and int(kernel[0]) > 1:
        doubt = Message("warning.one_number", number=kernel[0].strip())
        OutputOptions(format=format, lang=lang).warn([doubt])
    if animate:
        from cnncalc.page.walk_files import walk_html, walk_svg
        from cnncalc.render.output import emit

        write = walk_svg if str(output).endswith(".svg") else walk_html
        emit([write(work, OutputOptions(format=format, lang=lang).language)], output)
    elif output is not None and output.endswith((".npy", ".npz", ".png")):
        write_maps(output, work)
    else:
        OutputOptions(format=format, output=output, lang=lang).show(worked_document(work, steps=steps))
