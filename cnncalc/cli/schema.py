"""`cnncalc schema`: the JSON Schema of the spec language."""

import json
from typing import Annotated

from typer import Option

PURPOSE = "Look up"


def run(
    output: Annotated[
        str | None, Option("--output", "-o", help="A file for the result.", metavar="FILE")
    ] = None,
) -> None:
    """The JSON Schema of specs, for editors. By it an editor completes, explains and checks a spec.

    cnncalc schema

    cnncalc schema -o schema.json
    """
    from cnncalc.render.output import emit
    from cnncalc.spec.schema import schema

    emit([json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"], output)
