"""The words of headings: what they are in English, in the languages that students write in."""

import re
import unicodedata
from functools import cache, lru_cache

from cnncalc.errors import nearest
from cnncalc.homework.word_lists import WORD_LISTS, forms, word_set

LONGEST_HEADING = 120
"""The most characters of a heading that are looked at."""

_FILLERS = word_set("heading_fillers")
_COMPOUNDS: dict[str, str] = WORD_LISTS["heading_compounds"]
"""Words that are two in English."""
_EASTERN = "\u3040-\u9fff\uac00-\ud7a3"
_SCRIPTS = re.compile(rf"(?<=[a-z])(?=[{_EASTERN}])|(?<=[{_EASTERN}])(?=[a-z])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BESIDE = re.compile(r"\([^)]*\)?|\[[^\]]*\]?")
_NUMBERED = re.compile(r"^\s*+(?:[a-z]|\d{1,2})\s?[.):]\s", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]++(?:'[^\W\d_]++)?|[#№%]")


@cache
def _english() -> dict[str, str]:
    return forms("heading_words")


@cache
def _longest() -> int:
    return max(len(form) for form in _english() if not form.isascii())


@lru_cache(maxsize=4096)
def words(heading: str) -> tuple[str, ...]:
    """The words of a heading in English, without those that say nothing.

    >>> words("Number of parameters per layer"), words("Dimension de sortie"), words("输出特征图尺寸")
    (('count', 'param', 'layer'), ('shape', 'output'), ('output', 'feature', 'map', 'size'))
    """
    text = unicodedata.normalize("NFKC", heading[:LONGEST_HEADING])
    if re.search(r"\d", _BESIDE.sub(" ", _NUMBERED.sub("", text))):
        # an answer has numbers, a heading has none
        return ()
    text = _BESIDE.sub(" ", _NUMBERED.sub("", _CAMEL.sub(" ", text))).casefold()
    text = _SCRIPTS.sub(" ", text.replace("_", " "))
    found: list[str] = []
    pieces = _WORD.findall(text)
    if len(pieces) == 1 and len(pieces[0]) == 1 and pieces[0].isascii() and pieces[0].isalpha():
        # b beside others is a bias, alone a letter
        return ()
    for word in pieces:
        found += _meant(word)
    return tuple(found)


def _meant(word: str) -> list[str]:
    """The English words of one, of which some are written without spaces between them."""
    english = _english()
    if word in english:
        return [english[word]]
    if word in _COMPOUNDS:
        return _COMPOUNDS[word].split()
    if word in _FILLERS:
        return []
    if word.isascii() or unicodedata.category(word[0]) != "Lo":
        # a slip of the pen in a long word
        close = nearest(word, [form for form in english if len(form) > 5]) if len(word) > 5 else ""
        return [english.get(close, word)] if close else [word]
    found: list[str] = []
    at = 0
    while at < len(word):
        piece = next(
            (
                word[at : at + length]
                for length in range(min(_longest(), len(word) - at), 0, -1)
                if word[at : at + length] in english or word[at : at + length] in _FILLERS
            ),
            None,
        )
        if piece is None:
            return [word]
        found += [english[piece]] if piece in english else []
        at += len(piece)
    return found


def known_words(text: str) -> int:
    """Number of words of headings in a text that are written in other letters than ASCII."""
    return sum(len(form) > 1 and form in text for form in _english() if not form.isascii())
