"""Faults in a user's input as data: a code and a message, the place, and the way to mend the input."""

from collections.abc import Container, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

MOST_NAMES = 500
"""The most names that an unknown name is compared with: to compare so many takes up to 20 ms."""

FOLLOWS = ""
"""The code of an error that only follows from another fault, and is never told."""


class Place(NamedTuple):
    """Where a fault stands: a line and a column (from 1, in characters), or a path into a mapping."""

    file: str
    line: int | None = None
    column: int | None = None
    path: str = ""
    chain: tuple[str, ...] = ()
    """The blocks and repeats that the place stands in, the innermost first."""

    def __str__(self) -> str:
        if self.line is None:
            return f"{self.file}: {self.path}" if self.path else self.file
        return f"{self.file}:{self.line}:{self.column}"


class Fault(NamedTuple):
    """One fault. `code` is stable and documented; `help` says how to mend it."""

    code: str
    message: str
    help: str = ""
    place: Place | None = None
    source_line: str = ""

    def to_dict(self) -> dict[str, object]:
        place = self.place
        return {
            "code": self.code,
            "message": self.message,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "help": self.help,
        }

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        chain = "".join(f"\n  {step}" for step in self.place.chain) if self.place else ""
        return f"{where}{self.message}{chain}" + (f"\n  help: {self.help}" if self.help else "")


class CnncalcError(Exception):
    """The base of every error that bad input can cause. `faults` holds each one."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class SpecError(CnncalcError):
    """A spec that can't be read, or whose network can't exist."""


class UsageError(CnncalcError):
    """A command or a call that doesn't make sense."""

    def __init__(self, message: str, help: str = "", code: str = "usage") -> None:
        super().__init__(Fault(code, message, help))


def is_among(given: object, known: Container[str]) -> bool:
    """Whether a value is one of the known texts; no other value is, such as a list."""
    return isinstance(given, str) and given in known


def unknown_choice(given: object, what: str, known: Iterable[str]) -> UsageError:
    """The error for a word that is not among the known ones.

    >>> print(unknown_choice("cvs", "a format", ["csv", "json"]))
    cvs is not a format
      help: did you mean csv?
    """
    word = as_text(given)[:60]
    return UsageError(f"{word} is not {what}", did_you_mean(word, known, "known"), "unknown_choice")


class LayerError(CnncalcError):
    """Raised by a layer kind, which knows nothing of files: the spec's reader adds the place.

    `option` names the option at fault, where there is one; `offset` is the character of its text, from 0.
    """

    def __init__(self, code: str, message: str, help: str = "", option: str = "", offset: int = 0) -> None:
        self.fault = Fault(code, message, help)
        super().__init__(self.fault)
        self.option, self.offset = option, offset
        self.others: tuple[LayerError, ...] = ()
        """Further errors of the same layer."""

    def about(self, option: str) -> "LayerError":
        """The same error with the name of the option at fault."""
        return LayerError(
            self.fault.code, f"{option}: {self.fault.message}", self.fault.help, option, self.offset
        )

    def moved(self, offset: int) -> "LayerError":
        """The same error, placed `offset` characters further on in the text."""
        return LayerError(
            self.fault.code, self.fault.message, self.fault.help, self.option, self.offset + offset
        )

    def located(self, place: Place | None, source_line: str = "") -> Fault:
        return self.fault._replace(place=place, source_line=source_line)


def together(errors: Sequence[LayerError]) -> LayerError:
    """Several errors of one layer as one: the first, with the others as its `others`."""
    first, *others = errors
    first.others += tuple(others)
    return first


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of `names` that `name` was probably meant to be, or "".

    >>> nearest("kernal", ["kernel", "stride"]), nearest("convolution", ["conv", "crop"])
    ('kernel', 'conv')
    """
    import difflib

    known = list(islice(names, MOST_NAMES))
    by_lower = {known_name.lower(): known_name for known_name in known}
    found = difflib.get_close_matches(name.lower()[:60], by_lower, n=1, cutoff=0.6)
    # a word written in full, of which we have the beginning
    begun = (lower for lower in by_lower if len(lower) > 3 and name.lower().startswith(lower))
    best = found[0] if found else max(begun, key=len, default="")
    return by_lower.get(best, "")


def whatever_case(name: str, names: Iterable[str]) -> str:
    """`name` itself, or the only one of `names` that differs from `name` by case alone.

    >>> whatever_case("conv5", ["CONV5", "conv50"]), whatever_case("a", ["A", "a"]), whatever_case("x", ["y"])
    ('CONV5', 'a', 'x')
    """
    known = list(names)
    if name in known or not isinstance(name, str):
        return name
    alike = [other for other in known if other.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else name


SYNONYMS = {
    "swish": "silu", "out_channels": "filters", "channels": "filters", "out_features": "units",
    "num_filters": "filters", "n_filters": "filters", "neurons": "units", "kernel_size": "kernel",
    "filter_size": "kernel", "pool_size": "kernel", "strides": "stride", "dilation_rate": "dilation",
    "use_bias": "bias", "ceil_mode": "rounding", "negative_slope": "slope", "output_size": "size",
    "num_embeddings": "vocabulary", "depth_multiplier": "multiplier", "scale_factor": "scale",
    "count_include_pad": "count_padding", "activation_fn": "activation",
}  # fmt: skip
"""What other frameworks and books call an option or a kind, and its name here."""


def did_you_mean(name: str, names: Iterable[str], what: str = "") -> str:
    """Help for an unknown name: the nearest one, else (where they are few) all of them."""
    known = sorted(islice(names, MOST_NAMES))
    name = as_text(name)
    if (synonym := SYNONYMS.get(name.lower())) in known:
        return f"{name} is {synonym} here"
    key, colon, value = name.partition(":" if ":" in name else "\uff1a")
    if colon and key in known:
        return f"a colon needs a space after it: {key}: {value[:20]}"
    if close := nearest(name, known):
        return f"did you mean {close}?"
    if 0 < len(known) <= 16:
        return f"{what or 'known'}: {', '.join(known)}"
    return ""


def as_text(value: object) -> str:
    """A text as it is, and any other value as an error shows it: a number may be too long to be written."""
    return value if isinstance(value, str) else brief(value)


def reason_of(error: Exception) -> str:
    """Why the system would not read or write a file, in small letters.

    >>> reason_of(FileNotFoundError(2, "No such file or directory"))
    'no such file or directory'
    """
    return (getattr(error, "strerror", None) or str(error)).lower()


def brief(value: object, limit: int = 60) -> str:
    """A value as an error shows it: short, however large the value is."""
    import reprlib

    if isinstance(value, str):
        return repr(value) if len(value) <= limit else repr(value[: limit - 3] + "...")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**limit:
        return "a number of very many digits"
    shorten = reprlib.Repr()
    shorten.maxstring = shorten.maxother = limit
    shorten.maxlevel = 3
    # a file's lists and mappings are of classes of their own, which would be written out whole
    vars(shorten).update(repr_LocatedList=shorten.repr_list, repr_LocatedMap=shorten.repr_dict)
    try:
        return shorten.repr(value)
    except ValueError:
        return f"a {type(value).__name__} with a number of very many digits"
