"""The names of a network's layers and groups: given, made up, and found from within a scope."""

from enum import Enum
from typing import Any, NamedTuple

from cnncalc.errors import FOLLOWS, LayerError, brief, did_you_mean
from cnncalc.layers import find
from cnncalc.spec.document import bad_name, is_name
from cnncalc.spec.location import ItemLocation
from cnncalc.spec.values import Values, opened, put_in

START = "^"
"""In `from`, what the first layer of the group reads; twice, that of the group around."""
LONGEST = 10_000
"""The most characters of a name with those of its scopes."""


class ModelName(str):
    """A name that a foreign model gives a layer or a group: unlike an author's, it may hold dots."""

    __slots__ = ()


class Unusable(Enum):
    """Why a name stands for no number of a node."""

    FAILED = "what has this name failed, and its fault is told: whatever reads it fails in silence"
    UNFINISHED = "the layers of the group of this name are still being unfolded"


FAILED, UNFINISHED = Unusable.FAILED, Unusable.UNFINISHED
Target = int | Unusable
"""The meaning of a name: the number of an input or a node, or the reason why there is none."""


class Scope:
    """A level of names: the layers that stand in one list, and the values that `$` has there."""

    __slots__ = ("counts", "prefix", "values")

    def __init__(self, prefix: str, values: Values, counts: dict[str, int] | None = None) -> None:
        self.prefix, self.values = prefix, values
        self.counts: dict[str, int] = {} if counts is None else counts
        """Kind -> the last running number given to a layer of this kind in the scope."""


class Unknown(NamedTuple):
    """A reference to a name that nothing has so far: a fault, unless what should have the name failed."""

    name: str
    prefix: str
    location: ItemLocation
    option: str


