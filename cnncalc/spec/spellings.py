"""Layers as people write them: `CONV-9-32`, `MaxPool2 s=2`, `conv 3x3 16 filters stride 2`.

Only a text that compact text is not able to read comes here, so that nothing which compact text says changes.
"""

import json
import re
from pathlib import Path
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.layers import find
from cnncalc.layers.support.base import Layer, fields
from cnncalc.layers.support.options import PADDING_WORDS

_WORDS: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
KINDS: dict[str, str] = _WORDS["kinds"]
"""Other names of kinds, in small letters -> the name that compact text has."""
OPTIONS: dict[str, str] = _WORDS["options"]
COUNTED = frozenset(_WORDS["counted"])
"""What filters and units are called behind their number."""
_FILLERS = frozenset(_WORDS["fillers"])
_NO_BIAS = ({"no", "bias"}, {"without", "bias"}, {"no", "biases"}, {"without", "biases"})
_SIZE = re.compile(r"\d+(?:x\d+)*")
_GLUED = re.compile(r"([^\W\d]+?)=?(\d+(?:\.\d+)?(?:x\d+)*)")
_NUMBERED = re.compile(r"([^\W\d]+)-(\d+(?:x\d+)*)(?:-(\d+))?")


def as_compact(segment: str) -> str | None:
    """A segment of compact text whose words are spelt in another way, as compact text spells them.

    The words stay where they are, so that an error stands at its word; None where no word changes.

    >>> as_compact("C1=CONV-9-32 s=2 ReLU")
    'C1=conv9-32 s2 relu'
    """
    words = "=".join(part.strip() for part in segment.split("=")).split()
    changed = [_word(word) for word in words]
    return None if changed == segment.split() else " ".join(changed)


def _word(word: str) -> str:  # noqa: C901, PLR0911 - a case for each spelling
    """A word as compact text spells the word."""
    name, equals, rest = word.partition("=")
    lowered = name.lower().strip("-")
    if equals and lowered in OPTIONS:
        return _option(OPTIONS[lowered], rest.lower()) or word
    if equals:
        return f"{name}={_word(rest)}"
    word = word.replace("×", "x")
    lowered = word.lower()
    if re.fullmatch(r"/\d+", lowered):
        return f"s{lowered[1:]}"
    if match := _GLUED.fullmatch(lowered):
        if match[1] in OPTIONS and (told := _option(OPTIONS[match[1]], match[2])):
            return told
        if match[1] in KINDS:
            return KINDS[match[1]] + match[2]
    if match := re.fullmatch(r"([^\W\d]+)(\d[\dx]*)-(\d+)", lowered):
        return f"{KINDS.get(match[1], match[1])}{match[2]}-{match[3]}"
    if match := _NUMBERED.fullmatch(lowered):
        kind = KINDS.get(match[1], match[1])
        cls = find(kind)
        if cls is None:
            return word
        first, second = cls.compact
        if match[3]:
            return f"{kind}{match[2]}-{match[3]}"
        return f"{kind}-{match[2]}" if second and not first else f"{kind}{match[2]}"
    return KINDS.get(lowered, lowered if find(lowered) or lowered in PADDING_WORDS else _lower(word))


def _lower(word: str) -> str:
    """A word in small letters, unless that is no more of a layer than the word itself."""
    match = re.match(r"[^\W\d]+", word)
    return word.lower() if match and find(match[0].lower().rstrip("_")) else word


def _option(option: str, value: str) -> str:
    """An option as compact text writes it, "" for one that has no letter."""
    letters = {"stride": "s", "padding": "p", "dilation": "d", "groups": "g", "output_padding": "op"}
    if option == "padding" and value in PADDING_WORDS:
        return value
    if option == "activation" and find(value):
        return value
    return f"{letters[option]}{value}" if option in letters and _SIZE.fullmatch(value) else ""


def in_words(segment: str) -> tuple[str, dict[str, Any]] | None:  # noqa: C901, PLR0912 - a case for each sort of word
    """The kind and the options of a layer that is said in words; None where a word is not understood.

    >>> in_words("conv 3x3, 16 filters stride 2".replace(",", ""))
    ('conv', {'filters': 16, 'stride': '2', 'kernel': '3x3'})
    >>> in_words("Max Pooling 2x2")
    ('max_pool', {'kernel': '2x2'})
    """
    words = [part for word in _plainly(segment).split() for part in _apart(word)]
    if "f" in words and "k" in words:
        words[words.index("k")] = "filters"  # the letters of courses: F the kernel, K the filters
    found = _kind_of(words)
    if found is not None and found[0] is find("pad") and any(word in COUNTED for word in words):
        found = None  # the padding of 10 5x5 filters pad 2
    if found is None and any(word in COUNTED for word in words) and any("x" in word for word in words):
        # 10 5x5 filters
        found = find("conv"), words  # type: ignore[assignment]
    if found is None:
        return None
    cls, words = found
    options: dict[str, Any] = {}
    known = fields(cls)
    numbers: list[str] = []
    at = 0
    while at < len(words):
        word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
        at += 1
        option = OPTIONS.get(word)
        if option and option in known and _value(option, after):
            if option in options:
                return None
            options[option] = after
            at += 1
        elif "x" in word and _SIZE.fullmatch(word) and after in COUNTED:
            numbers.append(word)  # the 5x5 of 10 5x5 filters
            at += 1
        elif _SIZE.fullmatch(word) and after in COUNTED and cls.units_option:
            options[cls.units_option] = int(word) if word.isdecimal() else word
            at += 1
        elif word in COUNTED and _SIZE.fullmatch(after) and cls.units_option:
            options[cls.units_option] = int(after) if after.isdecimal() else after
            at += 1
        elif _SIZE.fullmatch(word) or re.fullmatch(r"\d+\.\d+", word):
            numbers.append(word)
        elif word in known and word not in options and after and after not in _FILLERS:
            options[word] = after
            at += 1
        elif word in PADDING_WORDS and "padding" in known:
            options["padding"] = word
        elif word in ("no", "without") and after in ("padding", "pad") and "padding" in known:
            options["padding"] = "0"
            at += 1
        elif {word, after} in _NO_BIAS or word == "nobias":
            options["bias"] = False
            at += word != "nobias"
        elif (
            (activation := find(KINDS.get(word, word))) and activation.is_activation and "activation" in known
        ):
            options["activation"] = activation.kind
        elif word not in _FILLERS:
            return None
    return _with_numbers(cls, options, numbers, several=" " in segment.strip())


