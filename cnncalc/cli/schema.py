"""`cnncalc schema`: the JSON Schema of the spec language, and of marking files."""

import json
from typing import Annotated

from typer import Argument, Option

PURPOSE = "Look up"


def run(
    what: Annotated[str, Argument(help="Of what: spec or marking.", metavar="WHAT")] = "spec",
    output: Annotated[
        str | None, Option("--output", "-o", help="A file for the result.", metavar="FILE")
    ] = None,
) -> None:
    """The JSON Schema of specs, for editors. By it an editor completes, explains and checks a spec.

    cnncalc schema

    cnncalc schema -o schema.json

    cnncalc schema marking
    """
    from cnncalc.errors import unknown_choice
    from cnncalc.homework.marking_schema import marking_schema
    from cnncalc.render.output import emit
    from cnncalc.spec.schema import schema

    known = {"spec": schema, "marking": marking_schema}
    if what not in known:
        raise unknown_choice(what, "what a schema is for", known)
    emit([json.dumps(known[what](), ensure_ascii=False, indent=1) + "\n"], output)
