"""A quiz in Moodle XML: multiple choice, each wrong choice with the slip behind it as its feedback."""

from collections.abc import Iterator, Sequence
from html import escape

from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import level_name
from cnncalc.languages import Language
from cnncalc.plain_text import visible

SUFFIX = ".xml"


def written(questions: Sequence[Question], title: str, seed: str, language: Language) -> Iterator[str]:
    """The quiz, in pieces; the file is its own key."""
    tell = language.tell
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n'
    # a stroke parts categories, two are one that is meant
    category = _xml(f"$course$/{tell(title).replace('/', '//')}")
    yield f' <question type="category">\n  <category><text>{category}</text></category>\n </question>\n'
    for number, question in enumerate(questions, 1):
        name = _xml(f"{number}: {tell(level_name(question.level))}")
        yield f' <question type="multichoice">\n  <name><text>{name}</text></name>\n'
        yield f'  <questiontext format="html">{_html(tell(question.text))}</questiontext>\n'
        worked = "<br>".join(f"<code>{_xml(line)}</code>" for line in question.working)
        yield f'  <generalfeedback format="html"><text>{_xml(worked)}</text></generalfeedback>\n'
        yield "  <defaultgrade>1</defaultgrade>\n  <single>true</single>\n"
        yield "  <shuffleanswers>true</shuffleanswers>\n  <answernumbering>abc</answernumbering>\n"
        for text, is_key, said in question.shuffled(seed):
            yield f'  <answer fraction="{100 if is_key else 0}" format="html">{_html(tell(text))}'
            yield f'<feedback format="html">{_html(tell(said))}</feedback></answer>\n'
        yield " </question>\n"
    yield "</quiz>\n"


def _xml(text: str) -> str:
    return escape(visible(text), quote=False)


def _html(text: str) -> str:
    # the text is HTML, which the XML holds as text
    return f"<text>{_xml(_xml(text))}</text>"
