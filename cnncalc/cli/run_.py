"""`cnncalc run`: the forward pass."""

from typing import Annotated

from typer import Option

from cnncalc.cli.common import DataOptions, OutputOptions, SpecOptions, refuse_given, with_option_groups

PURPOSE = "Prove"


@with_option_groups(SpecOptions, DataOptions, OutputOptions)
def run(
    spec: SpecOptions,
    data: DataOptions,
    output: OutputOptions,
    weights: Annotated[
        str | None, Option(help="An .npz or .safetensors file. Random unless said.", metavar="FILE")
    ] = None,
    weights_by: Annotated[
        str, Option(help="Weights are found by name, or by the order of the layers.", metavar="name|order")
    ] = "name",
    seed: Annotated[int, Option(help="The same seed draws the same values.", metavar="N", min=0)] = 0,
    save: Annotated[
        str | None, Option(help="A file for every feature map: .npz, or tiles in a .png.", metavar="FILE")
    ] = None,
    show: Annotated[bool, Option("--show", help="Print the maps that are small.")] = False,
) -> None:
    """The forward pass. What comes out for an input, with weights given or drawn by a seed.

    cnncalc run lenet5 --seed 1

    cnncalc run --input 6x6x1 "conv3-1, maxpool2" --show

    cnncalc run lenet5 --data cat.png --fit crop --mean 0.5 --std 0.25
    """
    from cnncalc.execute.session import forward
    from cnncalc.languages import Message
    from cnncalc.render.reports.run_result import run_document

    spec.refuse("run: a batch comes with --data", "batch")
    spec.refuse("run", "convention")
    refuse_given("random weights", {"--weights-by": weights is None and weights_by != "name"})
    report = spec.report()
    session = forward(
        report,
        dtype=spec.dtype,
        data=data.data or [],
        pixels=data.pixels,
        weights=weights,
        by=weights_by,
        seed=seed,
        save=save,
        keep=show,
        track=lambda layers, total: output.track(layers, total, "running"),
    )
    if data.data and weights is None and report.graph.provenance.weights is None and report.totals.params:
        output.warn([Message("warning.random_weights", seed=seed, command="--weights FILE")])
    output.show(run_document(session.outputs, session.maps if show else {}, session.layout))
