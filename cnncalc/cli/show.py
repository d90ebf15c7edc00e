"""`cnncalc show`: the YAML of a built-in architecture."""

from typing import Annotated

from typer import Argument, Option

PURPOSE = "Look up"


def run(
    name: Annotated[str, Argument(help="The name of a built-in architecture.")],
    output: Annotated[
        str | None, Option("--output", "-o", help="A file for the result.", metavar="FILE")
    ] = None,
) -> None:
    """The YAML of a built-in architecture. A start for your own.

    cnncalc show lenet5

    cnncalc show lenet5 -o my-network.yaml
    """
    from cnncalc.built_in import builtin_path
    from cnncalc.render.output import emit

    emit([builtin_path(name).read_text("utf-8")], output)
