"""`cnncalc check`: an answer sheet, marked."""

from typing import Annotated

from typer import Argument, Exit, Option

from cnncalc.cli.common import OutputOptions, SpecOptions, refuse_given, with_option_groups
from cnncalc.cli.homework import ConvolvingOptions, MarkingOptions
from cnncalc.cli.one_layer import LayerFlags

PURPOSE = "Teach"
TAKES_NUMBERS = True


@with_option_groups(SpecOptions, LayerFlags, OutputOptions, MarkingOptions, ConvolvingOptions)
def run(
    spec: SpecOptions,
    flags: LayerFlags,
    output: OutputOptions,
    marking: MarkingOptions,
    by_hand: ConvolvingOptions,
    answers: Annotated[
        list[str] | None,
        Argument(
            help="The sheet: YAML, JSON, CSV, a Markdown table, .xlsx; - is standard input.",
            metavar="ANSWERS",
        ),
    ] = None,
    answer: Annotated[
        list[str] | None, Option(help="One answer, such as params=450.", metavar="QUANTITY=VALUE")
    ] = None,
    show_answers: Annotated[bool, Option("--show-answers", help="Show the right answers.")] = False,
    explain: Annotated[bool, Option("--explain", help="The right working of all that is wrong.")] = False,
    convolve: Annotated[
        bool,
        Option("--convolve", help="SPEC is an image, ANSWERS kernels, as cnncalc convolve takes them."),
    ] = False,
    template: Annotated[bool, Option("--template", help="Write an empty sheet to hand out.")] = False,
) -> None:
    """Marks an answer sheet, naming the slips. Right, wrong, right from a wrong earlier answer, missing.

    cnncalc check lenet5 answers.csv

    cnncalc check --conv 5x5x3 --filters 6 --answer params=450 --explain

    cnncalc check --convolve "1 1 1; 0 1 1" "1 0; 0 1" --answer "2 2"

    cnncalc check --convolve "1 2; 3 4" "1 0; 0 1" --gradient 2 --answer db=2

    cnncalc check lenet5 --template -o sheet.csv
    """
    from cnncalc.cli import homework
    from cnncalc.render.homework.marking import marked_document
    from cnncalc.render.problems import MOST

    spec.refuse("answers, which are held to the textbook's numbers", "convention")
    own: dict[str, object] = {"--answer": answer, "--show-answers": show_answers, "--explain": explain}
    if template:
        what = "an empty sheet"
        spec.refuse(what, "batch", "dtype", "layout", "rounding")
        flags.refuse(what)
        marking.refuse(what, but=("columns", "marking"))
        output.refuse(what, "lang")
        by_hand.refuse(what)
        own |= {"--convolve": convolve, "ANSWERS": answers}
        refuse_given(what, own)
        homework.write_template(spec, marking, output)
        return
    if convolve:
        what = "matrices"
        spec.refuse(what, but=("spec",))
        flags.refuse(what, but=("stride", "padding", "dilation"))
        marking.refuse(what, but=("partial",))
        refuse_given(what, {"--explain": explain})
        marked = homework.marked_matrix(spec, flags, marking, by_hand, answers or [], answer or [])
        document = marked_document(marked, show_answers=show_answers)
    else:
        by_hand.refuse("anything but --convolve")
        report, marked, rules = homework.marked(spec, flags, marking, answers or [], answer or [])
        output.warn(marked.notes, MOST)
        title = report.settings.network if flags.kind is None else ""
        document = marked_document(
            marked if "slips" in rules.shown else marked.without_slips(),
            title,
            show_answers=show_answers or "answers" in rules.shown,
            report=report,
            everything=explain or "working" in rules.shown,
        )
    if not marked.answers:
        output.warn(["nothing is marked: no answer of the sheet belongs to a layer"])
    output.show(document, explains=True)
    if not marked.all_right:
        raise Exit(1)
