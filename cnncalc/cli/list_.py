"""`cnncalc list`: the built-in architectures."""

from cnncalc.cli.common import OutputOptions, with_option_groups

PURPOSE = "Look up"


@with_option_groups(OutputOptions)
def run(output: OutputOptions) -> None:
    """The built-in architectures. By family: year, input, parameters, multiply-accumulates.

    cnncalc list
    """
    from cnncalc.loading import builtins
    from cnncalc.render.reports.catalogue import catalogue

    networks = ((name, network.document, network.analyze()) for name, network in builtins())
    output.show(catalogue(networks))
