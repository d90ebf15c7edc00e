"""What is said to people in their language: a catalogue of messages for each, the JSON file of its code.

A further language is one more file with the same keys and placeholders; nothing else changes.
"""

from __future__ import annotations

import json
import os
import pkgutil
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from cnncalc.errors import UsageError, did_you_mean

FALLBACK = "en"
_SPOKEN: ContextVar[Language | None] = ContextVar("spoken", default=None)
_ASKED: ContextVar[bool] = ContextVar("asked", default=False)


class Language:
    """A catalogue: key -> message, with `{placeholders}`."""

    def __init__(self, code: str, messages: Mapping[str, str]) -> None:
        self.code, self.messages = code, messages

    def __repr__(self) -> str:
        return f"<Language {self.code}>"

    def has(self, key: str) -> bool:
        """Whether there is such a message."""
        return key in self.messages

    def say(self, key: str, of: Sequence[str] = (), /, **values: Any) -> str:
        """A message with its values put in: the first of `of` which has its own (`key.of`), else that of all.

        >>> Language("xx", {"why": "because", "why.pool": "{n} maps"}).say("why", ("max_pool", "pool"), n=6)
        '6 maps'
        """
        variants = [f"{key}.{variant}" for variant in of if variant]
        message = next((self.messages[name] for name in [*variants, key] if name in self.messages), None)
        return key if message is None else message.format_map(values)

    def heading(self, text: str) -> str:
        """The heading of a table, which the program has in English."""
        return self.messages.get(f"heading.{text}", text)


@cache
def codes() -> tuple[str, ...]:
    """The languages that there are catalogues of."""
    return tuple(sorted(file.stem for file in Path(__file__).parent.glob("*.json")))


@cache
def _load(code: str) -> Language:
    text = (pkgutil.get_data(__name__, f"{code}.json") or b"{}").decode()
    return Language(code, json.loads(text))


def language(code: str | None = None) -> Language:
    """The language of a code such as zh or zh_CN; without one, that of the environment, else English.

    Raises UsageError for a code that there is no catalogue of.

    >>> language("zh-CN").code
    'zh'
    """
    if code is None:
        return _load(_of_the_environment())
    found = _known(code)
    if found is None:
        help = did_you_mean(code, codes(), "known")
        raise UsageError(f"{code[:40]} is not a language that cnncalc speaks", help, "unknown_language")
    return _load(found)


def speak(code: str | None, *, data: bool = False) -> None:
    """From here on a language is spoken, the environment's unless said; in `data` always English.

    Raises UsageError for a code that there is no catalogue of.
    """
    found = language(code)
    _SPOKEN.set(_load(FALLBACK) if data else found)
    _ASKED.set(code is not None and not data)


def spoken() -> Language:
    """The language that is spoken: English, until another is chosen."""
    return _SPOKEN.get() or _load(FALLBACK)


def of_headings() -> Language | None:
    """The language of a table's headings: they are changed where it is asked for, not by the environment."""
    return spoken() if _ASKED.get() else None


def _known(code: str) -> str | None:
    """The catalogue of a locale's name such as zh_CN.UTF-8."""
    name = code.replace("-", "_").partition(".")[0].partition("@")[0].lower()
    return next((each for each in (name, name.partition("_")[0]) if each in codes()), None)


def _of_the_environment() -> str:
    # in gettext's order: the first that is set decides; LANGUAGE may name several, the dearest first
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            found = (_known(name) for name in value.split(":") if name)
            return next(filter(None, found), FALLBACK)
    return FALLBACK
