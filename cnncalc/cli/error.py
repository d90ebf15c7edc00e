"""`cnncalc error`: the entry of an error's code in the list of errors."""

from typing import Annotated

from typer import Argument

PURPOSE = "Look up"


def run(
    code: Annotated[str, Argument(help="The code in the brackets of an error.", metavar="CODE")],
) -> None:
    """An error's code explained. What is wrong, with an example and its mending.

    cnncalc error window_too_large
    """
    from cnncalc.built_in import error_entry
    from cnncalc.render.output import emit

    emit([error_entry(code)])
