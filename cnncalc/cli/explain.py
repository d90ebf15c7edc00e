"""`cnncalc explain`: how every number comes about."""

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import SpecOptions, SpokenOptions, doubt_inputs, with_option_groups
from cnncalc.cli.one_layer import LayerFlags

PURPOSE = "Work out by hand"
ANYWHERE = {"params", "weights", "biases", "fan_in"}
"""What a layer has whatever the size of its input."""


@with_option_groups(SpecOptions, LayerFlags, SpokenOptions)
def run(
    spec: SpecOptions,
    flags: LayerFlags,
    spoken: SpokenOptions,
    layers: Annotated[
        list[str] | None, Argument(help="Layers or blocks; the whole network unless said.", metavar="LAYER")
    ] = None,
    quantity: Annotated[
        str | None, Option(help="Quantities, parted by commas: output,params,macs,rf, ...", metavar="NAMES")
    ] = None,
    long: Annotated[bool, Option("--long", help="Every quantity, and each reason at every layer.")] = False,
    symbolic: Annotated[bool, Option("--symbolic", help="Keep the input's H and W as letters.")] = False,
    device: Annotated[
        str | None,
        Option(
            help="The least time that a device allows: a name, a file, this machine (this).", metavar="NAME"
        ),
    ] = None,
    energy: Annotated[
        bool, Option("--energy", help="The energy, by published pJ of each operation.")
    ] = False,
) -> None:
    """How every number comes about. The formula, the numbers put in, each step, the result, and why.

    cnncalc explain lenet5 CONV1

    cnncalc explain vgg16 --quantity params --format latex

    cnncalc explain lenet5 CONV1 --long

    cnncalc explain unet --quantity peak

    cnncalc explain resnet50 conv1 --device jetson-nano

    cnncalc explain --conv 5x5x3 --filters 6 --input 32x32x3
    """
    from cnncalc.analysis.bounds import Bounds
    from cnncalc.analysis.energy import Energies
    from cnncalc.cli.common import found_device, refuse_given
    from cnncalc.cli.quantity import lettered
    from cnncalc.explain import parse_quantities, solve_network, times_batch
    from cnncalc.render.explained.explanation import tell_how_much
    from cnncalc.render.explained.sections import solution_document

    wanted = parse_quantities(quantity or "")
    spec.refuse("explain, which tells the textbook's way", "convention")
    timed = device is not None or energy
    if timed:
        what = "--device" if device is not None else "--energy"
        refuse_given(what, {"--quantity": quantity, "--symbolic": symbolic, "--long": long})
    on = None if device is None else found_device(device)
    if (letters := lettered(spec, flags)) is not None:
        report, layers = letters, layers or ([row.name for row in letters.layers] if flags.kind else None)
    elif flags.kind is None:
        report = spec.report()
        doubt_inputs(report, spoken)
    else:
        from cnncalc.cli.one_layer import analyze

        # without an input the parameters are known, and what one unit reads
        wanted = wanted or (() if spec.input or timed else ("params",))
        if spec.input is None and spec.spec is None and "connections" in wanted:
            from cnncalc.languages import Message

            spoken.warn([Message("warning.connections_of_a_unit", input=flags.usual_input())])
            wanted = tuple("fan_in" if name == "connections" else name for name in wanted)
        report, _ = analyze(flags, spec, needs_input=timed or not ANYWHERE.issuperset(wanted), batches=True)
        layers = [row.name for row in report.layers]
    # data is whole
    short = not (long or spoken.writer.IS_DATA)
    solution = solve_network(
        report,
        layers or (),
        wanted,
        letters=symbolic,
        short=short,
        bounds=None if on is None else Bounds(report, on),
        energies=Energies(report) if energy else None,
    )
    worked = (working.quantity for layer in solution.layers for working in layer.workings)
    if not (solution.totals or timed or any(map(times_batch, worked))):
        spec.refuse("layers, whose numbers are of one sample", "batch")
    spoken.show(solution_document(solution, once=short and not timed), explains=True)
    if short and not (wanted or timed or spoken.output):
        tell_how_much(solution, spoken.language, narrowed=bool(layers))
