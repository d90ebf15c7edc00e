"""The sentences of marking, as messages that are told in the student's language."""

from collections.abc import Iterable
from functools import reduce
from typing import Any

from cnncalc.languages import Joined, Message, Words, english


def marking(name: str, **values: Any) -> str:
    """A sentence of marking: the catalogues' `marking.NAME`.

    >>> marking("would_give", given=3, value=27)
    '3 would give 27'
    """
    return Message(f"marking.{name}", **values)


def slip(name: str, **values: Any) -> str:
    """The sentence of a slip, by its name: the catalogues' `slip.NAME`, or the sentences of the slip itself.

    >>> slip("no_padding")
    'the padding is left out'
    """
    if english().has(f"slip.{name}"):
        return Message(f"slip.{name}", **values)
    from cnncalc.homework.slips import slips

    return Words(next(slip.sentences for slip in slips() if slip.name == name), **values)


def together(told: Iterable[str]) -> str:
    """The sentences of slips that were made together."""
    return reduce(lambda first, second: marking("two", first=first, second=second), told)


def both_remarks(first: str, second: str) -> str:
    """Two remarks in one line; one alone where the other is empty."""
    return Joined((first, second), "list.semicolon") if first and second else first or second
