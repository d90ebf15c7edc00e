"""The sentences of explanations: of the catalogues, or of a layer kind's own file."""

from collections.abc import Sequence
from typing import Any, Self

from cnncalc.languages import FALLBACK, Language, Message, english
from cnncalc.layers import find


class Sentence(Message):
    """A message that the file of a layer kind, the first of `of`, may have words of its own for."""

    __slots__ = ()

    def __new__(cls, key: str, of: Sequence[str] = (), /, **values: Any) -> Self:
        self = str.__new__(cls, _say(english(), key, of, values))
        self.key, self.of, self.values = key, of, values
        return self

    def told(self, language: Language) -> str:
        values = {name: language.tell(value) for name, value in self.values.items()}
        return _say(language, self.key, self.of, values)


def quantity_word(name: str, of: Sequence[str] = ()) -> str:
    """The words for a quantity, or for a part of one; a letter is its own."""
    keys = (f"word.{name}", f"quantity.{name}")
    key = next((key for key in keys if english().has(key)), None)
    return Sentence(key, of) if key else name


def _say(language: Language, key: str, of: Sequence[str], values: dict[str, Any]) -> str:
    own = own_words(of[0], key, language) if of else ""
    return own.format_map(values) if own else language.say(key, of, **values)


def own_words(kind: str, key: str, language: Language) -> str:
    """The words of a kind's file in place of a language's catalogue, "" where the file has none.

    A language that the file does not speak may have the words in its catalogue, as `key.kind`.
    """
    cls = find(kind)
    said = cls.messages.get(key) if cls else None
    if said is None:
        return ""
    return said.get(language.code) or language.messages.get(f"{key}.{kind}") or said.get(FALLBACK, "")
