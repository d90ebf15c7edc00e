"""What students are told: every sentence of marking, from the catalogue of the language that is spoken.

`sentences.MISSING` is the catalogue's `marking.missing`, `sentences.SLIPS["no_bias"]` its `slip.no_bias`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

from cnncalc.languages import FALLBACK, spoken


class _Slips(Mapping[str, str]):
    """What each slip is, by its name."""

    def __getitem__(self, name: str) -> str:
        language = spoken()
        if language.has(key := f"slip.{name}"):
            return language.messages[key]
        from cnncalc.homework.slips import slips

        told = next(slip.sentences for slip in slips() if slip.name == name)
        return told.get(language.code) or told[FALLBACK]

    def __iter__(self) -> Iterator[str]:
        keys = (key.partition(".") for key in spoken().messages)
        return (name for kind, _, name in keys if kind == "slip" and name not in ("flipped", "not_flipped"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Flipped:
    """What is wrong with how a kernel is turned, by whether it should be."""

    def __getitem__(self, wanted: bool) -> str:
        return spoken().messages["slip.not_flipped" if wanted else "slip.flipped"]


SLIPS, FLIPPED = _Slips(), _Flipped()


def together(told: Iterable[str]) -> str:
    """The sentences of slips that were made together."""
    return reduce(
        lambda first, second: spoken().messages["marking.two"].format(first=first, second=second), told
    )


def beside(first: str, second: str) -> str:
    """Two remarks in one line; one alone where the other is empty."""
    return spoken().messages["list.semicolon"].join(filter(None, (first, second)))


def __getattr__(name: str) -> str:
    try:
        return spoken().messages[f"marking.{name.lower()}"]
    except KeyError:
        raise AttributeError(f"no sentence is called {name}") from None
