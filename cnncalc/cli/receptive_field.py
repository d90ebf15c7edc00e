"""`cnncalc receptive-field`: what each layer sees of the input."""

from cnncalc.cli.common import SpecOptions, TableOptions, tell_warnings, with_option_groups
from cnncalc.cli.one_layer import LayerFlags

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(spec: SpecOptions, flags: LayerFlags, output: TableOptions) -> None:
    """Receptive fields (also rf). Size, jump, start, centre and effective padding, in pixels of the input.

    cnncalc receptive-field vgg16

    cnncalc rf --input 32x32x3 "conv3-8 s2 p1, conv3-16 d2, maxpool2"

    cnncalc rf "conv3 s2 relu, maxpool2, conv3"

    cnncalc rf --conv 3x3x1 --dilation 2
    """
    from cnncalc.cli.one_layer import analyze
    from cnncalc.cli.quantity import lettered, refuse_of_tables
    from cnncalc.render.reports.receptive_fields import fields_document
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
        said = anywhere is spec
        report = anywhere.report()
    else:
        report, said = analyze(flags, spec, needs_input=False)
    document = fields_document(report, output.view(spec), input_said=said)
    if flags.kind is not None:
        document = document._replace(data=lambda: layer_json(report, ("output_shape", "receptive_field")))
    output.show(document)
    if said:
        tell_warnings(report, output)
