"""A quiz in GIFT, the text format that Moodle and others import."""

import re
from collections.abc import Iterator

from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import Quiz
from cnncalc.plain_text import visible
from cnncalc.render.homework.quiz_formats import QuizWriter


class Writer(QuizWriter):
    """GIFT. A shape is a short answer in its usual spellings, a number has its tolerance."""

    SUFFIX = ".gift"
    HAS_TABLES = False
    HAS_TOLERANCE = False

    def pieces(self, quiz: Quiz) -> Iterator[str]:
        yield f"// {visible(self.tell(quiz.title))}\n"
        for number, question in enumerate(quiz.questions, 1):
            name = f"{self.tell(quiz.title)} {number}: {self.tell(quiz.name(question))}"
            tags = "".join(f" [tag:{self._tag(tag)}]" for tag in quiz.tags(question))
            yield f"\n// [id:{question.id}]{tags}\n::{_escaped(visible(name))}::"
            if question.network is None:
                yield f"[plain]{self._line(question, question.text)}"
            else:
                yield f"[html]{_escaped(self.html(question))}"
            yield " {" + ("#" if len(question.blanks) == 1 and not question.choices else "") + "\n"
            yield from self._answers(quiz, question)
            if question.working:
                yield f"  ####{self._line(question, '; '.join(question.working))}\n"
            yield "}\n"

    def _answers(self, quiz: Quiz, question: Question) -> Iterator[str]:
        if question.choices:
            for text, is_key, said in question.shuffled(quiz.seed):
                yield self._answer(question, "=" if is_key else "~", text, said)
        elif len(question.blanks) == 1:
            (blank,) = question.blanks
            yield f"  =%100%{blank.value}:{float(question.tolerance * blank.value):g}\n"
            for value, said in blank.wrong:
                yield f"  =%0%{value}:0#{self._line(question, said)}\n"
        else:
            for between in ("x", " x ", ",", ", "):
                sizes = between.join(str(blank.value) for blank in question.blanks)
                yield self._answer(question, "=", sizes)
                yield self._answer(question, "=", f"({sizes})")
            for choice in question.further:
                yield self._answer(question, "=%0%", choice.text, choice.feedback)

    def _answer(self, question: Question, mark: str, text: str, said: str = "") -> str:
        feedback = f"#{self._line(question, said)}" if said else ""
        return f"  {mark}{self._line(question, text)}{feedback}\n"

    def _line(self, question: Question, text: str) -> str:
        """A text in the question's own format, which is HTML where a network is shown."""
        return _escaped(self.text(text) if question.network else visible(self.tell(text)))

    def _tag(self, tag: str) -> str:
        return re.sub(r"[][{}]", "", visible(self.tell(tag)))


def _escaped(text: str) -> str:
    """Text without what GIFT takes for a sign."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", text)
