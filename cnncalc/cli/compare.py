"""`cnncalc compare`: networks side by side."""

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import OutputOptions, SpecOptions, doubt_inputs, with_option_groups

PURPOSE = "Look at networks"


@with_option_groups(OutputOptions)
def run(
    output: OutputOptions,
    specs: Annotated[
        list[str], Argument(help="Two networks or more: files or built-in names.", metavar="SPEC...")
    ],
    input: Annotated[str | None, Option(help="An input for all of them: HxWxC.", metavar="SHAPE")] = None,
    batch: Annotated[int, Option(help="Samples in a batch.", metavar="N", min=1)] = 1,
    dtype: Annotated[
        str, Option(help="float64, float32, float16, bfloat16 or int8.", metavar="TYPE")
    ] = "float32",
) -> None:
    """Networks side by side. Each number is also told as a part of the first network's.

    cnncalc compare vgg16 resnet50 mobilenet-v2
    """
    from cnncalc.errors import UsageError
    from cnncalc.render.reports.comparison import comparison

    if len(specs) < 2:
        raise UsageError("one network alone can't be compared", "such as cnncalc compare vgg16 resnet50")
    given = [SpecOptions(spec=spec, input=input, batch=batch, dtype=dtype) for spec in specs]
    letters = [spec.lettered() for spec in given]
    reports = [report or spec.report() for spec, report in zip(given, letters, strict=True)]
    for report, told in zip(reports, letters, strict=True):
        if told is None:
            doubt_inputs(report, output)
    output.show(comparison(specs, reports))
