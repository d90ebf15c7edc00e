"""A quiz in Blackboard's format to upload: a line for each question, its parts between tabs."""

from collections.abc import Iterator

from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import Quiz
from cnncalc.render.homework.quiz_formats import QuizWriter, holes_of


class Writer(QuizWriter):
    """Multiple choice, a number with its tolerance, or several blanks. The format has no feedback."""

    SUFFIX = ".txt"
    HAS_TOLERANCE = False

    def pieces(self, quiz: Quiz) -> Iterator[str]:
        for question in quiz.questions:
            yield "\t".join(self._parts(quiz, question)) + "\n"

    def _parts(self, quiz: Quiz, question: Question) -> Iterator[str]:
        if question.choices:
            yield from ("MC", self.html(question))
            for text, is_key, _ in question.shuffled(quiz.seed):
                yield from (self.text(text), "correct" if is_key else "incorrect")
        elif len(question.blanks) == 1:
            (blank,) = question.blanks
            yield from ("NUM", self.html(question), str(blank.value))
            yield f"{float(question.tolerance * blank.value):g}"
        else:
            yield from ("FIB_PLUS", self.html(question, lambda number, _: f"[b{number}]"))
            for number, blank in enumerate(holes_of(question), 1):
                # an empty part ends the answers of a blank
                spellings = dict.fromkeys((str(blank.value), f"{blank.value:,}"))
                yield from ([] if number == 1 else [""])
                yield from (f"b{number}", *spellings)

    def text(self, text: str) -> str:
        # a name in brackets is no blank
        return super().text(text).replace("[", "&#91;").replace("]", "&#93;")
