"""A quiz in Moodle XML: choices, numbers, and tables to fill in; each wrong answer has the slip behind it."""

from base64 import b64encode
from collections.abc import Iterator
from html import escape

from cnncalc.homework.questions import Blank, Question
from cnncalc.homework.quiz import Quiz
from cnncalc.plain_text import visible
from cnncalc.render.homework.quiz_formats import PICTURE, QuizWriter


class Writer(QuizWriter):
    """Moodle XML. A shape or a table is a cloze question of numbers."""

    SUFFIX = ".xml"
    HAS_PICTURES = True

    def pieces(self, quiz: Quiz) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n'
        # a stroke parts categories, two are one that is meant
        category = _xml(f"$course$/{self.tell(quiz.title).replace('/', '//')}")
        yield f' <question type="category">\n  <category><text>{category}</text></category>\n </question>\n'
        for number, question in enumerate(quiz.questions, 1):
            kind = (
                "multichoice" if question.choices else "numerical" if len(question.blanks) == 1 else "cloze"
            )
            name = _xml(f"{number}: {self.tell(quiz.name(question))}")
            yield f' <question type="{kind}">\n  <name><text>{name}</text></name>\n'
            yield f'  <questiontext format="html">{self._asked(quiz, question, kind)}</questiontext>\n'
            yield f'  <generalfeedback format="html">{_text(self.working(question))}</generalfeedback>\n'
            if kind != "cloze":
                yield "  <defaultgrade>1</defaultgrade>\n"
            yield f"  <idnumber>{question.id}</idnumber>\n"
            if kind == "multichoice":
                yield from self._choices(quiz, question)
            elif kind == "numerical":
                yield from self._numbers(question)
            tags = "".join(f"<tag>{_text(self.tell(tag))}</tag>" for tag in ("cnncalc", *quiz.tags(question)))
            yield f"  <tags>{tags}</tags>\n </question>\n"
        yield "</quiz>\n"

    def _asked(self, quiz: Quiz, question: Question, kind: str) -> str:
        hole = (lambda _, blank: self._hole(question, blank)) if kind == "cloze" else None
        html = self.html(question, hole)
        if not quiz.picture:
            return _text(html)
        held = b64encode(quiz.picture.encode()).decode()
        file = f'<file name="{PICTURE}" path="/" encoding="base64">{held}</file>'
        return _text(html + self.image(f"@@PLUGINFILE@@/{PICTURE}", question)) + file

    def text(self, text: str) -> str:
        # a name in brackets is no hole
        return super().text(text).replace("{", "&#123;")

    def _choices(self, quiz: Quiz, question: Question) -> Iterator[str]:
        yield "  <single>true</single>\n  <shuffleanswers>true</shuffleanswers>\n"
        yield "  <answernumbering>abc</answernumbering>\n"
        for text, is_key, said in question.shuffled(quiz.seed):
            yield f'  <answer fraction="{100 if is_key else 0}" format="html">{_text(self.text(text))}'
            yield f'<feedback format="html">{_text(self.text(said))}</feedback></answer>\n'

    def _numbers(self, question: Question) -> Iterator[str]:
        (blank,) = question.blanks
        yield self._number(blank.value, 100, f"{float(question.tolerance * blank.value):g}", "")
        for value, said in blank.wrong:
            yield self._number(value, 0, "0", said)
        yield "  <unitgradingtype>0</unitgradingtype>\n  <showunits>3</showunits>\n"

    def _number(self, value: int, fraction: int, tolerance: str, said: str) -> str:
        feedback = f'<feedback format="html">{_text(self.text(said))}</feedback>'
        return (
            f'  <answer fraction="{fraction}"><text>{value}</text>{feedback}'
            f"<tolerance>{tolerance}</tolerance></answer>\n"
        )

    def _hole(self, question: Question, blank: Blank) -> str:
        """A number in the midst of a text, as Moodle has it: {1:NUMERICAL:=28:0~%0%30:0#feedback}."""
        answers = [f"={blank.value}:{float(question.tolerance * blank.value):g}"]
        answers += [f"%0%{value}:0#{self._in_hole(said)}" for value, said in blank.wrong]
        return f"{{1:NUMERICAL:{'~'.join(answers)}}}"

    def _in_hole(self, text: str) -> str:
        """Text in which nothing is a sign of a hole."""
        return "".join(f"&#{ord(sign)};" if sign in _SIGNS else sign for sign in visible(self.tell(text)))


_SIGNS = frozenset('&<>{}~#%=:\\/"')


def _xml(text: str) -> str:
    return escape(visible(text), quote=False)


def _text(html: str) -> str:
    """HTML, which the XML holds as text."""
    return f"<text>{_xml(html)}</text>"
