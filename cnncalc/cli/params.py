"""`cnncalc params`: parameters."""

from typing import Annotated

from typer import Option

from cnncalc.cli.common import SpecOptions, Symbolic, TableOptions, refuse_given, with_option_groups
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.cli.quantity import show

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(
    spec: SpecOptions,
    flags: LayerFlags,
    output: TableOptions,
    symbolic: Symbolic = False,
    arrays: Annotated[bool, Option("--arrays", help="Of a model, the arrays that its file holds.")] = False,
) -> None:
    """Parameters: weights, biases, trainable, buffers. Of a file of weights alone, the arrays that it holds.

    cnncalc params lenet5.yaml

    cnncalc params --conv 5x5x3 --filters 6
    """
    from cnncalc.errors import UsageError
    from cnncalc.interop.contents import weights_format

    format = weights_format(spec.spec, of_models=arrays) if spec.spec is not None else None
    if format is not None:
        from cnncalc.execute.weight_files import weight_arrays
        from cnncalc.render.reports.stored_arrays import arrays_document

        spec.refuse("a file of weights", but=("spec",))
        flags.refuse("a file of weights")
        refuse_given("a file of weights", {"--symbolic": symbolic})
        found = weight_arrays(str(spec.spec), format)
        output.show(arrays_document(str(spec.spec), found, output.depth, every=output.every))
        return
    if arrays:
        raise UsageError("--arrays tells what a file of a model or of weights holds", "such as net.onnx")
    show(
        spec,
        flags,
        output,
        ("weights", "biases", "params", "trainable", "buffers"),
        ("params",),
        spare={"trainable": 2, "buffers": 1},
        symbolic=symbolic,
    )
