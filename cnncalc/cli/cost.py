"""`cnncalc cost`: time, space and memory."""

from typing import TYPE_CHECKING, Annotated

from typer import Exit, Option

from cnncalc.cli.common import (
    BytesIn,
    SpecOptions,
    Symbolic,
    TableOptions,
    read_quantity,
    read_unit,
    tell_warnings,
    with_option_groups,
)
from cnncalc.cli.one_layer import LayerFlags

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.render.reports.report_tables import View

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
    plot: Annotated[
        str | None,
        Option(
            help="Of --device: the roofline with the layers on it, such as x.svg or x.pdf.", metavar="FILE"
        ),
    ] = None,
    memory: Annotated[
        bool, Option("--memory", help="The memory of a run, layer by layer, and in the best order.")
    ] = False,
    energy: Annotated[
        bool, Option("--energy", help="The energy of operations and traffic, by published pJ of each.")
    ] = False,
    bytes_in: BytesIn = None,
    fold_norms: Annotated[
        bool, Option("--fold-norms", help="Norms folded into the layers before, as in a deployed network.")
    ] = False,
    symbolic: Symbolic = False,
) -> None:
    """MACs, FLOPs, time and space complexity, memory. Each layer's share is a bar.

    cnncalc cost vgg16 --depth 1

    cnncalc cost resnet50 --optimizer adam --fit 8GiB

    cnncalc cost resnet50 --batch 32 --training --checkpoint 4

    cnncalc cost resnet50 --device jetson-nano

    cnncalc cost resnet50 --memory --fold-norms

    cnncalc cost vgg16 --training --bytes-in MB

    cnncalc cost mobilenet-v2 --energy --dtype int8

    cnncalc cost --input 100x100x256 "conv3-256 p1 nobias"

    cnncalc cost --input 32x32x3 --conv 5x5x3 --filters 6
    """
    from cnncalc.analysis.memory import fit as fit_in
    from cnncalc.cli.quantity import lettered, refuse_of_tables, show_layer, wanted_report
    from cnncalc.number_text import read_bytes
    from cnncalc.render.reports.cost import cost_document, one_layer_cost, one_layer_json

    given = {
        "--fit": fit is not None,
        "--optimizer": optimizer != "sgd",
        "--training": training,
        "--checkpoint": checkpoint is not None,
        "--device": device is not None,
        "--plot": plot is not None,
        "--memory": memory,
        "--energy": energy,
        "--bytes-in": bytes_in is not None,
        "--fold-norms": fold_norms,
    }
    _refuse_beside(given)
    if device is not None:
        _show_bounds(spec, flags, output, device, plot, symbolic=symbolic, fold_norms=fold_norms)
        return
    letters = lettered(spec, flags)
    refuse_of_tables(flags, output, symbolic or letters is not None)
    if symbolic or letters is not None:
        _refuse_letters(given)
    elif flags.kind is not None and not any(given.values()):
        show_layer(spec, flags, output, ("macs", "params"), more=one_layer_cost, data=one_layer_json)
        return
    limit = read_quantity("--fit", read_bytes, fit)
    report = _folded(
        letters or wanted_report(spec, flags, symbolic, optimizer, needs_input=not symbolic),
        wanted=fold_norms,
    )
    fits = None if limit is None else fit_in(report.totals.memory, report.settings.batch, limit)
    view = output.view(spec)._replace(bytes_in=read_unit(bytes_in, output))
    if training or memory:
        _show_memory(report, output, view, checkpoint, training=training)
    elif energy:
        from cnncalc.analysis.energy import Energies
        from cnncalc.render.reports.energy import energy_document

        output.show(energy_document(Energies(report), view))
    else:
        output.show(cost_document(report, view, fits=fits))
    if not report.letters:
        tell_warnings(report, output)
    if fits is not None and not (fits.training or fits.running):
        raise Exit(1)


GOES_WITH = {
    "--device": ("--fold-norms", "--plot"),
    "--training": ("--optimizer", "--checkpoint", "--bytes-in", "--fold-norms"),
    "--memory": ("--bytes-in", "--fold-norms"),
    "--energy": ("--fold-norms",),
}
"""The options that say what is asked, and those that say something to each."""


def _refuse_beside(given: dict[str, bool]) -> None:
    """Refuses options that say nothing to what is asked."""
    from cnncalc.cli.common import refuse_given
    from cnncalc.errors import UsageError

    for asked, others in GOES_WITH.items():
        if given[asked]:
            second = next((flag for flag in GOES_WITH if flag != asked and given[flag]), None)
            if second is not None:
                raise UsageError(f"{asked} and {second} ask for different tables", "one at a time")
            refuse_given(asked, {flag: said for flag, said in given.items() if flag not in (asked, *others)})
            return
    refuse_given("anything but --training", {"--checkpoint": given["--checkpoint"]})
    refuse_given("anything but --training and --memory", {"--bytes-in": given["--bytes-in"]})
    refuse_given("anything but --device", {"--plot": given["--plot"]})


def _refuse_letters(given: dict[str, bool]) -> None:
    """Refuses options that need numbers, of a network whose sizes are letters."""
    from cnncalc.errors import CnncalcError, Fault

    message = "{} asks of a network at one size of its input"
    if faults := [Fault("usage", message.format(flag)) for flag, said in given.items() if said]:
        raise CnncalcError(*faults)


def _show_memory(
    report: "Report", output: TableOptions, view: "View", checkpoint: int | None, *, training: bool
) -> None:
    """Shows the memory of a training step, or of a run, layer by layer."""
    if training:
        from cnncalc.analysis.training import training_memory
        from cnncalc.render.reports.training_memory import memory_document

        output.show(memory_document(report, training_memory(report, checkpoint), view))
    else:
        from cnncalc.render.reports.memory import run_document

        output.show(run_document(report, view))


def _folded(report: "Report", *, wanted: bool) -> "Report":
    """The report with norms folded where that is wanted; its title says how many are."""
    if not wanted:
        return report
    from cnncalc.analysis.folding import folded

    smaller, count = folded(report)
    title = f"{report.settings.network}, {count} norms folded"
    smaller.settings = report.settings._replace(network=title)
    return smaller


def _show_bounds(
    spec: SpecOptions,
    flags: LayerFlags,
    output: TableOptions,
    name: str,
    plot: str | None,
    *,
    symbolic: bool,
    fold_norms: bool,
) -> None:
    """Shows the bounds of a network on a device, or the devices of the catalogue."""
    from cnncalc.analysis.bounds import Bounds
    from cnncalc.cli.common import found_device, refuse_given
    from cnncalc.cli.quantity import refuse_of_tables, wanted_report
    from cnncalc.render.reports.bounds import bounds_document, devices_document

    if name == "list":
        spec.refuse("the list of devices")
        flags.refuse("the list of devices")
        output.refuse("the list of devices", "depth", "every")
        refuse_given("the list of devices", {"--plot": plot, "--fold-norms": fold_norms})
        output.show(devices_document())
        return
    if symbolic:
        _refuse_letters({"--device": True})
    refuse_of_tables(flags, output)
    device = found_device(name)
    report = _folded(wanted_report(spec, flags, symbolic=False, needs_input=True), wanted=fold_norms)
    bounds = Bounds(report, device)
    if plot is not None:
        from cnncalc.figures import save
        from cnncalc.figures.roofline import roofline

        save(roofline(bounds, language=output.language if output.lang else None), plot)
    output.show(bounds_document(bounds, output.view(spec)))
    tell_warnings(report, output)
