"""`cnncalc shapes`: the activation table."""

from __future__ import annotations

from cnncalc.cli.common import OutputOptions, SpecOptions, Symbolic, takes
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.cli.quantity import show


@takes(SpecOptions, LayerFlags, OutputOptions)
def run(spec: SpecOptions, flags: LayerFlags, output: OutputOptions, symbolic: Symbolic = False) -> None:
    """Activation shapes and sizes, parameters, total. The table that courses print.

    cnncalc shapes lenet5.yaml

    cnncalc shapes --input 32x32x3 "conv5-6, maxpool2, fc-10 softmax"

    cnncalc shapes --input 32x32x3 --conv 5x5x3 --filters 6

    cnncalc shapes --symbolic --input 32x32x3 "conv3-8 same, maxpool2"
    """
    show(spec, flags, output, ("shape", "size", "params"), ("output",), with_input=True, symbolic=symbolic)