class Names:
    """The full names of all inputs, layers and groups so far, and the references that found none."""

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self.starts: dict[str, Target] = {}
        """The prefix of a group's scope -> what its first layer reads."""
        self.unknown: list[Unknown] = []
        self._failed: set[str | None] = set()
        """The items that failed before it was known which names they would hold."""

    def new(self, kind: str, given: Any, scope: Scope) -> str:
        """The full name of a new layer: as given, else its kind and a running number; raises LayerError."""
        known, prefix = self.targets, scope.prefix
        if given is None:
            count = scope.counts.get(kind, 0) + 1
            while (full := f"{prefix}{kind}{count}") in known:
                count += 1
            scope.counts[kind] = count
            return full
        if type(given) is int:
            given = str(given)
        if not is_name(given) and type(given) is not ModelName:
            raise bad_name(given)
        full = f"{prefix}{given}"
        if full in known:
            raise LayerError(
                "doubled_name",
                f"{full} is the name of something before this",
                "a name must be unique in its scope",
                "name",
            )
        return full

    def find(self, name: str, prefix: str) -> str | None:
        """The full name that a name means in the scope of a prefix: the scope's own, then those outwards.

        A dot before a name says that it is the full one.
        """
        if name.startswith("."):
            return name[1:] if name[1:] in self.targets else None
        while True:
            if prefix + name in self.targets:
                return prefix + name
            if not prefix:
                return None
            outer = prefix[:-1].rpartition(".")[0]
            prefix = f"{outer}." if outer else ""

    def refer(self, name: Any, prefix: str, location: ItemLocation, option: str = "") -> Target:
        """The meaning of a reference. An unknown name is FAILED; `faults` tells of it at the end."""
        name = str(name) if type(name) is int else name
        if isinstance(name, str) and name and not name.strip(START):
            return self._start(len(name), prefix, option)
        if not isinstance(name, str):
            raise LayerError("bad_value", f"{brief(name)} is not the name of a layer", "", option)
        full = self.find(name, prefix)
        if full is None:
            self.unknown.append(Unknown(name, prefix, location, option))
            return FAILED
        target = self.targets[full]
        if target is UNFINISHED:
            message = f"{name} is still being built where this reads it"
            raise LayerError("unfinished", message, "name a layer in it", option)
        return target

    def _start(self, levels: int, prefix: str, option: str) -> Target:
        """The target that the first layer reads in the group around a scope, or in a group further out."""
        while prefix:
            levels -= prefix in self.starts
            if not levels:
                return self.starts[prefix]
            outer = prefix[:-1].rpartition(".")[0]
            prefix = f"{outer}." if outer else ""
        message = f"{START} is what a block or a round reads, and this stands in none"
        raise LayerError("bad_value", message, "say the name of a layer", option)

    def sources(self, given: Any, scope: Scope, location: ItemLocation) -> tuple[Target, ...]:
        """The inputs or nodes of the option `from`: one name, or a list of names."""
        given = opened(put_in(given, scope.values, "from"), "from")
        names = given if isinstance(given, list | tuple) else [given]
        if not names:
            help = "the name of a layer, or a list of them"
            raise LayerError("bad_value", "from names nothing", help, "from")
        return tuple(
            self.refer(put_in(name, scope.values, "from"), scope.prefix, location, "from") for name in names
        )

    def one_source(self, given: Any, scope: Scope, location: ItemLocation, what: str) -> Target:
        """The input or node of `from`, for an item that takes one input; `what` names the item in errors."""
        targets = self.sources(given, scope, location)
        if len(targets) != 1:
            message = f"{what} takes one input, and from names {len(targets)}"
            raise LayerError("one_input", message, "join them first: - concat: {from: [...]}", "from")
        return targets[0]

    def fail(self, kind: str, given: Any, scope: Scope) -> None:
        """Keeps the name of a layer or group that failed, so that no reader of the name is blamed.

        The name is the given one, else the kind with the running number that the layer had or would have had.
        """
        if given is None:
            count = scope.counts.get(kind, 0)
            full = f"{scope.prefix}{kind}{count}"
            # the number may have been taken before the layer failed
            if not count or self.targets.get(full, UNFINISHED) is not UNFINISHED:
                full = self.new(kind, None, scope)
        elif is_name(given):
            full = f"{scope.prefix}{given}"
        else:
            return
        if self.targets.get(full, UNFINISHED) is UNFINISHED:
            self.targets[full] = FAILED
            self.fail_group(full)

    def fail_group(self, full: str) -> None:
        """Notes that a group failed: names in it may be missing for no fault of those who read them."""
        self._failed.add(full)

    def has_failed(self, name: Any, prefix: str) -> bool:
        """Whether a name is that of a group that failed, or of a layer that would stand in such a group."""
        parts = as_name(name).split(".")
        return any(
            self.find(".".join(parts[:size]), prefix) in self._failed for size in range(len(parts), 0, -1)
        )

    def fault(self, unknown: Unknown) -> LayerError | None:
        """The fault of a reference that found nothing, now that all names are known."""
        name, prefix, _, option = unknown
        if self.has_failed(name, prefix):
            return None
        if self.find(name, prefix) is not None:
            help = "a layer reads what is before it"
            return LayerError("later_name", f"{name} comes only after this", help, option)
        help = did_you_mean(name, self.targets)
        if not option and find(name.split("-")[0].rstrip("0123456789")):
            help = f"a layer on a path is in brackets: [{name}]"
        return LayerError("unknown_name", f"no layer is called {brief(name)}", help, option)

    def shareable(self, name: str, prefix: str) -> int | None:
        """The number of the input or layer of a name, whose weights another layer wants to use."""
        target = self.targets.get(self.find(name, prefix) or "")
        if target is FAILED or (not isinstance(target, int) and self.has_failed(name, prefix)):
            raise LayerError(FOLLOWS, "")
        return target if isinstance(target, int) else None


def as_name(value: Any) -> str:
    """A value that stands where a name should, as a text no longer than a name; a list gives ""."""
    return str(value)[:LONGEST] if isinstance(value, str | int) else ""
