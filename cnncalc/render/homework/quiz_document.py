"""A quiz to be handed out: the questions with their choices, then the key with its working."""

from collections.abc import Iterator
from typing import Any

from cnncalc.homework.questions import Blank, Question, say
from cnncalc.homework.quiz import Quiz
from cnncalc.languages import Joined
from cnncalc.render import document as doc
from cnncalc.render.homework.quiz_network import network_table
from cnncalc.render.json_text import json_text

_LETTERS = "abcd"
_LINE = "________"
"""Room for an answer on paper."""


def quiz_document(quiz: Quiz, *, asked: bool = True, key: bool = True) -> doc.Document:
    """The questions, their key, or both."""
    key_title = say("key", title=quiz.title)
    blocks: list[doc.Block] = [doc.Title(quiz.title if asked else key_title)]
    blocks += title_blocks(quiz, asked=asked)
    for number, question in enumerate(quiz.questions if asked else (), 1):
        blocks += _asked(number, question, quiz.seed)
    answers = [
        block
        for number, question in enumerate(quiz.questions, 1)
        for block in _key(number, question, quiz.seed)
    ]
    if key:
        blocks += [doc.Section(key_title, answers)] if asked else answers
    return doc.Document(blocks, data=lambda: _json(quiz, key), csv=_csv(quiz, key))


def _asked(number: int, question: Question, seed: str) -> Iterator[doc.Block]:
    yield doc.Paragraph((f"{number}. ", question.text))
    if question.grid and question.network:
        yield network_table(question.network, question.grid, lambda _: _LINE)
    else:
        yield choice_list(question, seed) if question.choices else doc.Paragraph(_LINE)


def title_blocks(quiz: Quiz, *, asked: bool = True) -> Iterator[doc.Block]:
    """The blocks under the title: how far off numbers may be, and the network of the questions."""
    tolerance = max((question.tolerance for question in quiz.questions), default=0)
    if tolerance:
        yield doc.Paragraph(say("tolerance", percent=f"{float(100 * tolerance):g}"))
    for question in quiz.questions[:1] if asked else ():
        if question.network is not None and question.grid is None:
            yield network_table(question.network)


def choice_list(question: Question, seed: str) -> doc.List:
    """The choices with their letters."""
    return doc.List([Joined([f"{letter})", text], " ") for letter, text, _, _ in _choices(question, seed)])


def _choices(question: Question, seed: str) -> list[tuple[str, str, bool, str]]:
    """The choices with their letters: text, whether it is the key, what is said to who chooses it."""
    return [(letter, *each) for letter, each in zip(_LETTERS, question.shuffled(seed), strict=False)]


def _key(number: int, question: Question, seed: str) -> Iterator[doc.Block]:
    items: list[doc.Line] = [doc.Code(line) for line in question.working]
    if question.grid and question.network:
        yield doc.Paragraph(f"{number}.")
        yield network_table(question.network, question.grid, _right)
    elif question.choices:
        choices = _choices(question, seed)
        right = next(letter for letter, _, is_key, _ in choices if is_key)
        yield doc.Paragraph((f"{number}. {right}) ", question.key))
        items += [
            Joined([Joined([f"{letter})", text], " "), said], "colon")
            for letter, text, is_key, said in choices
            if said and not is_key
        ]
    else:
        yield doc.Paragraph((f"{number}. ", question.key))
        items += [Joined([choice.text, choice.feedback], "colon") for choice in question.further]
    yield doc.List(items)


def _right(blanks: tuple[Blank, ...]) -> Any:
    """The right answer of a cell."""
    values = tuple(blank.value for blank in blanks)
    return values if len(values) > 1 else values[0]


def _json(quiz: Quiz, key: bool) -> Iterator[str]:
    told: list[dict[str, Any]] = []
    for question in quiz.questions:
        if question.grid:
            told.append(_grid_json(question, key))
            continue
        choices = _choices(question, quiz.seed) if question.choices else []
        asked = {"question": question.text, "choices": [text for _, text, _, _ in choices]}
        answer: dict[str, Any] = {
            "feedback": [said for _, _, _, said in choices],
            "key": question.key,
            "working": list(question.working),
        }
        if not choices:
            answer["feedback"] = {choice.text: choice.feedback for choice in question.further}
        off = {"tolerance": float(question.tolerance)} if question.tolerance else {}
        told.append({**asked, **(answer if key else {}), "level": question.level, **off})
    yield json_text({"title": quiz.title, "questions": told}, indent=1)


def _grid_json(question: Question, key: bool) -> dict[str, Any]:
    """A table to fill in: what is asked of each layer, and the key."""
    assert question.grid is not None
    cells = {
        name: {
            quantity: _right(blanks) if key else None
            for quantity, blanks in zip(question.grid.quantities, row, strict=True)
            if blanks
        }
        for name, row in question.grid.rows
    }
    answer = {"working": list(question.working)} if key else {}
    off = {"tolerance": float(question.tolerance)} if question.tolerance else {}
    return {"question": question.text, "table": cells, **answer, **off}


def _csv(quiz: Quiz, key: bool) -> doc.Table:
    grid = next((question for question in quiz.questions if question.grid), None)
    if grid is not None and grid.network:
        return network_table(grid.network, grid.grid, _right if key else lambda _: None)
    columns = [doc.Column(name, called=name) for name in ("question", *_LETTERS, *(["key"] if key else []))]
    rows = []
    for question in quiz.questions:
        choices = _choices(question, quiz.seed) if question.choices else []
        texts = [text for _, text, _, _ in choices] + [""] * (len(_LETTERS) - len(choices))
        right = next((letter for letter, _, is_key, _ in choices if is_key), question.key)
        rows.append(doc.Row([question.text, *texts, *([right] if key else [])]))
    return doc.Table(columns, rows)
