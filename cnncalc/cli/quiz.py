"""`cnncalc quiz`: questions with keys."""

from typing import Annotated

from typer import Option

from cnncalc.cli.common import FORMAT, LANG
from cnncalc.render.writers import PAGE

PURPOSE = "Teach"


def run(
    seed: Annotated[int, Option(help="The same seed gives the same questions.", metavar="N")] = 1,
    count: Annotated[int, Option("--count", "-n", help="How many questions.", metavar="N", min=1)] = 6,
    level: Annotated[
        list[int] | None,
        Option(help="1 one layer, 2 a small network, 3 backwards and why; all unless said.", metavar="LEVEL"),
    ] = None,
    format: Annotated[
        str | None,
        Option(help=f"gift, moodle, {FORMAT} Asked in the terminal unless said.", metavar="FORMAT"),
    ] = None,
    output: Annotated[
        str | None,
        Option("--output", "-o", help="A file for the quiz; a folder for variants.", metavar="FILE"),
    ] = None,
    no_key: Annotated[bool, Option("--no-key", help="The questions without the key.")] = False,
    variants: Annotated[
        int | None,
        Option(help="So many variants, each with its key in a file beside it.", metavar="N", min=1, max=1000),
    ] = None,
    students: Annotated[
        str | None, Option(help="A file of names, one a line: a variant for each.", metavar="FILE")
    ] = None,
    no_color: Annotated[bool, Option("--no-color", help="No colour.")] = False,
    lang: Annotated[str | None, Option(help=LANG, metavar="LANGUAGE")] = None,
) -> None:
    """Questions with keys. In the terminal, slips named at once; or as Markdown, GIFT, Moodle XML.

    cnncalc quiz --level 1

    cnncalc quiz --seed 7 --format moodle -o quiz.xml

    cnncalc quiz --students names.txt --format markdown -o variants/

    cnncalc quiz --level 3 --format gift --lang zh
    """
    import sys

    from cnncalc.homework.quiz import make_quiz
    from cnncalc.languages import language
    from cnncalc.render.homework.quiz_files import names_of, write_quiz, write_variants

    spoken = language(lang)
    levels = tuple(level or (1, 2, 3))
    if variants is not None or students is not None:
        names = names_of(variants, students)
        write_variants(names, seed, count, levels, format or PAGE, output, spoken, key=not no_key)
    elif (
        format is not None
        or output is not None
        or not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout))
    ):
        questions = make_quiz(seed, count, levels)
        write_quiz(questions, seed, format or PAGE, output, spoken, key=not no_key)
    else:
        from cnncalc.render.homework.quiz_terminal import play

        play(make_quiz(seed, count, levels), str(seed), spoken, False if no_color else None)
