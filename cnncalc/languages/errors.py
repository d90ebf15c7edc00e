"""Errors and their help in other languages.

An error is raised in English by code that knows no language. The catalogue of a language, in `of_errors`,
says each sentence by its English template, where `{}` stands for what an error fills in. A sentence is held
to the templates, and what stood for `{}` is put into the other language's words, which have `{0}` and `{1}`
where their order is another. What no template fits stays English.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

from cnncalc.languages import Language, Message

FOLDER = Path(__file__).parent / "of_errors"
DEEPEST = 4
"""So many times at most a sentence stands in a sentence, as a fault behind the option that has it."""


BESIDE = ("", "; ", "")
"""The template of sentences beside one another."""
HOLDS_OTHERS = 30
"""Of so many letters is a template that says what others are: 2 operators are no layers that cnncalc has."""


class ErrorText(Message):
    """The sentence of an error within a text for people: English, until a language tells it.

    >>> from cnncalc.languages import language
    >>> language("zh").tell(ErrorText("conv1 is not the name of a layer"))
    'conv1 不是层的名字'
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        self = str.__new__(cls, text)
        self.key, self.of, self.values = "", (), {}
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (str(self),), {}

    def told(self, language: Language) -> str:
        return told(str(self), language.code)


def told(text: str, code: str) -> str:
    """A sentence of an error in the language of a code, such as zh; as it is where there is none.

    >>> told("conv1 is not the name of a layer", "zh")
    'conv1 不是层的名字'
    >>> told("kernel: a whole number", "zh"), told("kernel: a whole number", "en")
    ('kernel：整数', 'kernel: a whole number')
    >>> told("{gradient: 1 0; 0 1, of: dW}", "zh")
    '{gradient: 1 0; 0 1, of: dW}'
    """
    return _told(text, code, DEEPEST)


def _told(text: str, code: str, depth: int) -> str:
    exact, templates = _catalogue(code)
    if text in exact or not depth:
        return exact.get(text, text)
    for pieces, words in templates:
        parts = _parts(text, pieces)
        # signs alone part no code within braces, such as {gradient: 1 0; 0 1}
        if parts is not None and (any(map(str.isalpha, "".join(pieces))) or all(map(_is_closed, parts))):
            return _filled(words, [_told(part, code, depth - 1) for part in parts])
    return text


def _is_closed(part: str) -> bool:
    return part.count("{") == part.count("}")


def _filled(words: str, parts: Sequence[str]) -> str:
    inorder = iter(parts)
    return re.sub(r"\{(\d?)\}", lambda at: parts[int(at[1])] if at[1] else next(inorder), words)


def _parts(text: str, pieces: Sequence[str]) -> list[str] | None:
    """What stands for each `{}` of a template, given by the pieces around them; None for another text.

    >>> _parts("64 is not divisible by 3", ("", " is not divisible by ", ""))
    ['64', '3']
    """
    first, *between, last = pieces
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return None
    at, end, parts = len(first), len(text) - len(last), []
    for piece in between:
        found = text.find(piece, at, end)
        if found < 0:
            return None
        parts.append(text[at:found])
        at = found + len(piece)
    return [*parts, text[at:end]]


@cache
def _catalogue(code: str) -> tuple[dict[str, str], list[tuple[tuple[str, ...], str]]]:
    """The sentences without a `{}`, and the templates in their order: those that say most come first."""
    file = FOLDER / f"{code}.json"
    found: dict[str, str] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    exact = {english: words for english, words in found.items() if "{}" not in english}
    templates = [(tuple(english.split("{}")), words) for english, words in found.items() if "{}" in english]
    return exact, sorted(templates, key=lambda each: _order(each[0]))


def _order(pieces: tuple[str, ...]) -> tuple[int, int]:
    """Sentences beside one another are told one by one, but where a long template holds them all."""
    letters = sum(map(len, pieces))
    if pieces == BESIDE:
        return 1, 0
    return (0 if letters >= HOLDS_OTHERS or ";" in "".join(pieces) else 2), -letters
