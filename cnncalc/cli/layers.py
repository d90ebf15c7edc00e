"""`cnncalc layers`: the layer kinds."""

from typing import Annotated

from typer import Argument

from cnncalc.cli.common import OutputOptions, with_option_groups

PURPOSE = "Look up"


@with_option_groups(OutputOptions)
def run(
    output: OutputOptions,
    kind: Annotated[str | None, Argument(help="A kind, for its options, formulas and examples.")] = None,
) -> None:
    """The layer kinds, their options and formulas. One kind with its examples, or all in a line each.

    cnncalc layers

    cnncalc layers conv
    """
    from cnncalc.render.reports.kinds import describe_kind, kind_class, kind_document, kinds_document

    output.show(kinds_document() if kind is None else kind_document(describe_kind(kind_class(kind))))
