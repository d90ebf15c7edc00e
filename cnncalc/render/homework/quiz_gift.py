"""A quiz in GIFT, the text format that Moodle and others import."""

import re
from collections.abc import Iterator, Sequence

from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import level_name
from cnncalc.languages import Language
from cnncalc.plain_text import visible

SUFFIX = ".gift"


def written(questions: Sequence[Question], title: str, seed: str, language: Language) -> Iterator[str]:
    """The quiz, in pieces; a GIFT file is its own key."""
    tell = language.tell
    yield f"// {visible(tell(title))}\n"
    for number, question in enumerate(questions, 1):
        name = _escaped(f"{tell(title)} {number}: {tell(level_name(question.level))}")
        yield f"\n::{name}::[plain]{_escaped(tell(question.text))} {{\n"
        for text, is_key, said in question.shuffled(seed):
            feedback = f"#{_escaped(tell(said))}" if said else ""
            yield f"  {'=' if is_key else '~'}{_escaped(tell(text))}{feedback}\n"
        if question.working:
            yield f"  ####{_escaped('; '.join(question.working))}\n"
        yield "}\n"


def _escaped(text: str) -> str:
    """Text without what GIFT takes for a sign."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", visible(text))
