"""`cnncalc list`: the built-in architectures."""

from __future__ import annotations

from cnncalc.cli.common import OutputOptions, takes


@takes(OutputOptions)
def run(output: OutputOptions) -> None:
    """The built-in architectures by family: year, input, parameters, multiply-accumulates.

    cnncalc list
    """
    from cnncalc.render.catalogue import catalogue
    from cnncalc.render.output import show_table

    show_table(catalogue(output.format), output.format, output.output, output.color)
