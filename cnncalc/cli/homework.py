"""The options that the verbs of homework share: the rules of marking, and the source of the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from cnncalc.cli.common import Options, OutputOptions, SpecOptions
from cnncalc.cli.one_layer import LayerFlags
from cnncalc.errors import CnncalcError, Fault, Place, UsageError, brief, reason_of
from cnncalc.quantity import QUANTITIES

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.homework.answers import Marked, Rules
    from cnncalc.homework.grading import Graded, Statistics
    from cnncalc.homework.key import Key
    from cnncalc.languages import Language


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
    """What `check --convolve` holds an answer to, as `cnncalc convolve` takes it."""

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


def marked(
    spec: SpecOptions, flags: LayerFlags, marking: MarkingOptions, sheet: str | None, given: Sequence[str]
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
    if sheet is None or given:
        if given:
            raise UsageError("--answer goes with one layer", "such as --conv 5x5x3 --filters 6")
        raise UsageError("which sheet?", "cnncalc check lenet5 answers.csv; --template writes an empty one")
    report = spec.report()
    key, rules = key_and_rules(spec, report, marking, EXACT_BELOW)
    data, name = (_stdin(), "<stdin>") if sheet == "-" else (None, sheet)
    try:
        found = within_budget(lambda: mark_sheet(key, read_sheet(name, data, rules.known_headings), rules))
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
    kernel: str | None,
    given: Sequence[str],
) -> Marked:
    """Matrices, marked against the image and the kernel that stand in the places of SPEC and ANSWERS."""
    from cnncalc.homework.convolving import mark_matrices

    if spec.spec is None or kernel is None or not given:
        raise UsageError(
            "--convolve takes an image, a kernel and one --answer",
            'such as check --convolve "1 1 1; 0 1 1; 0 0 1" "1 0; 0 1" --answer "2 2; 0 2"',
        )
    windows = {"stride": flags.stride, "padding": flags.padding, "dilation": flags.dilation}
    options = {name: value for name, value in {**windows, **vars(by_hand)}.items() if value is not None}
    return mark_matrices(spec.spec, kernel, given, options, marking.rules(None))


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


def beside_sheets(path: str, sheets: Path) -> None:
    """Refuses to write among the answer sheets, where the next run would take feedback for a sheet."""
    if Path(path).resolve().is_relative_to(sheets.resolve()):
        raise UsageError(
            f"{brief(path)} lies in the folder of the sheets, and would be marked on the next run",
            f"such as {sheets.resolve().name}-marked, a folder beside",
        )


@dataclass(frozen=True)
class Files:
    """The files for each student, and their folders."""

    report: Report
    feedback: str | None
    format: str
    gradescope: str | None
    show_answers: bool
    explain: bool
    show_slips: bool
    language: Language
    alone: bool = False
    """Whether there is one student: the results have no folder, as Gradescope wants them."""

    def prepare(self, sheets: Path) -> None:
        """Makes the folders, which stand outside of that of the sheets; raises CnncalcError."""
        from cnncalc.render.output import make_folder
        from cnncalc.render.writer import writer_of

        writer_of(self.format)
        for folder in filter(None, (self.feedback, self.gradescope)):
            beside_sheets(folder, sheets)
            make_folder(folder)

    def write(self, graded: Graded, name: str) -> None:
        """Writes a student's files, under a name that file systems take."""
        from cnncalc.render.homework.feedback import feedback
        from cnncalc.render.homework.gradescope import results
        from cnncalc.render.output import emit, make_folder
        from cnncalc.render.writer import writer_of

        choices = {"show_answers": self.show_answers}
        if graded.marked is not None and not self.show_slips:
            graded = replace(graded, marked=graded.marked.without_slips())
        if self.feedback:
            writer = writer_of(self.format, self.language)
            document = feedback(graded, self.report, explain=self.explain, **choices)
            emit(writer.pieces(document), str(Path(self.feedback) / (name + writer.SUFFIX)))
        if self.gradescope:
            folder = Path(self.gradescope)
            if not self.alone:
                folder /= name
                make_folder(str(folder))
            emit([results(graded, self.language, **choices)], str(folder / "results.json"))


