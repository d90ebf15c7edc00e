"""A quiz to be handed out: the questions with their choices, then the key with its working."""

from collections.abc import Iterator, Sequence

from cnncalc.homework.questions import Question, say
from cnncalc.languages import Joined
from cnncalc.render.document import (
    Block,
    Code,
    Column,
    Document,
    Line,
    List,
    Paragraph,
    Row,
    Section,
    Table,
    Title,
)
from cnncalc.render.json_text import json_text

_LETTERS = "abcd"


def quiz_document(
    questions: Sequence[Question], title: str, seed: str, *, asked: bool = True, key: bool = True
) -> Document:
    """The questions, their key, or both; `seed` shuffles the choices."""
    key_title = say("key", title=title)
    blocks: list[Block] = [Title(title if asked else key_title)]
    for number, question in enumerate(questions if asked else (), 1):
        blocks.append(Paragraph((f"{number}. ", question.text)))
        blocks.append(
            List([Joined([f"{letter})", text], " ") for letter, text, _, _ in _choices(question, seed)])
        )
    answers = [
        block for number, question in enumerate(questions, 1) for block in _key(number, question, seed)
    ]
    if key:
        blocks += [Section(key_title, answers)] if asked else answers
    return Document(blocks, data=lambda: _json(questions, title, seed, key), csv=_csv(questions, seed, key))


def _choices(question: Question, seed: str) -> list[tuple[str, str, bool, str]]:
    """The choices with their letters: text, whether it is the key, what is said to who chooses it."""
    return [(letter, *each) for letter, each in zip(_LETTERS, question.shuffled(seed), strict=False)]


def _key(number: int, question: Question, seed: str) -> Iterator[Block]:
    choices = _choices(question, seed)
    right = next(letter for letter, _, is_key, _ in choices if is_key)
    yield Paragraph((f"{number}. {right}) ", question.key))
    items: list[Line] = [Code(line) for line in question.working]
    items += [
        Joined([Joined([f"{letter})", text], " "), said], "colon")
        for letter, text, is_key, said in choices
        if said and not is_key
    ]
    yield List(items)


def _json(questions: Sequence[Question], title: str, seed: str, key: bool) -> Iterator[str]:
    told = []
    for question in questions:
        asked = {"question": question.text, "choices": [text for _, text, _, _ in _choices(question, seed)]}
        answer = {
            "feedback": [said for _, _, _, said in _choices(question, seed)],
            "key": question.key,
            "working": list(question.working),
        }
        told.append({**asked, **(answer if key else {}), "level": question.level})
    yield json_text({"title": title, "questions": told}, indent=1)


def _csv(questions: Sequence[Question], seed: str, key: bool) -> Table:
    columns = [Column(name, called=name) for name in ("question", *_LETTERS, *(["key"] if key else []))]
    rows = []
    for question in questions:
        choices = _choices(question, seed)
        texts = [text for _, text, _, _ in choices] + [""] * (len(_LETTERS) - len(choices))
        right = next(letter for letter, _, is_key, _ in choices if is_key)
        rows.append(Row([question.text, *texts, *([right] if key else [])]))
    return Table(columns, rows)
