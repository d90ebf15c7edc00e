"""Additions of other installed packages, announced by entry points: layer kinds, conventions and slips.

The groups are `cnncalc.kinds`, `cnncalc.conventions` and `cnncalc.slips`. Packages are looked through for a
name that is none of our own, for lists and for slips. importlib.metadata, which takes long to load, is
loaded only where some package announces something.
"""

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cnncalc.errors import LayerError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


T = TypeVar("T")


@cache
def _some_announce() -> bool:
    """Whether an installed package may announce anything; what lies in an archive is not looked at."""
    for folder in sys.path:
        try:
            packages = [each.path for each in os.scandir(folder or ".") if each.name.endswith("-info")]
        except NotADirectoryError:
            return True
        except OSError:
            continue
        for package in packages:
            with suppress(OSError):
                if b"[cnncalc." in Path(package, "entry_points.txt").read_bytes():
                    return True
    return False


@cache
def announced(group: str) -> "dict[str, tuple[EntryPoint, ...]]":
    """Name -> the entry points of that name, by the packages that are installed; most have one."""
    if not _some_announce():
        return {}
    from importlib.metadata import entry_points

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in sorted(entry_points(group=f"cnncalc.{group}"), key=lambda point: (point.name, point.value)):
        # one package may stand on the path twice
        if point not in found.get(point.name, ()):
            found[point.name] = (*found.get(point.name, ()), point)
    return found


@cache
def load(group: str, name: str) -> Any:
    """The object that an installed package announces under a name; raises LayerError for a broken one."""
    point, *others = announced(group)[name]
    if others:
        packages = " and ".join(sorted({_package(each) for each in (point, *others)}))
        raise _bad(f"{name} is announced by {packages}", "uninstall one of them")
    try:
        return point.load()
    except Exception as error:
        raise _bad(f"{name} of {_package(point)} can't be loaded: {type(error).__name__}: {error}") from error


def checked(group: str, name: str, cls: type[T], what: str) -> T:
    """An announced object of `cls`; raises LayerError where the object is something else."""
    found = load(group, name)
    if isinstance(found, cls):
        return found
    raise _bad(f"{name} of {_package(announced(group)[name][0])} is no {what}")


def _package(point: "EntryPoint") -> str:
    return f"the package {point.dist.name}" if point.dist else point.value


def _bad(message: str, help: str = "") -> LayerError:
    return LayerError("bad_package", message, help or "mend or uninstall the package")
