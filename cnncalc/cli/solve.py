"""`cnncalc solve`: the size formula backwards."""

from typing import Annotated

from typer import Argument, Exit, Option

from cnncalc.cli.common import FORMAT, LANG, OutputOptions, SpecOptions, refuse_given
from cnncalc.errors import UsageError
from cnncalc.render.writers import TABLE

PURPOSE = "Work out by hand"


def run(
    spec: Annotated[str | None, Argument(help="A network, for --output-of.", metavar="SPEC")] = None,
    input: Annotated[str | None, Option("--input", "-n", help="Input size.", metavar="N")] = None,
    kernel: Annotated[int | None, Option("--kernel", "-f", help="Kernel size.", metavar="F", min=1)] = None,
    stride: Annotated[int | None, Option("--stride", "-s", help="Stride.", metavar="S", min=1)] = None,
    padding: Annotated[
        int | None, Option("--padding", "-p", help="Padding on each side.", metavar="P", min=0)
    ] = None,
    dilation: Annotated[
        str, Option("--dilation", "-d", help="Dilation; or any, to look for it too.", metavar="D")
    ] = "1",
    output: Annotated[int | None, Option("--output", help="Output size.", metavar="M", min=1)] = None,
    same: Annotated[bool, Option("--same", help="The output is as large as the input.")] = False,
    halves: Annotated[bool, Option("--halves", help="The output is half the input.")] = False,
    transposed: Annotated[bool, Option("--transposed", help="A transposed convolution.")] = False,
    output_padding: Annotated[
        int | None, Option(help="Of a transposed one: positions added.", metavar="N", min=0)
    ] = None,
    doubles: Annotated[bool, Option("--doubles", help="Of a transposed one: twice the input.")] = False,
    rounding: Annotated[str, Option(help="floor, ceil or exact.", metavar="RULE")] = "floor",
    output_of: Annotated[
        tuple[str, str] | None,
        Option(help="The input that makes a layer of SPEC put out a size.", metavar="LAYER SIZE"),
    ] = None,
    every: Annotated[bool, Option("--all", help="All answers, however many.")] = False,
    format: Annotated[str, Option(help=FORMAT, metavar="FORMAT")] = TABLE,
    file: Annotated[str | None, Option("-o", help="A file for the result.", metavar="FILE")] = None,
    lang: Annotated[str | None, Option(help=LANG, metavar="LANGUAGE")] = None,
) -> None:
    """Backwards: every kernel, stride, padding that fits. Inputs too; the usual first. Exit 1: nothing.

    cnncalc solve --input 227 --kernel 11 --stride 4 --output 55

    cnncalc solve --kernel 5 --same

    cnncalc solve --transposed --input 7 --stride 2 --output 14

    cnncalc solve vgg16 --output-of max_pool5 7x7
    """
    from cnncalc.render.reports.solve_result import answers_document, sizes_document
    from cnncalc.solve import input_sizes, question

    if output_of is not None:
        from cnncalc.built_in import find_spec

        said = {
            "--kernel": kernel, "--stride": stride, "--padding": padding, "--dilation": dilation != "1",
            "--output": output, "--same": same, "--halves": halves, "--transposed": transposed,
            "--output-padding": output_padding, "--doubles": doubles, "--rounding": rounding != "floor",
            "--all": every, "--input": None if spec is None or find_spec(spec) is None else input,
        }  # fmt: skip
        refuse_given(
            "--output-of, which asks of a network",
            {flag: value not in (None, False) for flag, value in said.items()},
        )
        network = SpecOptions(spec=spec, input=input)
        found = input_sizes(network.network().graph(network.given_input()), *output_of)
        document, fits = sizes_document(found), found.usual is not None
    elif spec is not None:
        raise UsageError("what is wanted of the network?", "such as --output-of conv5 7x7")
    else:
        asked = question(
            input=input, kernel=kernel, stride=stride, padding=padding, dilation=dilation, output=output,
            same=same, halves=halves, rounding=rounding, transposed=transposed, doubles=doubles,
            output_padding=output_padding,
        )  # fmt: skip
        document, fits = answers_document(asked, every=every)
    OutputOptions(format=format, output=file, lang=lang).show(document, explains=True)
    if not fits:
        raise Exit(1)
