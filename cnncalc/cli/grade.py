"""`cnncalc grade`: a class."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import OutputOptions, SpecOptions, takes
from cnncalc.cli.homework import MarkingOptions


@takes(SpecOptions, OutputOptions, MarkingOptions)
def run(
    spec: SpecOptions,
    output: OutputOptions,
    marking: MarkingOptions,
    folder: Annotated[
        str | None, Argument(help="The folder of the sheets, named for the students.", metavar="FOLDER")
    ] = None,
    csv: Annotated[str | None, Option(help="A file for the marks.", metavar="FILE")] = None,
    feedback: Annotated[str | None, Option(help="A folder for a file a student.", metavar="DIR")] = None,
    feedback_format: Annotated[str, Option(help="markdown or html.", metavar="FORMAT")] = "markdown",
    gradescope: Annotated[
        str | None, Option(help="A folder for results.json, as Gradescope takes it.", metavar="DIR")
    ] = None,
    show_answers: Annotated[bool, Option("--show-answers", help="Feedback says the right answers.")] = False,
    explain: Annotated[bool, Option("--explain", help="Feedback works out all that is wrong.")] = False,
    submission: Annotated[
        bool, Option("--submission", help="The folder is one student's, as an autograder has it.")
    ] = False,
) -> None:
    """Marks a whole class. A table, the slips that cost most, a file for each student.

    cnncalc grade lenet5 sheets/ --csv marks.csv --feedback notes/

    cnncalc grade lenet5 sheets/ --gradescope results/
    """
    from cnncalc.cli import homework
    from cnncalc.render.homework.grading import class_csv, class_table, for_excel, slips_table
    from cnncalc.render.output import emit, show_table
    from cnncalc.render.tables.table import written

    report = spec.report()
    files = homework.Files(report, feedback, feedback_format, gradescope, show_answers, explain, submission)
    students, statistics = homework.graded(folder, marking.rules(), files, output)
    if csv is not None:
        emit(for_excel(written(class_csv(students), "csv")), csv)
    table = class_table(students, report.settings.network, statistics)
    if output.format == "csv":
        table = class_csv(students)
    show_table(table, output.format, output.output, output.color)
    if output.format in ("table", "markdown") and statistics.slips and output.output is None:
        emit(["\n"])
        show_table(slips_table(statistics), output.format, None, output.color)
