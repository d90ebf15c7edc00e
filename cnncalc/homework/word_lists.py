"""The words that people write on answer sheets, by what they say; the lists stand in word_lists.json.

`heading_words` and `layer_classes` have for an English word its other forms, and those of other languages, in
one text with blanks between them. A word of one form needs no entry.
"""

import json
from pathlib import Path
from typing import Any

WORD_LISTS: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


def word_set(name: str) -> frozenset[str]:
    """The words of a list, of which none has blanks in it."""
    return frozenset(WORD_LISTS[name].split())


def forms(name: str) -> dict[str, str]:
    """Each form of a word -> the English word.

    >>> forms("layer_classes")["fullyconnected"], forms("heading_words")["größe"]
    ('dense', 'size')
    """
    return {form: word for word, others in WORD_LISTS[name].items() for form in (word, *others.split())}
