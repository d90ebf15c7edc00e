"""Letters in place of numbers: `conv3-C`, `convF-K sS`, an input `NxNxC`.

Each letter is read with a stand-in, a prime number that the text does not have, so that the layers' own
arithmetic can be run on the letter afterwards (`cnncalc.analysis.symbolic_report`).
"""

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import NamedTuple

from cnncalc.errors import LayerError
from cnncalc.layers import find
from cnncalc.layers.support.options import PADDING_WORDS
from cnncalc.spec.spellings import COUNTED, KINDS, OPTIONS

_LETTER = r"[A-Za-wyz](?:_?[0-9])?"
"""A letter, or one with a number such as m1; an x parts sizes."""
_SIZES = rf"(?:[0-9]+|{_LETTER})(?:[x×](?:[0-9]+|{_LETTER}))*"
_NUMBERS = re.compile(rf"_?({_SIZES})?(?:-({_LETTER}|[0-9]+))?")
"""The sizes behind a kind: 5 and 6 of conv5-6."""
_BEGINNING = re.compile(r"[a-z_]{1,100}")
"""The letters that may be a kind, another package's too: each beginning of them is looked for."""
_OPTION = re.compile(rf"(?P<option>stride|padding|pad|dilation|op|[spdg])=?(?P<value>{_LETTER})")
_LARGE = (10007, 10009, 10037, 10039)
"""The stand-ins for sizes of an input, which no window is wider than."""
_PRIMES = tuple(n for n in range(3, 2000) if all(n % d for d in range(2, int(n**0.5) + 1)))


_IN_NAMES = frozenset(word for kind in KINDS for word in re.split("[ -]", kind) if word != kind) | {"pw"}
"""Words of names of several words, such as `fully connected`, `dw conv`: their last letter is no number."""


class Unknowns:
    """The letters of some texts, each with its stand-in."""

    def __init__(self, *texts: str) -> None:
        taken = {int(number) for text in texts for number in re.findall(r"[0-9]{1,13}", text)}
        self.free = iter([prime for prime in _PRIMES if prime not in taken])
        self.large = iter([prime for prime in _LARGE if prime not in taken])
        self.stand_ins: dict[str, int] = {}

    @property
    def letters(self) -> dict[int, str]:
        """Stand-in -> letter."""
        return {number: letter for letter, number in self.stand_ins.items()}

    def sizes(self, text: str, large: int = 0) -> str:
        """Sizes such as FxFxC with numbers for the letters; the first `large` are sizes of an input."""
        text = text.strip().replace("×", "x")
        if not re.fullmatch(_SIZES, text):
            return text
        parts = text.split("x")
        return "x".join(
            part if part.isdecimal() else str(self._number(part, large=at < large))
            for at, part in enumerate(parts)
        )

    def _number(self, letter: str, *, large: bool = False) -> int:
        if letter not in self.stand_ins:
            self.stand_ins[letter] = next(self.large if large else self.free)
        return self.stand_ins[letter]

    def layers(self, text: str) -> str:
        """Compact text with numbers for its letters."""
        pieces = re.split(r"([\s,，]+)", text)
        words, between = pieces[::2], pieces[1::2]
        told = [self._word_among(words, between, at) for at in range(len(words))]
        return "".join(part for pair in zip_longest(told, between, fillvalue="") for part in pair)

    def _word_among(self, words: list[str], between: list[str], at: int) -> str:
        """A word among others: a letter alone is a number behind a kind or an option, or before `filters`."""
        word = words[at]
        if not re.fullmatch(_SIZES, word) or word.isdecimal():
            return self._word(word)
        after = words[at + 1].lower() if at < len(between) and between[at].isspace() else ""
        behind = words[at - 1].lower() if at and between[at - 1].isspace() else ""
        is_option = word in OPTIONS and (re.fullmatch(_SIZES, after) or after in PADDING_WORDS)
        said = not is_option and (behind in OPTIONS or _is_kind(behind))
        return self.sizes(word) if said or after in COUNTED or "x" in word else self._word(word)

    def _word(self, word: str) -> str:
        name, equals, said = word.rpartition("=")
        if found := _split(said):
            kind, main, units = found
            told = self.sizes(main) + (f"-{self.sizes(units)}" if units else "")
            return name + equals + kind + told
        if word not in _IN_NAMES and (option := _OPTION.fullmatch(word)):
            name = {"stride": "s", "padding": "p", "pad": "p", "dilation": "d"}.get(
                option["option"], option["option"]
            )
            return name + self.sizes(option["value"])
        return word


class Lettered(NamedTuple):
    """Compact text and its input with numbers for their letters: stand-in -> letter."""

    text: str
    input: str | None
    letters: Mapping[int, str]


def lettered(text: str, input: str | None) -> Lettered | None:
    """A network whose numbers are letters in part; None where it has no letter.

    >>> found = lettered("conv3-C, conv3-C", "56x56xC")
    >>> found.text, found.input, found.letters
    ('conv3-5, conv3-5', '56x56x5', {5: 'C'})
    """
    unknowns = Unknowns(text, input or "")
    axes = (input or "").replace("×", "x").count("x")
    told_input = unknowns.sizes(input, large=axes) if input else input
    told = unknowns.layers(text)
    return Lettered(told, told_input, unknowns.letters) if unknowns.stand_ins else None


_SAID = re.compile(
    r"(?<![^\s{,])(input|kernel|filters|units|stride|padding|dilation|groups): *"
    rf"({_SIZES})(?=\s*(?:[,}}#\n]|\Z))"
)
"""An option of a spec whose value is a number, a letter, or sizes of both."""
_COMPACT = re.compile(r"(?<=[\s\[-])(?:conv|fc|dense)[\w]*-[A-Z](?![\w])")


def lettered_spec(text: str) -> Lettered | None:
    """A spec as YAML whose options are letters in part, with numbers for them; None where it has no letter.

    >>> found = lettered_spec("{input: NxNx3, layers: [{conv: {filters: K, kernel: 5}}]}")
    >>> found.text, found.letters
    ('{input: 10007x10007x3, layers: [{conv: {filters: 7, kernel: 5}}]}', {10007: 'N', 7: 'K'})
    """
    unknowns = Unknowns(text)

    def told(match: re.Match[str]) -> str:
        sizes = match[2]
        large = sizes.count("x") if match[1] == "input" else 0
        return f"{match[0][: -len(sizes)]}{unknowns.sizes(sizes, large)}"

    found = _SAID.sub(told, text)
    found = _COMPACT.sub(lambda match: unknowns.layers(match[0]), found)
    return Lettered(found, None, unknowns.letters) if unknowns.stand_ins else None


def _is_kind(word: str) -> bool:
    try:
        return bool(word) and find(KINDS.get(word, word)) is not None
    except LayerError:
        # a kind of a broken package, which is told at its place where the layers are read
        return False


def _split(word: str) -> tuple[str, str, str] | None:
    """The kind and the sizes of a layer, the longest kind first: convm1-1 is conv, m1, 1."""
    beginning = _BEGINNING.match(word) if word not in _IN_NAMES else None
    for end in range(len(beginning[0]) if beginning else 0, 1, -1):
        try:
            cls = find(KINDS.get(word[:end], word[:end]))
        except LayerError:
            # a kind of a broken package, which is told at its place where the layers are read
            return None
        if cls is not None and any(cls.compact) and (sizes := _NUMBERS.fullmatch(word, end)):
            return word[:end], sizes[1] or "", sizes[2] or ""
    return None
