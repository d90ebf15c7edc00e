"""`cnncalc params`: parameters."""

from cnncalc.cli.common import SpecOptions, Symbolic, TableOptions, refuse_given, with_option_groups
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.cli.quantity import show

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(spec: SpecOptions, flags: LayerFlags, output: TableOptions, symbolic: Symbolic = False) -> None:
    """Parameters: weights, biases, trainable, buffers. Of a file of weights alone, the arrays that it holds.

    cnncalc params lenet5.yaml

    cnncalc params --conv 5x5x3 --filters 6
    """
    from cnncalc.interop.contents import weights_format

    if spec.spec is not None and (format := weights_format(spec.spec)):
        from cnncalc.execute.weight_files import weight_arrays
        from cnncalc.render.reports.stored_arrays import arrays_document

        spec.refuse("a file of weights", but=("spec",))
        flags.refuse("a file of weights")
        refuse_given("a file of weights", {"--symbolic": symbolic})
        arrays = weight_arrays(spec.spec, format)
        output.show(arrays_document(spec.spec, arrays, output.depth, every=output.every))
        return
    show(
        spec,
        flags,
        output,
        ("weights", "biases", "params", "trainable", "buffers"),
        ("params",),
        symbolic=symbolic,
    )