def graded(
    folder: str | None,
    key: Key,
    rules: Rules,
    files: Files,
    output: OutputOptions,
    variants: str | None = None,
) -> tuple[list[dict[str, Any]], Statistics]:
    """Marks every sheet of a folder or archive, and writes what is wanted: what is kept of the students.

    `variants` is a folder with the spec of each student's own network.
    """
    from cnncalc.homework.class_archive import unpacked

    if folder is None:
        raise UsageError("which folder?", "cnncalc grade lenet5 sheets/")
    files.prepare(Path(folder))
    if variants is not None and (rules.conventions or rules.roundings):
        raise UsageError(
            "--variants says nothing to a marking file that accepts other ways of counting",
            "leave one of them out",
        )
    own = None if variants is None else _own_keys(variants, key)
    with unpacked(Path(folder)) as place:
        return _graded(folder, place, key, rules, files, output, own)


def _own_keys(folder: str, key: Key) -> Callable[[str], Key]:
    """The key of each student's own network, whose spec a folder holds under the student's name.

    Raises CnncalcError where there is no such folder, or no spec in it.
    """
    from functools import lru_cache

    from cnncalc.homework.key import Key
    from cnncalc.loading import load
    from cnncalc.render.homework.feedback import FileNames
    from cnncalc.render.homework.quiz_files import SPEC

    try:
        specs = {path.stem.casefold(): path for path in Path(folder).iterdir() if path.suffix == SPEC}
    except (OSError, ValueError) as error:
        fault = Fault("unreadable_file", f"can't be read: {reason_of(error)}", "", Place(folder))
        raise CnncalcError(fault) from None
    if not specs:
        message, help = (
            "holds no spec of a network",
            "cnncalc quiz SPEC --students names.txt -o folder writes them",
        )
        raise CnncalcError(Fault("no_sheets", message, help, Place(folder)))
    settings = key.report.settings

    @lru_cache(maxsize=64)
    def own(student: str) -> Key:
        path = specs.get(FileNames().of(student).casefold())
        if path is None:
            message = f"no network of this student's own is in {Path(folder).name}"
            raise CnncalcError(Fault("no_sheets", message))
        return Key(load(str(path)).analyze(layout=settings.layout, dtype=settings.dtype))

    return own


def _graded(
    folder: str,
    place: Path,
    key: Key,
    rules: Rules,
    files: Files,
    output: OutputOptions,
    own: Callable[[str], Key] | None,
) -> tuple[list[dict[str, Any]], Statistics]:
    """The class of a folder, which was unpacked at a place."""
    from cnncalc.homework.grading import Graded, Sheets, Statistics, asked_of_class, fault_of, grade
    from cnncalc.homework.marking import questions
    from cnncalc.homework.students import submissions
    from cnncalc.render.homework.feedback import FileNames
    from cnncalc.render.homework.grading import summary
    from cnncalc.render.problems import MOST

    try:
        found, over = submissions(place, alone=files.alone)
    except CnncalcError as error:
        if files.gradescope:
            # the platform wants its file whatever happened
            none = Graded("", folder, None, rules.out_of(questions(key, {}, rules)), fault_of(error))
            replace(files, alone=True).write(none, "")
        raise
    output.warn([f"{name}: passed over, no sheet" for name in over], MOST)
    files = replace(files, alone=files.alone or len(found) == 1)
    sheets = Sheets(key, rules, own)
    asked = asked_of_class(key, output.track(found, len(found), "reading"), rules, sheets)
    if files.gradescope and len(found) == 1 and not rules.says_questions:
        note = "one sheet alone says what is asked: --columns shape,params asks the same of every student"
        output.warn([note])
    names, students, statistics = FileNames(), [], Statistics(asked)
    for each in output.track(grade(found, rules, asked, sheets), len(found), "marking"):
        # an archive's files stand elsewhere for as long as they are marked
        unpacked = place != Path(folder)
        one = replace(each, file=each.file.replace(str(place), folder, 1)) if unpacked else each
        statistics.add(one)
        meant = replace(files, report=own(one.student).report) if own and one.marked else files
        meant.write(one, names.of(one.student))
        students.append(summary(one))
    sheets.close()
    return students, statistics
