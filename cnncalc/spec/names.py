"""The names of a network's layers and groups: given, made up, and found from within a scope."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import LayerError, did_you_mean
from cnncalc.spec.document import bad_name, is_name
from cnncalc.spec.values import Values

LONGEST = 10_000
"""The most characters of a name with those of its scopes."""


class Scope:
    """A level of names: the layers that stand in one list, and the values that `$` has there."""

    __slots__ = ("counts", "prefix", "values")

    def __init__(self, prefix: str, values: Values, counts: dict[str, int] | None = None) -> None:
        self.prefix, self.values = prefix, values
        self.counts: dict[str, int] = {} if counts is None else counts

    def new_name(self, kind: str, given: Any, known: dict[str, int | None]) -> str:
        """The full name of a new layer: as given, else its kind and a running number; raises LayerError."""
        if given is None:
            count = self.counts.get(kind, 0) + 1
            while (full := f"{self.prefix}{kind}{count}") in known:
                count += 1
            self.counts[kind] = count
            return full
        if type(given) is int:
            given = str(given)
        if not is_name(given):
            raise bad_name(given)
        full = f"{self.prefix}{given}"
        if full in known:
            raise LayerError(
                "doubled_name",
                f"{full} is the name of something before this",
                "a name must be unique in its scope",
                "name",
            )
        return full


def find_name(name: str, prefix: str, known: dict[str, int | None]) -> str | None:
    """A name as it is seen from a scope: its own names, then outwards."""
    while True:
        if prefix + name in known:
            return prefix + name
        if not prefix:
            return None
        outer = prefix[:-1].rpartition(".")[0]
        prefix = f"{outer}." if outer else ""


def as_name(value: Any) -> str:
    """What stands in a name's place as a text, no longer than a name can be; lists are none."""
    return str(value)[:LONGEST] if isinstance(value, str | int) else ""


def near(name: str, known: dict[str, int | None]) -> str:
    """Help for a name that nothing has."""
    return did_you_mean(name, known)
