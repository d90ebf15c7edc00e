"""`cnncalc grade`: a class."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import FORMAT, OutputOptions, SpecOptions, refuse_given, with_option_groups
from cnncalc.cli.homework import MarkingOptions
from cnncalc.render.writers import PAGE

PURPOSE = "Teach"


@with_option_groups(SpecOptions, OutputOptions, MarkingOptions)
def run(
    spec: SpecOptions,
    output: OutputOptions,
    marking: MarkingOptions,
    folder: Annotated[
        str | None, Argument(help="The folder of the sheets, named for the students.", metavar="FOLDER")
    ] = None,
    csv: Annotated[str | None, Option(help="A file for the marks.", metavar="FILE")] = None,
    feedback: Annotated[str | None, Option(help="A folder for a file a student.", metavar="DIR")] = None,
    feedback_format: Annotated[str, Option(help=FORMAT, metavar="FORMAT")] = PAGE,
    gradescope: Annotated[
        str | None, Option(help="A folder for results.json, as Gradescope takes it.", metavar="DIR")
    ] = None,
    show_answers: Annotated[bool, Option("--show-answers", help="Feedback says the right answers.")] = False,
    explain: Annotated[bool, Option("--explain", help="Feedback works out all that is wrong.")] = False,
    statistics: Annotated[
        bool, Option("--statistics", help="The spread, each question's discrimination, every answer.")
    ] = False,
    variants: Annotated[
        str | None,
        Option(help="The folder of the students' own networks, as quiz --students writes.", metavar="DIR"),
    ] = None,
    submission: Annotated[
        bool, Option("--submission", help="The folder is one student's, as an autograder has it.")
    ] = False,
) -> None:
    """Marks a whole class. A table, the slips that cost most, a file for each student.

    cnncalc grade lenet5 sheets/ --csv marks.csv --feedback notes/

    cnncalc grade lenet5 sheets/ --gradescope results/

    cnncalc grade lenet5 sheets/ --statistics --format html -o exam.html
    """
    from cnncalc.cli import student_files
    from cnncalc.cli.homework import key_and_rules
    from cnncalc.render.homework.grading import class_document, for_excel
    from cnncalc.render.output import emit
    from cnncalc.render.writer import written
    from cnncalc.render.writers import SPREADSHEET

    spec.refuse("answers, which are held to the textbook's numbers", "convention")
    if feedback is None:
        said = {"--feedback-format": feedback_format != PAGE, "--explain": explain}
        said |= {"--show-answers": show_answers and gradescope is None}
        refuse_given("marks alone", said, "it goes with --feedback DIR")
    if csv is not None and folder is not None:
        student_files.beside_sheets(csv, Path(folder))
    report = spec.report()
    key, rules = key_and_rules(spec, report, marking)
    files = student_files.Files(
        report,
        feedback,
        feedback_format,
        gradescope,
        show_answers or "answers" in rules.shown,
        explain or "working" in rules.shown,
        "slips" in rules.shown,
        output.language,
        submission,
    )
    students, found = student_files.graded(folder, key, rules, files, output, variants)
    document = class_document(students, report.settings.network, found, analysed=statistics)
    if csv is not None:
        emit(for_excel(written(document, SPREADSHEET)), csv)
    output.show(document, explains=True)
