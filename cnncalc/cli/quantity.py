"""The common part of the quantity verbs: a table of a network, or the working of one layer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cnncalc.cli.common import OutputOptions, SpecOptions, TableOptions, tell_warnings
from cnncalc.cli.one_layer import LayerFlags

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.render.document import Line


def show(
    spec: SpecOptions,
    flags: LayerFlags,
    output: TableOptions,
    columns: Sequence[str],
    quantities: Sequence[str],
    *,
    spare: Mapping[str, int],
    with_input: bool = False,
    symbolic: bool = False,
) -> None:
    """Prints the columns of a network, or the quantities of one layer with their working.

    `spare` says which columns a narrow terminal can do without, the highest first.
    """
    letters = lettered(spec, flags)
    refuse_of_tables(flags, output, symbolic or letters is not None)
    if flags.kind is None or symbolic or letters is not None:
        from cnncalc.render.reports.report_tables import report_document

        report = letters or wanted_report(spec, flags, symbolic)
        output.show(report_document(report, columns, output.view(spec), spare=spare, with_input=with_input))
        if not report.letters:
            tell_warnings(report, output)
        return
    show_layer(spec, flags, output, quantities)


def lettered(spec: SpecOptions, flags: LayerFlags, *, anywhere: bool = False) -> "Report | None":
    """The report of a network or a layer whose numbers are letters in part, such as conv3-C; else None.

    `anywhere` is for what does not depend on the input: numbers for letters need room then.
    """
    if flags.kind is None:
        return spec.lettered(anywhere=anywhere)
    changed, input, letters = flags.lettered(spec.input)
    if not letters or spec.spec is not None:
        return None
    from cnncalc.analysis.symbolic_report import with_unknowns
    from cnncalc.cli.one_layer import analyze

    report, _ = analyze(changed, spec.replace(input=input), needs_input=False)
    spec.refuse("formulas in letters", "dtype")
    return with_unknowns(report, letters)


def wanted_report(
    spec: SpecOptions,
    flags: LayerFlags,
    symbolic: bool,
    optimizer: str = "sgd",
    *,
    needs_input: bool = False,
) -> "Report":
    """The report of a network, or of one layer by flags; with letters for the input's size where wanted.

    `needs_input` refuses one layer without its input: the numbers would be those of the least input.
    """
    if flags.kind is None:
        report = spec.report(optimizer)
    else:
        from cnncalc.cli.one_layer import analyze

        report, _ = analyze(flags, spec, needs_input=needs_input, optimizer=optimizer)
    if not symbolic:
        return report
    spec.refuse("formulas in letters", "dtype")
    from cnncalc.analysis.symbolic_report import in_letters

    return in_letters(report)


def refuse_of_tables(flags: LayerFlags, output: TableOptions, symbolic: bool = False) -> None:
    """Refuses what is said of the rows of a table, for one layer, and for formulas, which are not folded."""
    if flags.kind is not None:
        output.refuse("one layer by flags", "depth", "every")
    if symbolic:
        output.refuse("a table of formulas, which is never folded", "every")


def show_layer(
    spec: SpecOptions,
    flags: LayerFlags,
    output: OutputOptions,
    quantities: Sequence[str],
    more: "Callable[[Report], Iterable[Line]] | None" = None,
    data: "Callable[[Report], Iterator[str]] | None" = None,
) -> None:
    """Prints the working of the layer that the flags say, then what `more` adds; `data` is its own JSON."""
    spec.refuse("one layer by flags", "dtype")
    from cnncalc.cli.one_layer import analyze
    from cnncalc.render.explained.working import working_document

    batches = more is not None and not output.writer.IS_DATA
    needs_input = tuple(quantities) != ("params",)
    report, given = analyze(flags, spec, needs_input=needs_input, batches=batches)
    added = list(more(report)) if more else ()
    own_data = None if data is None else partial(data, report)
    output.show(working_document(report, quantities, given, added, own_data), explains=True)
    if given:
        tell_warnings(report, output)
    if (doubt := flags.doubt()) is not None and not output.writer.HOLDS_REMARKS:
        output.warn([doubt])
