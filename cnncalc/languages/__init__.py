"""Sentences for people in their language: a catalogue of messages for each, the JSON file of its code.

A further language is one more file with the same keys and placeholders, here or in the folder that the
environment's CNNCALC_LANGUAGES names; nothing else changes. What it doesn't say is said in English.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import Any, Self

from cnncalc.errors import CnncalcError, Fault, Place, UsageError, as_text, did_you_mean

FALLBACK = "en"
FOLDER = Path(__file__).parent

# where, or how, Chinese is written in its traditional script
_TRADITIONAL = re.compile(r"^zh_(?:hant|hk|mo)(?![a-z])")


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
        name = next((name for name in [*variants, key] if name in self.messages), None)
        if name is None:
            return key
        try:
            return self.messages[name].format_map(values)
        except KeyError as error:
            raise _bad(Path(f"{self.code}.json"), f"{name} asks for {error}, which it is not given") from None

    def tell(self, text: Any) -> Any:
        """A text, in this language where it is a message."""
        return text.told(self) if isinstance(text, Message) else text


class Message(str):
    """A message of the catalogues: as a text it is English; `Language.tell` says it in another language.

    `of` are variants of the message, as `Language.say` takes them. Values may be messages themselves.

    >>> Message("slip.no_padding")
    'the padding is left out'
    """

    __slots__ = ("key", "of", "values")
    key: str
    of: Sequence[str]
    values: Mapping[str, Any]

    def __new__(cls, key: str, of: Sequence[str] = (), /, **values: Any) -> Self:
        self = super().__new__(cls, english().say(key, of, **values))
        self.key, self.of, self.values = key, of, values
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        # what __new__ makes the message of again, where a message travels between processes
        return (self.key, self.of), dict(self.values)

    def told(self, language: Language) -> str:
        """The message in a language."""
        values = {name: language.tell(value) for name, value in self.values.items()}
        return language.say(self.key, self.of, **values)


class Joined(Message):
    """Texts one after another; `by` is the message, or the sign, that stands between two of them.

    >>> Joined(["CONV1", "POOL1"])
    'CONV1, POOL1'
    >>> language("zh").tell(Joined(["CONV1", Message("word.total")], " + "))
    'CONV1 + 合计'
    """

    __slots__ = ()

    def __new__(cls, texts: Iterable[str], by: str = "list.comma") -> Self:
        parts = tuple(texts)
        self = str.__new__(cls, english().say(by).join(parts))
        self.key, self.of, self.values = by, (), {"parts": parts}
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.values["parts"], self.key), {}

    def told(self, language: Language) -> str:
        return language.say(self.key).join(map(language.tell, self.values["parts"]))


class Words(Message):
    """A message that stands with the code that says it, not in the catalogues: code of a language -> words.

    >>> depth = Words({"en": "{count} layers deep", "zh": "深 {count} 层"}, count=5)
    >>> depth, language("zh").tell(depth)
    ('5 layers deep', '深 5 层')
    """

    __slots__ = ()

    def __new__(cls, words: Mapping[str, str], /, **values: Any) -> Self:
        self = str.__new__(cls, words[FALLBACK].format_map(values))
        self.key, self.of, self.values = "", (), {"words": words, "values": values}
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.values["words"],), dict(self.values["values"])

    def told(self, language: Language) -> str:
        words, values = self.values["words"], self.values["values"]
        told = {name: language.tell(value) for name, value in values.items()}
        return str(words.get(language.code, words[FALLBACK]).format_map(told))


def all_of(texts: Sequence[str]) -> str:
    """Texts one after another, the last with an "and".

    >>> all_of(["a", "b", "c"])
    'a, b and c'
    """
    *before, last = texts or [""]
    return Message("list.two", first=Joined(before), second=last) if before else last


def some_of(texts: Sequence[str]) -> str:
    """The first three of very many texts, and how many more there are.

    >>> some_of(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    if len(texts) <= 3:
        return Joined(texts)
    return Message("list.more", names=Joined(texts[:3]), count=len(texts) - 3)


def word(family: str, name: str) -> str:
    """The message `family.name`; the name itself where the catalogues have none.

    >>> word("kind", "conv"), word("unit", "MACs"), word("kind", "kind_of_my_own")
    ('conv', 'MACs', 'kind_of_my_own')
    """
    key = f"{family}.{name}"
    return Message(key) if english().has(key) else name


def listed(texts: Sequence[str]) -> str:
    """Texts one after another: a and b and c, the shortest list first.

    >>> listed(["14 rows", "3 columns"])
    '14 rows and 3 columns'
    """
    return reduce(lambda first, second: Message("list.two", first=first, second=second), texts)


def codes() -> tuple[str, ...]:
    """The languages that there are catalogues of."""
    return tuple(sorted(_catalogues(os.environ.get("CNNCALC_LANGUAGES"))))


@cache
def _catalogues(own: str | None) -> dict[str, Path]:
    """Code -> file: those of the package, and those in a folder of one's own."""
    folders = [FOLDER, Path(own)] if own else [FOLDER]
    files = (file for folder in folders if folder.is_dir() for file in folder.iterdir())
    found = {file.stem.lower().replace("-", "_"): file for file in files if file.suffix == ".json"}
    # data is written in English, which stays as it is
    return {**found, FALLBACK: FOLDER / f"{FALLBACK}.json"}


@cache
def _load(file: Path) -> Language:
    """A catalogue; sentences that it lacks are English. Raises CnncalcError for an unusable one."""
    messages = _read(file)
    english = FOLDER / f"{FALLBACK}.json"
    return Language(file.stem, messages if file == english else {**_load(english).messages, **messages})


def _read(file: Path) -> dict[str, str]:
    try:
        text = file.read_text("utf-8-sig")
        found: Any = json.loads(text)
    except json.JSONDecodeError as error:
        line = text.split("\n")[error.lineno - 1]
        raise _bad(file, f"is not JSON: {error.msg.lower()}", (error.lineno, error.colno), line) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _bad(file, f"can't be read: {getattr(error, 'strerror', None) or error}") from None
    # the package's own catalogues are checked by its tests
    return found if file.parent == FOLDER else check(file, found)


def check(file: Path, found: Any) -> dict[str, str]:
    """The messages of a catalogue; raises CnncalcError for a file that is no catalogue."""
    if not isinstance(found, dict):
        raise _bad(file, "is not an object of messages")
    for key, message in found.items():
        if not isinstance(message, str):
            raise _bad(file, f"{key} is not a text")
        if re.search(r"[{}]", re.sub(r"\{[^\W\d]\w*\}", "", message)):
            raise _bad(file, f"{key} has a brace that is no {{placeholder}}")
    return found


def _bad(
    file: Path, what: str, mark: tuple[int | None, int | None] = (None, None), line: str = ""
) -> CnncalcError:
    help = f"a catalogue is JSON, key: message, as {FALLBACK}.json has them"
    return CnncalcError(Fault("bad_catalogue", what, help, Place(str(file), *mark), line))


def language(code: str | None = None) -> Language:
    """The language of a code such as zh or zh_CN; without one, that of the environment, else English.

    Raises UsageError for a code that there is no catalogue of.

    >>> language("zh-CN").code, language("zh_HK.UTF-8").code
    ('zh', 'zh_TW')
    """
    found = _of_the_environment() if code is None else _known(code)
    if found is None:
        help = did_you_mean(str(code), codes(), "known")
        raise UsageError(f"{str(code)[:40]} is not a language that cnncalc speaks", help, "unknown_choice")
    return _load(_catalogues(os.environ.get("CNNCALC_LANGUAGES"))[found])


def english() -> Language:
    """The language of data, which every other catalogue falls back on."""
    return _load(FOLDER / f"{FALLBACK}.json")


def _known(code: str) -> str | None:
    """The catalogue of a locale's name such as zh_CN.UTF-8."""
    name = as_text(code).replace("-", "_").partition(".")[0].partition("@")[0].lower()
    parts = _TRADITIONAL.sub("zh_tw", name, count=1).split("_")[:4]
    shorter = ("_".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((each for each in shorter if each in codes()), None)


def _of_the_environment() -> str:
    said = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    # as gettext has it: LANGUAGE may name several, the dearest first, and C is the language of programs
    wanted = "" if said in ("C", "POSIX") else os.environ.get("LANGUAGE") or said
    return next(filter(None, (_known(name) for name in wanted.split(":") if name)), FALLBACK)
