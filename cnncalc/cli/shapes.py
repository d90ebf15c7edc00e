"""`cnncalc shapes`: the activation table."""

from cnncalc.cli.common import SpecOptions, Symbolic, TableOptions, with_option_groups
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.cli.quantity import show

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(spec: SpecOptions, flags: LayerFlags, output: TableOptions, symbolic: Symbolic = False) -> None:
    """Activation shapes and sizes, parameters, total. The table that courses print.

    cnncalc shapes lenet5.yaml

    cnncalc shapes --input 32x32x3 "conv5-6, maxpool2, fc-10 softmax"

    cnncalc shapes --input 32x32x3 --conv 5x5x3 --filters 6

    cnncalc shapes --symbolic --input 32x32x3 "conv3-8 same, maxpool2"
    """
    show(
        spec,
        flags,
        output,
        ("shape", "size", "params"),
        ("output",),
        spare={"activation_size": 1},
        with_input=True,
        symbolic=symbolic,
    )
