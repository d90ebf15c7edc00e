"""`cnncalc cost`: time, space and memory."""

from typing import Annotated

from typer import Exit, Option

from cnncalc.cli.common import (
    SpecOptions,
    Symbolic,
    TableOptions,
    read_quantity,
    tell_warnings,
    with_option_groups,
)
from cnncalc.cli.one_layer import LayerFlags

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(
    spec: SpecOptions,
    flags: LayerFlags,
    output: TableOptions,
    optimizer: Annotated[
        str,
        Option(
            help="What training keeps beside the gradients: sgd, momentum, adam or adamw.", metavar="NAME"
        ),
    ] = "sgd",
    fit: Annotated[
        str | None,
        Option(help="The largest batch that trains, or runs, in so much, such as 8GiB.", metavar="BYTES"),
    ] = None,
    training: Annotated[
        bool, Option("--training", help="The memory of a training step, layer by layer.")
    ] = False,
    checkpoint: Annotated[
        int | None,
        Option(
            help="Of --training: keep the outputs of every N blocks alone, and run the rest twice.",
            metavar="N",
            min=1,
        ),
    ] = None,
    device: Annotated[
        str | None,
        Option(
            help="The least time that a device allows: a name, a file, this machine (this); list names them.",
            metavar="NAME",
        ),
    ] = None,
    symbolic: Symbolic = False,
) -> None:
    """MACs, FLOPs, time and space complexity, memory. Each layer's share is a bar.

    cnncalc cost vgg16 --depth 1

    cnncalc cost resnet50 --optimizer adam --fit 8GiB

    cnncalc cost resnet50 --batch 32 --training --checkpoint 4

    cnncalc cost resnet50 --device jetson-nano

    cnncalc cost --input 100x100x256 "conv3-256 p1 nobias"

    cnncalc cost --input 32x32x3 --conv 5x5x3 --filters 6
    """
    from cnncalc.analysis.memory import fit as fit_in
    from cnncalc.cli.common import refuse_given
    from cnncalc.cli.quantity import lettered, refuse_of_tables, show_layer, wanted_report
    from cnncalc.errors import UsageError
    from cnncalc.number_text import read_bytes
    from cnncalc.render.reports.cost import cost_document, one_layer_cost, one_layer_json

    if device is not None:
        said: dict[str, object] = {"--fit": fit, "--optimizer": optimizer != "sgd", "--training": training}
        refuse_given("the bounds of a device", {**said, "--checkpoint": checkpoint})
        _show_bounds(spec, flags, output, device, symbolic=symbolic)
        return
    letters = lettered(spec, flags)
    if fit is not None and (symbolic or flags.kind is not None or letters is not None):
        raise UsageError("--fit asks of a network at one size of its input")
    refuse_of_tables(flags, output, symbolic or letters is not None)
    if flags.kind is not None or symbolic or letters is not None:
        said = {"--optimizer": optimizer != "sgd", "--training": training, "--checkpoint": checkpoint}
        refuse_given("what is no network at one size", said)
    if training:
        refuse_given("--training", {"--fit": fit})
    else:
        refuse_given("anything but --training", {"--checkpoint": checkpoint})
    if flags.kind is not None and not symbolic and letters is None:
        show_layer(spec, flags, output, ("macs", "params"), more=one_layer_cost, data=one_layer_json)
        return
    limit = read_quantity("--fit", read_bytes, fit)
    report = letters or wanted_report(spec, flags, symbolic, optimizer)
    fits = None if limit is None else fit_in(report.totals.memory, report.settings.batch, limit)
    if training:
        from cnncalc.analysis.training import training_memory
        from cnncalc.render.reports.training_memory import memory_document

        output.show(memory_document(report, training_memory(report, checkpoint), output.view(spec)))
    else:
        output.show(cost_document(report, output.view(spec), fits=fits))
    if not report.letters:
        tell_warnings(report, output)
    if fits is not None and not (fits.training or fits.running):
        raise Exit(1)


def _show_bounds(
    spec: SpecOptions, flags: LayerFlags, output: TableOptions, name: str, *, symbolic: bool
) -> None:
    """Shows the bounds of a network on a device, or the devices of the catalogue."""
    from cnncalc.analysis.bounds import Bounds
    from cnncalc.analysis.devices import THIS, find
    from cnncalc.cli.quantity import refuse_of_tables, wanted_report
    from cnncalc.errors import UsageError
    from cnncalc.render.reports.bounds import bounds_document, devices_document

    if name == "list":
        spec.refuse("the list of devices")
        output.refuse("the list of devices", "depth", "every")
        output.show(devices_document())
        return
    if symbolic:
        raise UsageError("--device asks of a network at one size of its input")
    refuse_of_tables(flags, output)
    if name == THIS:
        from cnncalc.execute.machine import measure

        device = measure()
    else:
        device = find(name)
    report = wanted_report(spec, flags, symbolic=False)
    output.show(bounds_document(Bounds(report, device), output.view(spec)))
    tell_warnings(report, output)
