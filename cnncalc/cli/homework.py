"""The options that the verbs of homework share: the rules of marking, and the source of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from cnncalc.cli.common import Options, OutputOptions, SpecOptions
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.errors import UsageError
from cnncalc.quantity import QUANTITIES

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.homework.answers import Marked, Rules
    from cnncalc.homework.key import Key


ALL_COUNTS = 10**60
"""More than any count."""


class MarkingOptions(Options):
    """How answers are marked: what a marking file says, but for what the other options say."""

    marking: Annotated[
        str | None,
        Option(help="A file of the rules; the other options come before the file.", metavar="FILE"),
    ] = None
    marks: Annotated[
        str, Option(help="Marks of an answer, such as params=2,shape=1; 1 unless said.", metavar="Q=N")
    ] = ""
    partial: Annotated[
        str, Option(help="Part of its marks for a wrong answer whose slip is named.", metavar="PART")
    ] = ""
    tolerance: Annotated[str, Option(help="How far off is right, such as 1%.", metavar="PART")] = ""
    strict_layout: Annotated[bool, Option("--strict-layout", help="CxHxW is wrong where HxWxC is asked.")] = (
        False
    )
    only_given: Annotated[
        bool, Option("--only-given", help="Mark the answers given; what is left out is not asked.")
    ] = False
    columns: Annotated[
        str,
        Option(
            help="What is asked, such as shape,size,params,total; unless said, what the sheets have.",
            metavar="NAMES",
        ),
    ] = ""
    exact: Annotated[
        bool | None,
        Option(
            "--exact/--rounded",
            help="Rounded answers are wrong, or right; of check, wrong for counts below 10^6.",
        ),
    ] = None
    once: Annotated[bool, Option("--once", help="A slip that is repeated costs marks once.")] = False
    heading: Annotated[
        list[str] | None,
        Option(help='What a heading of the sheets means, such as "Wert=params".', metavar="HEADING=NAME"),
    ] = None

    def rules(self, key: Key | None, exact_below: int = 0) -> Rules:
        """The rules that the file and the options say, for the network of a key.

        `exact_below` holds unless they say how exact an answer must be.
        """
        from cnncalc.homework.answers import Rules, read_columns, read_headings, read_marks, read_share

        rules = Rules(exact_below=exact_below)
        if self.marking is not None and key is not None:
            from cnncalc.homework.marking_file import read_marking

            rules = read_marking(self.marking, key, rules)
        said: dict[str, Any] = {}
        if self.marks:
            marks = read_marks(self.marks)
            others = {pair: worth for pair, worth in rules.marks_at.items() if pair[1] not in marks}
            said |= {"marks": {**rules.marks, **marks}, "marks_at": others}
        if self.partial:
            said |= {"partial": read_share("--partial", self.partial), "partial_of": {}}
        if self.tolerance:
            said["tolerance"] = tolerance = read_share("--tolerance", self.tolerance)
            said["exact_below"] = 0 if tolerance else rules.exact_below
        if self.exact is not None:
            said |= {"exact_below": ALL_COUNTS if self.exact else 0, "exact": None}
        if self.columns:
            said["columns"], said["totals"] = read_columns(self.columns)
            said["asks"] = ()
        for name in ("strict_layout", "only_given", "once"):
            if getattr(self, name):
                said[name] = True
        if self.heading:
            said["headings"] = {**rules.headings, **read_headings(self.heading)}
        return replace(rules, **said)


class ConvolvingOptions(Options):
    """The convolution that `check --convolve` holds an answer to, as `cnncalc convolve` takes it."""

    true_convolution: Annotated[
        bool, Option("--true-convolution", help="With --convolve: the kernel is flipped first.")
    ] = False
    pool: Annotated[str | None, Option(help="With --convolve: pool, max or avg.", metavar="HOW")] = None
    bias: Annotated[float | None, Option(help="With --convolve: added to every sum.", metavar="B")] = None
    activation: Annotated[
        str | None, Option(help="With --convolve: applied to the output.", metavar="NAME")
    ] = None
    gradient: Annotated[
        str | None, Option(help="With --convolve: dL/dY; answers are dX=, dW=, db=.", metavar="G")
    ] = None
    transposed: Annotated[
        bool, Option("--transposed", help="With --convolve: the transposed convolution.")
    ] = False
    output_padding: Annotated[int, Option(help="With --transposed: positions added.", metavar="N", min=0)] = 0
    matrix: Annotated[
        bool, Option("--matrix", help="With --convolve: the answer is the matrix of the convolution.")
    ] = False
    im2col: Annotated[
        bool, Option("--im2col", help="With --convolve: the answer is the matrix of the windows.")
    ] = False


def marked(
    spec: SpecOptions, flags: LayerFlags, marking: MarkingOptions, sheets: Sequence[str], given: Sequence[str]
) -> tuple[Report, Marked, Rules]:
    """The report that answers are held to, the marked answers of a sheet or of one layer, and the rules."""
    from cnncalc.budget import OverBudgetError, within_budget
    from cnncalc.homework.answers import EXACT_BELOW
    from cnncalc.homework.marking import mark_one, mark_sheet
    from cnncalc.homework.sheets import one_answer, read_sheet
    from cnncalc.homework.tables import bad_sheet

    if flags.kind is not None:
        from cnncalc.cli.one_layer import analyze

        marking.refuse("one answer to one layer", "marking", "only_given", "columns", "once", "heading")
        rules = marking.rules(None, EXACT_BELOW)
        if not given:
            raise UsageError("which answer?", "such as --answer params=450")
        answers = [one_answer(each) for each in given]
        if len({quantity for quantity, _ in answers}) < len(answers):
            raise UsageError("two answers to one quantity", "ask for one at a time")
        if all(QUANTITIES[quantity].unit != "bytes" for quantity, _ in answers):
            spec.refuse("these answers", "dtype")
        # the arrays of a layer do not depend on the input's size
        needs_input = any(not QUANTITIES[quantity].owned for quantity, _ in answers)
        report, _ = analyze(flags, spec, needs_input=needs_input)
        return report, mark_one(report, answers, rules), rules
    if not sheets or given:
        if given:
            raise UsageError("--answer goes with one layer", "such as --conv 5x5x3 --filters 6")
        raise UsageError("which sheet?", "cnncalc check lenet5 answers.csv; --template writes an empty one")
    if len(sheets) > 1:
        raise UsageError("one answer sheet at a time", "cnncalc grade NET FOLDER marks the sheets of a class")
    [sheet] = sheets
    report = spec.report()
    key, rules = key_and_rules(spec, report, marking, EXACT_BELOW)
    data, name = (_stdin(), "<stdin>") if sheet == "-" else (None, sheet)
    try:
        found = within_budget(
            lambda: mark_sheet(key, read_sheet(name, data, rules.known_headings, rules.matrices), rules)
        )
    except OverBudgetError as over:
        raise bad_sheet(name, str(over)) from None
    return report, found, rules


def key_and_rules(
    spec: SpecOptions, report: Report, marking: MarkingOptions, exact_below: int = 0
) -> tuple[Key, Rules]:
    """The right answers of a network, with those that a marking file accepts too, and the rules."""
    from cnncalc.homework.key import Key
    from cnncalc.homework.sentences import marking as told

    key = Key(report)
    rules = marking.rules(key, exact_below)
    others = {
        told("accepted_by", tool=name): spec.replace(convention=name).report() for name in rules.conventions
    } | {
        told("accepted_rounded", rounding=name): spec.replace(rounding=name).report()
        for name in rules.roundings
    }
    return Key(report, others) if others else key, rules


def marked_matrix(
    spec: SpecOptions,
    flags: LayerFlags,
    marking: MarkingOptions,
    by_hand: ConvolvingOptions,
    kernels: Sequence[str],
    given: Sequence[str],
) -> Marked:
    """Matrices, marked against the image and the kernels that stand in the places of SPEC and ANSWERS."""
    from cnncalc.homework.convolving import check_together, mark_matrices

    if spec.spec is None or not kernels or not given:
        raise UsageError(
            "--convolve takes an image, kernels and --answer",
            'such as check --convolve "1 1 1; 0 1 1; 0 0 1" "1 0; 0 1" --answer "2 2; 0 2"',
        )
    windows = {"stride": flags.stride, "padding": flags.padding, "dilation": flags.dilation}
    options = {name: value for name, value in {**windows, **vars(by_hand)}.items() if value is not None}
    check_together(options)
    return mark_matrices(spec.spec, kernels, given, options, marking.rules(None))


def _stdin() -> bytes:
    import sys

    from cnncalc.homework.sheets import LARGEST_FILE

    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("standard input is closed", code="no_input")
    return sys.stdin.buffer.read(LARGEST_FILE + 1)


def write_template(spec: SpecOptions, marking: MarkingOptions, output: OutputOptions) -> None:
    """Writes an empty sheet: .xlsx, .md, .yaml by the name of the file, else CSV."""
    from cnncalc.homework.answers import read_columns
    from cnncalc.render.homework.sheet_template import Blanks, write

    report = spec.report()
    if marking.marking is not None:
        key, rules = key_and_rules(spec, report, marking)
        blanks = Blanks.asked_by(key, rules)
    else:
        quantities, _ = read_columns(marking.columns or "shape,size,params")
        blanks = Blanks.of_layers(report, quantities)
    write(blanks, output.output, output.format)
