"""`cnncalc verify`: every number held to what happens when the network is run."""

from typing import Annotated

from typer import Exit, Option

from cnncalc.cli.common import DataOptions, OutputOptions, SpecOptions, with_option_groups

PURPOSE = "Prove"


@with_option_groups(SpecOptions, DataOptions, OutputOptions)
def run(
    spec: SpecOptions,
    data: DataOptions,
    output: OutputOptions,
    seed: Annotated[int, Option(help="Of the random input and weights.", metavar="N", min=0)] = 0,
    against: Annotated[
        str | None,
        Option(help="Compare the values of every layer too: torch or onnxruntime.", metavar="LIBRARY"),
    ] = None,
) -> None:
    """Runs a network and holds every number to what happened. Exits with 1 where one is not so.

    cnncalc verify lenet5

    cnncalc verify --input 32x32x3 "conv5-6 relu, maxpool2, fc-10"

    cnncalc verify lenet5 --data cat.png --fit crop
    """
    from cnncalc.languages import Joined, Message
    from cnncalc.render.reports.verification import mismatches, verification

    spec.refuse("verify, which speaks of one sample in float32", "batch", "dtype", "convention", "layout")
    network = spec.network()
    x = None
    if data != DataOptions():
        from cnncalc.execute.session import given_inputs

        x = given_inputs(spec.report(network=network), data.data or [], data.pixels)
    found = network.verify(
        input=spec.given_input(),
        rounding=spec.rounding,
        seed=seed,
        against=against,
        data=x,
        track=lambda layers, total: output.track(layers, total, "running"),
    )
    output.show(verification(found))
    if not output.writer.HOLDS_REMARKS:
        word = Message("verify.mismatch.word")
        output.warn([Joined([word, line], "colon") for line in mismatches(found)])
    if not found.ok:
        raise Exit(1)
