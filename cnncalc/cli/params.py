"""`cnncalc params`: parameters."""

from cnncalc.cli.common import SpecOptions, Symbolic, TableOptions, with_option_groups
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.cli.quantity import show

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(spec: SpecOptions, flags: LayerFlags, output: TableOptions, symbolic: Symbolic = False) -> None:
    """Parameters: weights, biases, trainable, buffers.

    cnncalc params lenet5.yaml

    cnncalc params --conv 5x5x3 --filters 6
    """
    show(
        spec,
        flags,
        output,
        ("weights", "biases", "params", "trainable", "buffers"),
        ("params",),
        symbolic=symbolic,
    )
