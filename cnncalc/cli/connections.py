"""`cnncalc connections`: connections, and parameters beside them."""

from cnncalc.cli.common import SpecOptions, TableOptions, with_option_groups
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.cli.quantity import show

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions, LayerFlags, TableOptions)
def run(spec: SpecOptions, flags: LayerFlags, output: TableOptions) -> None:
    """Connections, as LeCun's LeNet-5 paper counts them. Parameters stand beside them.

    cnncalc connections lenet5-1998

    cnncalc connections --input 32x32x1 --conv 5x5x1 --filters 6
    """
    show(
        spec,
        flags,
        output,
        ("shape", "params", "connections", "connections_real"),
        ("connections", "params"),
        spare={"shape": 2, "params": 1},
    )