def _plainly(segment: str) -> str:
    """A layer in words with the signs between its words and numbers as the words are read."""
    text = re.sub("[=:\uff1a]", " ", segment.replace("×", "x")).lower()
    text = re.sub(r"\bpointwise(?: conv(?:olution)?)?\b", "conv 1x1", text)
    text = re.sub(r"(?<=[0-9])\*(?=[0-9])", "x", text)
    text = re.sub(r"\(([0-9]+) ?[,x] ?([0-9]+)\)", r"\1x\2", text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    text = re.sub(r"(?<!\S)(\d+)-(\d+)(?!\S)", r"\1 \2", text)  # conv 3-64
    text = re.sub(r"(?<=\d)(?=[\u4e00-\u9fff])", " ", text)
    text = re.sub(r"(?<=\d)\s+x\s+(?=\d)", "x", text)
    return re.sub(r"(?:(?<!\S)|(?<=\dx\d))/(\d+)", r" stride \1", text)


def says_more(segment: str) -> bool:
    """Whether a text names no layer, and says options and numbers alone: `10 filters`, `stride 1`."""
    words = [part for word in re.sub("[=:\uff1a]", " ", segment.lower()).split() for part in _apart(word)]
    if any(
        find(KINDS.get(word, word)) for word in words if word not in OPTIONS and word not in PADDING_WORDS
    ):
        return False
    known = [word in OPTIONS or word in COUNTED or {"no", "bias"} == set(words) for word in words]
    others = (
        part
        for part, is_known in zip(words, known, strict=True)
        if not is_known and part not in PADDING_WORDS
    )
    return any(known) and all(_SIZE.fullmatch(word) or word in _FILLERS for word in others)


def _apart(word: str) -> list[str]:
    """The kind or the option that a word begins with, and its numbers: conv3-16 as conv, 3 and 16."""
    match = re.fullmatch(r"([^\W\d]+?)[-_]?(\d+(?:x\d+)*)(?:-(\d+))?", word)
    cls = find(KINDS.get(match[1], match[1])) if match else None
    # fc10 is mended at its word
    glued = cls is not None and not cls.compact[0] and "-" not in word
    is_option = match is not None and match[1] in OPTIONS and "-" not in word
    if match is None or find(word) or glued or not (cls or is_option):
        return [word]
    return [part for part in match.groups() if part]


def _value(option: str, word: str) -> bool:
    """Whether a word can be the value of an option."""
    if option == "activation":
        cls = find(word)
        return cls is not None and cls.is_activation
    return bool(_SIZE.fullmatch(word)) or (option == "padding" and word in PADDING_WORDS)


def _kind_of(words: list[str]) -> tuple[type[Layer], list[str]] | None:
    """The kind that some words name, the longest name first, and the other words."""
    for length in (3, 2, 1):
        for at in range(len(words) - length + 1):
            name = " ".join(words[at : at + length])
            cls = find(KINDS.get(name, name)) if name not in PADDING_WORDS or len(words) == 1 else None
            if cls is not None and not (cls.is_activation and len(words) > length):
                if (
                    words[at - 1 : at]
                    and words[at - 1].isdecimal()
                    and (at < 2 or words[at - 2] not in OPTIONS)
                ):
                    return None  # 3 conv: three filters, or three layers?
                return cls, words[:at] + words[at + length :]
    return None


def _with_numbers(
    cls: type[Layer], options: dict[str, Any], numbers: list[str], *, several: bool
) -> tuple[str, dict[str, Any]] | None:
    """The layer; numbers that no word explains go to its main options, 3x3 to the kernel.

    Raises LayerError where `several` words say all but how many filters there are.
    """
    main, units = cls.compact
    sizes = [number for number in numbers if "x" in number]
    wanted = [option for option in (main, units) if option and option not in options]
    if main in wanted and sizes:
        options[main] = sizes[0]
        numbers.remove(sizes[0])
        wanted.remove(main)
    if len(numbers) > len(wanted):
        return None
    for option, number in zip(wanted, numbers, strict=False):
        options[option] = int(number) if number.isdecimal() else float(number) if "." in number else number
    if units != cls.units_option or not units or units in options:
        return cls.kind, options
    if main not in options or not several:
        return None
    size = str(options[main])
    side = size.partition("x")[0] if len(set(size.split("x"))) == 1 else size
    usual = f"{cls.kind}{side}-16"
    help = f"such as {usual}; a size alone: cnncalc size 32 --kernel {size}"
    raise LayerError("missing_option", f"{cls.kind} needs {units}", help)
