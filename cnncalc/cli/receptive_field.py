"""`cnncalc receptive-field`: what each layer sees of the input."""

from typing import Annotated

from typer import Option

from cnncalc.cli.common import SpecOptions, TableOptions, tell_warnings, with_option_groups
from cnncalc.cli.one_layer import LayerFlags

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(
    spec: SpecOptions,
    flags: LayerFlags,
    output: TableOptions,
    at: Annotated[
        str | None, Option(help="The pixels that a unit of each layer sees, from 0.", metavar="ROW,COLUMN")
    ] = None,
    pixel: Annotated[
        str | None, Option(help="The units of each layer that see a pixel, from 0.", metavar="ROW,COLUMN")
    ] = None,
) -> None:
    """Receptive fields (also rf). Size, jump, start, centre and effective padding, in pixels of the input.

    cnncalc receptive-field vgg16

    cnncalc rf --input 32x32x3 "conv3-8 s2 p1, conv3-16 d2, maxpool2"

    cnncalc rf "conv3 s2 relu, maxpool2, conv3"

    cnncalc rf --conv 3x3x1 --dilation 2

    cnncalc rf --input 32x32x3 "conv5 p2, maxpool2, conv3" --at 0,3
    """
    from cnncalc.cli.one_layer import analyze
    from cnncalc.cli.quantity import lettered, refuse_of_tables
    from cnncalc.errors import UsageError
    from cnncalc.render.reports.receptive_fields import fields_document, read_place, units_document
    from cnncalc.render.reports.report_tables import layer_json

    refuse_of_tables(flags, output)
    said = True
    # how many filters there are makes no difference
    cls = flags.layer_class if flags.kind is not None else None
    if cls is not None and cls.units_option == "filters" and flags.filters is None:
        flags = flags.replace(filters="1")
    if (letters := lettered(spec, flags, anywhere=True)) is not None:
        report, said = letters, False
    elif flags.kind is None:
        anywhere = spec.anywhere()
        said = anywhere.input == spec.input
        report = anywhere.report()
    else:
        report, said = analyze(flags, spec, needs_input=False)
    if at is not None or pixel is not None:
        if at is not None and pixel is not None:
            raise UsageError("either --at a unit or --pixel")
        output.refuse("units and pixels", "depth", "every")
        spec.refuse("units and pixels", "batch", "dtype", "convention")
        if spec.input is None:
            spec.refuse("units and pixels", "layout")
        flag, place = ("--at", at) if at is not None else ("--pixel", pixel)
        output.show(units_document(report, flag, read_place(flag, place or ""), bounded=said))
        return
    document = fields_document(report, output.view(spec), input_said=said)
    if flags.kind is not None:
        document = document._replace(data=lambda: layer_json(report, ("output_shape", "receptive_field")))
    output.show(document)
    if said:
        tell_warnings(report, output)
