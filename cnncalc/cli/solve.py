"""`cnncalc solve`: backwards from a result, to the window, the input or the variable that gives it."""

from fractions import Fraction
from functools import partial
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Exit, Option

from cnncalc.cli.common import (
    FORMAT,
    LANG,
    OutputOptions,
    SpecOptions,
    read_variables,
    refuse_given,
    with_option_groups,
)
from cnncalc.cli.limits import LimitOptions, TimeOptions
from cnncalc.cli.sweep import read_values
from cnncalc.errors import SpecError, UsageError
from cnncalc.render.writers import TABLE

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.network import Network
    from cnncalc.quantity import Quantity
    from cnncalc.render.document import Document

UNKNOWN = "?"
"""The value that is looked for."""
NUMBERS = set("0123456789.,:- ")
"""The signs of a list of numbers."""
MOST_SEVERAL = 1000
"""The most searches of one command."""
PURPOSE = "Work out by hand"


@with_option_groups(LimitOptions, TimeOptions)
def run(
    limits: LimitOptions,
    time: TimeOptions,
    spec: Annotated[
        str | None, Argument(help="A network, for --output-of or limits.", metavar="SPEC")
    ] = None,
    input: Annotated[
        str | None, Option("--input", "-n", help="Input size; of a network, ?x?x3 too.", metavar="N")
    ] = None,
    kernel: Annotated[int | None, Option("--kernel", "-f", help="Kernel size.", metavar="F", min=1)] = None,
    stride: Annotated[int | None, Option("--stride", "-s", help="Stride.", metavar="S", min=1)] = None,
    padding: Annotated[
        str | None, Option("--padding", "-p", help="Padding on each side; or same, valid.", metavar="P")
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
    set: Annotated[
        list[str] | None,
        Option(help="Of a network with limits: the variable to find is ?.", metavar="NAME=?"),
    ] = None,
    step: Annotated[
        str | None, Option(help="With ?: its values are multiples of this.", metavar="NUMBER")
    ] = None,
    batch: Annotated[
        int | None, Option(help="With limits: samples in a batch, 1 unless said.", metavar="N", min=1)
    ] = None,
    dtype: Annotated[
        str | None,
        Option(help="With limits: float64, float32, float16, bfloat16 or int8.", metavar="TYPE"),
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

    cnncalc solve mobilenet-v1 --set "width=?" --max-macs 300M

    cnncalc solve mobilenet-v1 --set width=0.5,1 --input "?x?x3" --max-macs 1G

    cnncalc solve resnet50 --input "?x?x3" --device jetson-nano --max-time 20ms
    """
    from cnncalc.render.reports.solve_result import answers_document, sizes_document
    from cnncalc.solve import input_sizes, question

    timed = time.quantities()
    most = {**limits.most(), **time.most()}
    said: dict[str, Any]
    within_limits = {"--set": set, "--step": step, "--device": time.device} | {
        f"--max-{name}": value for name, value in most.items()
    }
    of_params = {"--conv": conv, "--dense": dense, "--filters": filters, "--units": units}
    if params is None:
        refuse_given("anything but --params", {**of_params, "--no-bias": no_bias})
    limited = any(value is not None for value in within_limits.values())
    if not limited:
        refuse_given("anything but a network within limits", {"--batch": batch, "--dtype": dtype})
    if limited:
        said = {
            "--kernel": kernel, "--stride": stride, "--padding": padding, "--dilation": dilation != "1",
            "--output": output, "--same": same, "--halves": halves, "--transposed": transposed,
            "--output-padding": output_padding, "--doubles": doubles, "--rounding": rounding != "floor",
            "--output-of": output_of, "--params": params, "--field": field, "--all": every,
        }  # fmt: skip
        refuse_given("a network within limits", {k: value not in (None, False) for k, value in said.items()})
        document, fits = _within_limits(
            SpecOptions(spec=spec, input=input, set=set, batch=batch or 1, dtype=dtype or "float32"),
            most,
            step,
            timed,
        )
    elif params is not None or field is not None:
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
        if padding == "same" and (stride or 1) > 1:
            raise UsageError(
                "same with a stride halves the input, or more",
                "such as cnncalc solve --halves --kernel 3 --stride 2",
            )
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


def _within_limits(
    spec: SpecOptions, most: dict[str, float | None], step: str | None, timed: "list[Quantity]"
) -> tuple["Document", bool]:
    """The largest value of a variable, or of the input's side, with which a network keeps within limits."""
    from cnncalc.render.reports.solve_result import largest_document, largest_of_each_document
    from cnncalc.solve import LIMITED, largest

    if all(limit is None for limit in most.values()):
        raise UsageError(
            "within which limits?", f"such as --max-macs 300M; there are --max-{', --max-'.join(most)}"
        )
    values = read_variables(spec.set or [])
    unknown = [name for name, value in values.items() if value == UNKNOWN]
    of_input = spec.input is not None and UNKNOWN in spec.input
    if len(unknown) + of_input != 1:
        raise UsageError(
            f"{len(unknown) + of_input} values are to be found",
            "one is ?, for each of some values of another: --set width=0.5,1 --input ?x?x3"
            if unknown
            else "one is ?: --set width=?, or --input ?x?x3",
        )
    first = spec.replace(set=None, input=_with_side(spec.input, 224) if of_input else spec.input)
    network = first.network().with_shared_work()
    if of_input:
        name, start = "input", Fraction(224)
    else:
        (name,) = unknown
        start = _own_value(network, name)
    by = _step(step, start)

    def analyze(others: dict[str, Any], value: float) -> "Report":
        if of_input:
            given = spec.replace(input=_with_side(spec.input, value)).given_input()
            return network.analyze(spec.batch, input=given, variables=others, dtype=spec.dtype)
        variables = {**others, name: value}
        return network.analyze(spec.batch, input=spec.given_input(), variables=variables, dtype=spec.dtype)

    limited, several = [*LIMITED, *timed], _several(spec.set or [])
    found = []
    for each in product(*several.values()):
        others = dict(zip(several, each, strict=True))
        one = largest(partial(analyze, {**values, **others}), most, step=by, start=start, limited=limited)
        found.append((others, one))
    fits = any(one.answer is not None for _, one in found)
    if several:
        return largest_of_each_document(network.name, name, found, most, limited), fits
    return largest_document(network.name, name, found[0][1], most, limited), fits


def _several(entries: list[str]) -> dict[str, list[Any]]:
    """The variables that have several numbers, for each of which the largest is looked for."""
    lists = [entry for entry in entries if set(entry.partition("=")[2]) <= NUMBERS]
    found = {name: values for name, values in map(read_values, lists) if len(values) > 1}
    if (count := prod(map(len, found.values()))) > MOST_SEVERAL:
        raise UsageError(f"{count:,} searches are too many", f"at most {MOST_SEVERAL:,}", "too_large")
    return found


def _with_side(input: str | None, side: float) -> str:
    return (input or "").replace(UNKNOWN, str(side))


def _own_value(network: "Network", name: str) -> Fraction:
    """The spec's own value of a variable, near which others are looked for; raises SpecError for none."""
    from cnncalc.spec.document import unknown_variables

    known = network.document.variables
    if name not in known:
        raise SpecError(*unknown_variables([name], known))
    own = known[name]
    if not isinstance(own, int | float) or not abs(own) <= 10**9:
        raise UsageError(f"variable {name} is no number", "a number can be looked for")
    return max(Fraction(str(own)), Fraction(0))


def _step(step: str | None, start: Fraction) -> Fraction:
    """The step that is said, else 1; a hundredth for a factor, whose own value is 1 or is not whole."""
    if step is None:
        return Fraction(1, 100) if start == 1 or start.denominator > 1 else Fraction(1)
    try:
        found = Fraction(step) if len(step) <= 20 and "e" not in step.lower() else Fraction(0)
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if not Fraction(1, 10**6) <= found <= 10**6:
        raise UsageError(f"--step {step}: no step", "such as 0.05, or 8", "bad_value")
    return found
