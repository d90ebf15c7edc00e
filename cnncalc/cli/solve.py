"""`cnncalc solve`: the size formula backwards."""

from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Exit, Option

from cnncalc.cli.common import FORMAT, LANG, OutputOptions, SpecOptions, refuse_given
from cnncalc.errors import UsageError
from cnncalc.render.writers import TABLE

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.render.document import Document

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
    params: Annotated[
        int | None, Option(help="So many parameters: the filters, units or letter.", metavar="N", min=1)
    ] = None,
    conv: Annotated[str | None, Option(help="With --params: FxFxC.", metavar="SIZE")] = None,
    dense: Annotated[str | None, Option(help="With --params: how many values come in.", metavar="N")] = None,
    filters: Annotated[str | None, Option(help="With --params: filters.", metavar="K")] = None,
    units: Annotated[str | None, Option(help="With --params: units.", metavar="K")] = None,
    no_bias: Annotated[bool, Option("--no-bias", help="With --params: no biases.")] = False,
    field: Annotated[
        int | None, Option(help="The layers of --kernel that see so many pixels.", metavar="N", min=1)
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

    cnncalc solve --conv 5x5x3 --params 456

    cnncalc solve --kernel 3 --field 31
    """
    from cnncalc.render.reports.solve_result import answers_document, sizes_document
    from cnncalc.solve import input_sizes, question

    of_params = {"--conv": conv, "--dense": dense, "--filters": filters, "--units": units}
    if params is None:
        refuse_given("anything but --params", {**of_params, "--no-bias": no_bias})
    if params is not None or field is not None:
        what = "--params" if params is not None else "--field"
        said = {
            "SPEC": spec, "--input": input, "--padding": padding, "--output": output, "--same": same,
            "--halves": halves, "--transposed": transposed, "--output-padding": output_padding,
            "--doubles": doubles, "--rounding": rounding != "floor", "--output-of": output_of, "--all": every,
        }  # fmt: skip
        windows = {"--kernel": kernel, "--stride": stride, "--dilation": dilation != "1", "--field": field}
        said |= windows if params is not None else {}
        refuse_given(what, {flag: value not in (None, False) for flag, value in said.items()})
        if params is not None:
            document, fits = _from_params(params, of_params, no_bias=no_bias)
        else:
            document, fits = _from_field(field or 1, kernel, stride or 1, dilation)
    elif output_of is not None:
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


def _from_params(params: int, said: dict[str, str | None], *, no_bias: bool) -> tuple["Document", bool]:
    """The number of filters or units, or that of a letter, with which there are so many parameters."""
    from cnncalc.cli.one_layer import LayerFlags
    from cnncalc.render.reports.solve_result import number_document
    from cnncalc.solve import whole_number

    given = {flag.strip("-"): value for flag, value in said.items() if value is not None}
    flags = LayerFlags(no_bias=no_bias, **given)
    cls = flags.layer_class
    if cls is None:
        raise UsageError("parameters of which layer?", "such as cnncalc solve --conv 5x5x3 --params 456")
    option = cls.units_option
    if option not in given:
        letters = flags.lettered(None, anywhere=True)[2]
        flags = flags if letters else flags.replace(**{option: "K"})
    changed, _, letters = flags.lettered(None, anywhere=True)
    if len(letters) != 1:
        told = ", ".join(letters.values()) or "none"
        raise UsageError(f"one number is to be found, and the letters are {told}", "such as --filters K")
    ((stand_in, letter),) = letters.items()

    def report(number: int) -> "Report":
        values = {name: _put(value, stand_in, number) for name, value in vars(changed).items()}
        return LayerFlags(**values).network(None).analyze()

    found = whole_number(lambda number: report(number).totals.params, params)
    shown = None if found.number is None else report(found.number)
    return number_document(letter, params, found, shown), found.number is not None


def _put(value: Any, stand_in: int, number: int) -> Any:
    """Sizes such as 5x5x7 with a number in place of a stand-in."""
    if not isinstance(value, str):
        return value
    return "x".join(str(number) if part == str(stand_in) else part for part in value.split("x"))


def _from_field(field: int, kernel: int | None, stride: int, dilation: str) -> tuple["Document", bool]:
    """The number of equal layers that see so many pixels."""
    from cnncalc.render.reports.solve_result import depth_document
    from cnncalc.solve import layers_that_see

    if kernel is None:
        raise UsageError("layers of which kernel?", "such as cnncalc solve --kernel 3 --field 31")
    if not dilation.isdecimal() or len(dilation) > 9 or int(dilation) < 1:
        raise UsageError(f"--dilation {dilation}: one dilation for all layers", "such as 2")
    found = layers_that_see(field, kernel, stride, int(dilation))
    return depth_document(field, found, (kernel, stride, int(dilation))), found is not None
