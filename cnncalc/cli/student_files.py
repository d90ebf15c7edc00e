"""A class of answer sheets: each is marked, and the files for its student are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.cli.common import OutputOptions
from cnncalc.errors import CnncalcError, Fault, Place, UsageError, brief, reason_of

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.homework.answers import Rules
    from cnncalc.homework.grading import Graded, Statistics
    from cnncalc.homework.key import Key
    from cnncalc.languages import Language


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
    """Marks every sheet of a folder or archive, and writes the files asked for: the summary of each student.

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
