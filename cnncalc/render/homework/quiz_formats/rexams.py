"""A quiz as exercises of R/exams: a zip of R Markdown, one file a question."""

import re
from collections.abc import Iterator

from cnncalc.homework.questions import Question, Worked
from cnncalc.homework.quiz import Quiz
from cnncalc.render.homework.quiz_formats import PackageWriter, holes_of
from cnncalc.render.homework.quiz_network import network_table
from cnncalc.render.writer import writer_of

_HOLES = re.compile(r"(\\?#)(?=\\?#)")
"""The two signs around a hole."""
_ACCENT = re.compile(r"\\?`")


class Writer(PackageWriter):
    """Exercises of the types schoice, num and cloze."""

    def files(self, quiz: Quiz) -> Iterator[tuple[str, str]]:
        for number, question in enumerate(quiz.questions, 1):
            text = "\n".join(self._lines(quiz, question)) + "\n"
            # R runs what stands between grave accents, a backslash before them or not
            yield f"q{number:03}.Rmd", _ACCENT.sub("&#96;", text)

    def _lines(self, quiz: Quiz, question: Question) -> Iterator[str]:
        line = writer_of("markdown", self.language).line

        def write(text: str) -> str:
            # no name is taken for a hole
            return _HOLES.sub(r"\1 ", line(text))

        choices = question.shuffled(quiz.seed) if question.choices else []
        blanks = holes_of(question)
        yield from _heading("Question", "=")
        yield write(question.text)
        yield from self._network(question)
        if question.blanks and len(blanks) > 1:
            yield ""
            yield " x ".join(f"##ANSWER{at}##" for at in range(1, len(blanks) + 1))
        if choices:
            yield from _heading("Answerlist", "-")
            yield from (f"* {write(text)}" for text, _, _ in choices)
        yield from _heading("Solution", "=")
        for each in question.working:
            yield f"${each.latex}$\n" if isinstance(each, Worked) else f"{write(each)}\n"
        # which of the many numbers of a table a sentence is about can't be told
        wrong = [each for blank in question.blanks for each in blank.wrong if not choices]
        for value, said in dict.fromkeys(wrong):
            yield f"{value}: {write(said)}\n"
        if choices:
            yield from _heading("Answerlist", "-")
            yield from (f"* {is_key}. {write(said)}".rstrip(". ") + "." for _, is_key, said in choices)
        yield from _heading("Meta-information", "=")
        yield f"exname: {question.id}"
        yield f"extype: {'schoice' if choices else 'num' if len(blanks) == 1 else 'cloze'}"
        if choices:
            yield f"exsolution: {''.join(str(int(is_key)) for _, is_key, _ in choices)}"
            return
        yield f"exsolution: {'|'.join(str(blank.value) for blank in blanks)}"
        if len(blanks) > 1:
            yield f"exclozetype: {'|'.join(['num'] * len(blanks))}"
        yield f"extol: {'|'.join(f'{float(question.tolerance * blank.value):g}' for blank in blanks)}"

    def _network(self, question: Question) -> Iterator[str]:
        """The network as a table, in which ##ANSWER1## is the first hole."""
        if question.network is None:
            return
        count = 0
        # a word that no name is
        mark = question.id.replace("-", "")

        def holes(blanks: tuple[object, ...]) -> str:
            nonlocal count
            count += len(blanks)
            return " x ".join(f"{mark}n{at}n" for at in range(count - len(blanks) + 1, count + 1))

        table = network_table(question.network, question.grid, holes)
        text = "".join(writer_of("markdown", self.language).table(table)).rstrip()
        yield ""
        text = _HOLES.sub(r"\1 ", text)
        for at in range(1, count + 1):
            text = text.replace(f"{mark}n{at}n", f"##ANSWER{at}##")
        yield text


def _heading(text: str, line: str) -> Iterator[str]:
    yield f"\n{text}\n{line * len(text)}\n"
