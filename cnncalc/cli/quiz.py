"""`cnncalc quiz`: questions with keys."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from typer import Option

from cnncalc.cli.common import FORMAT, LANG, SpecOptions, refuse_given, with_option_groups
from cnncalc.errors import UsageError
from cnncalc.render.writers import PAGE

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.homework.quiz import Quiz, Wish

PURPOSE = "Teach"


@with_option_groups(SpecOptions)
def run(
    spec: SpecOptions,
    ask: Annotated[
        str, Option(help="Of SPEC: what is asked, such as shape,params,rf,total.", metavar="NAMES")
    ] = "",
    layers: Annotated[
        str, Option(help="Of SPEC: the layers that are asked about, such as conv1,fc*.", metavar="NAMES")
    ] = "",
    type: Annotated[
        str,
        Option(help="How answers are given: choice, number, or table to fill in.", metavar="TYPE"),
    ] = "choice",
    tolerance: Annotated[
        str, Option(help="How far off a number that is typed in may be, such as 1%.", metavar="PART")
    ] = "0",
    seed: Annotated[int, Option(help="The same seed gives the same questions.", metavar="N")] = 1,
    count: Annotated[
        int | None, Option("--count", "-n", help="How many questions; 6 unless said.", metavar="N", min=1)
    ] = None,
    level: Annotated[
        list[int] | None,
        Option(help="1 one layer, 2 a small network, 3 backwards and why; all unless said.", metavar="LEVEL"),
    ] = None,
    format: Annotated[
        str | None,
        Option(
            help="blackboard, gift, h5p, moodle, nbgrader, otter, qti12, qti21, qti30, rexams, pdf, "
            f"{FORMAT} "
            "Asked in the terminal unless said.",
            metavar="FORMAT",
        ),
    ] = None,
    output: Annotated[
        str | None,
        Option("--output", "-o", help="A file for the quiz; a folder for variants.", metavar="FILE"),
    ] = None,
    picture: Annotated[
        bool, Option("--picture", help="Of SPEC: a picture of the network with each question.")
    ] = False,
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
    """Questions with keys. In the terminal, slips named at once; or on paper, or for a learning platform.

    cnncalc quiz --level 1

    cnncalc quiz lenet5 --ask params,rf --layers "CONV*"

    cnncalc quiz lenet5 --type table -o quiz.xml

    cnncalc quiz --students names.txt --format markdown -o variants/

    cnncalc quiz --level 3 --format qti12 -o canvas.zip --lang zh
    """
    import sys

    from cnncalc.homework.answers import read_share
    from cnncalc.homework.questions import Question, say
    from cnncalc.homework.quiz import USUAL_COUNT, Quiz, Wish, make_quiz, network_quiz
    from cnncalc.languages import language
    from cnncalc.render.homework.quiz_files import format_of, names_of, write_quiz, write_variants

    spoken = language(lang)
    wish = Wish(ask, layers, type, read_share("--tolerance", tolerance), count)
    report = _network(spec, wish, level)
    drawing = _picture(report, wish, lang) if picture else ""

    def drawn(own: str) -> list[Question]:
        if report is not None:
            return network_quiz(report, own, wish)
        return wish.answered(
            make_quiz(own, USUAL_COUNT if count is None else count, tuple(level or (1, 2, 3)))
        )

    def titled(name: str = "") -> str:
        named = {"name": name} if name else {}
        if report is None:
            return say("title_of" if name else "title", seed=seed, **named)
        network = report.settings.network
        return say(
            "title_of_network_for" if name else "title_of_network", network=network, seed=seed, **named
        )

    format = format_of(format, None if variants or students else output)
    if variants is not None or students is not None:
        refuse_given("variants", {"--picture": picture}, "cnncalc draw draws the network of each")
        named = names_of(variants, students, own_files=report is not None)
        quizzes: Iterable[tuple[str, Quiz, str]]
        if report is None:
            quizzes = (
                (name, Quiz(titled(name), f"{seed} {name}", drawn(f"{seed} {name}")), "") for name in named
            )
        else:
            quizzes = _of_networks(report, named, seed, wish, titled)
        write_variants(quizzes, format or PAGE, output, spoken, key=not no_key)
    elif (
        format is not None
        or output is not None
        or type == "table"
        or not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout))
    ):
        quiz = Quiz(titled(), str(seed), drawn(str(seed)), drawing)
        write_quiz(quiz, format or PAGE, output, spoken, key=not no_key)
    else:
        from cnncalc.render.homework.quiz_terminal import play

        refuse_given("the terminal", {"--picture": picture}, "it goes with --format moodle, qti21 or qti30")
        play(drawn(str(seed)), str(seed), spoken, False if no_color else None)


def _network(spec: SpecOptions, wish: "Wish", level: list[int] | None) -> "Report | None":
    """The numbers of the network that is asked about, None for questions that are drawn.

    Options that would say nothing are refused.
    """
    from cnncalc.homework.answers import read_columns
    from cnncalc.quantity import QUANTITIES

    if wish.type == "choice":
        refuse_given("choices", {"--tolerance": wish.tolerance}, "it goes with --type number and table")
    if spec.spec is None:
        spec.refuse("questions that are drawn", but=("spec",), help="options of a network go with SPEC")
        said = {"--ask": wish.ask, "--layers": wish.layers, "--type table": wish.type == "table"}
        refuse_given("questions that are drawn", said, "what goes with a network needs SPEC, such as lenet5")
        return None
    spec.refuse("a quiz, which asks for the textbook's numbers of one sample", "convention", "batch")
    refuse_given("a quiz on a network of one's own", {"--level": level})
    if all(
        QUANTITIES[quantity].unit != "bytes"
        for asked in read_columns(wish.ask, "--ask")
        for quantity in asked
    ):
        spec.refuse("these questions", "dtype")
    if wish.type == "table":
        refuse_given("one table", {"--count": wish.wanted})
    return spec.report()


def _of_networks(
    report: "Report", names: Sequence[str], seed: int, wish: "Wish", titled: Callable[[str], str]
) -> "Iterator[tuple[str, Quiz, str]]":
    """A quiz for each name on a network of its own, and the spec of that network."""
    from cnncalc.convert.specs import spec_of
    from cnncalc.homework.quiz import Quiz, network_variant

    for name in names:
        own, questions = network_variant(report, seed, name, wish)
        settings = own.settings
        spec = spec_of(own.graph, name=settings.network, layout=settings.layout)
        yield name, Quiz(titled(name), f"{seed} {name}", questions), spec


def _picture(report: "Report | None", wish: "Wish", lang: str | None) -> str:
    """The picture of the network, as SVG; raises UsageError where the picture would tell what is asked."""
    from cnncalc.figures import draw, write
    from cnncalc.homework.answers import read_columns
    from cnncalc.homework.questions.of_network import USUAL
    from cnncalc.homework.quiz import TOLD_BY_PICTURES

    if report is None:
        refuse_given("questions that are drawn", {"--picture": True}, "it goes with SPEC")
    quantities, totals = read_columns(wish.ask, "--ask")
    if TOLD_BY_PICTURES & {*(quantities or (() if totals else USUAL)), *totals}:
        help = "--ask params,rf asks what a picture does not show"
        raise UsageError("--picture would show the shapes that are asked for", help)
    return write(draw(report, lang=lang))
