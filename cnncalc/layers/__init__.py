"""The layer kinds: each is the file of its name in this folder. There is no list to keep.

Other packages add kinds by entry points of the group `cnncalc.kinds`, each named as its kind.
"""

import dataclasses
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from cnncalc.errors import LayerError, did_you_mean, nearest, together
from cnncalc.installed import announced, checked
from cnncalc.layers.support.base import Layer, fields

FOLDER = Path(__file__).parent
_ALIASES = r"^    aliases\b[^=]*= \((.*?)\)"


@cache
def names() -> tuple[str, ...]:
    """The names of the kinds of this package, in alphabetical order."""
    files = (file for file in FOLDER.iterdir() if file.suffix == ".py")
    return tuple(sorted(file.stem for file in files if file.stem != "__init__"))


@cache
def aliases() -> dict[str, str]:
    """Other name -> kind of this package.

    Read from the files' text, since a spec may use any: to import all kinds takes longer than the work.
    """
    found: dict[str, str] = {}
    for name in names():
        source = (FOLDER / f"{name}.py").read_text("utf-8")
        for match in re.findall(_ALIASES, source, re.MULTILINE):
            for alias in re.findall(r'"(\w+)"', match):
                if alias in found or alias in names():
                    raise TypeError(f"{alias} is claimed by both {found.get(alias, alias)} and {name}")
                found[alias] = name
    return found


@cache
def all_names() -> tuple[str, ...]:
    """The names of all kinds, those of other installed packages too."""
    return tuple(sorted({*names(), *announced("kinds")}))


@cache
def all_aliases() -> dict[str, str]:
    """Other name -> kind, those of other installed packages too."""
    added: dict[str, str] = {}
    for name in announced("kinds"):
        with suppress(LayerError):  # a kind that can't be loaded is told of when its own name is used
            added |= dict.fromkeys(_of_a_package(name).aliases, name)
    return added | aliases()


@cache
def find(name: str, *, installed: bool = True) -> type[Layer] | None:
    """The class of a kind, by its name or another name of it; None if there is none. Loads that one file.

    Other packages are looked through for what is no kind of this one, unless `installed` is false. Raises
    LayerError for a kind of a package that can't be loaded.
    """
    if name not in names():
        if name not in aliases():
            return _installed(name) if installed else None
        name = aliases()[name]
    module = import_module(f"{__name__}.{name}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Layer) and vars(value).get("kind") == name
    )


def _installed(name: str) -> type[Layer] | None:
    """The class of a kind of another package."""
    kind = name if name in announced("kinds") else all_aliases().get(name)
    return _of_a_package(kind) if kind else None


def _of_a_package(name: str) -> type[Layer]:
    cls = checked("kinds", name, type, "layer kind")
    if issubclass(cls, Layer) and vars(cls).get("kind") == name:
        return cls
    raise LayerError("bad_package", f"{cls.__qualname__} of {cls.__module__} is no layer kind {name}")


def build(
    cls: type[Layer], options: Mapping[str, Any], *, defaults: Mapping[str, Any] | None = None
) -> Layer:
    """A layer of a kind, from its options as they stand in a spec.

    `defaults` take the place of the kind's own. Raises LayerError naming the option at fault; the others that
    are at fault too are its `others`.
    """
    known = fields(cls)
    values: dict[str, Any] = {name: value for name, value in (defaults or {}).items() if name in known}
    errors: list[LayerError] = []
    for name, value in options.items():
        if name not in known:
            help = did_you_mean(str(name), known, "its options") or f"{cls.kind} has no options"
            errors.append(LayerError("unknown_option", f"{cls.kind} has no option {name}", help, str(name)))
            continue
        try:
            values[name] = known[name].metadata["read"](value)
        except LayerError as error:
            errors.append(error.about(name))
    for name, field in known.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        misspelt = any(name == nearest(str(given), known) for given in options if given not in known)
        if required and name not in values and name not in options and not misspelt:
            errors.append(LayerError("missing_option", f"{cls.kind} needs {name}", field.metadata["help"]))
    if errors:
        raise together(errors)
    return cls(**values)
