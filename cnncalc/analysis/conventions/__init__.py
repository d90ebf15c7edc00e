"""How others count: one small table a tool, each reproducing what the tool of that name prints.

A table says, kind by kind, of which parts the tool's count is made, at the version given, slips and all.
The layer kinds know nothing of it.
"""

import pkgutil
from functools import cache
from importlib import import_module

from cnncalc.analysis.conventions.engine import Convention
from cnncalc.errors import unknown_choice
from cnncalc.installed import announced, checked

_NOT_TOOLS = {"engine", "parts", "reconcile"}


@cache
def _own() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(__path__)) - _NOT_TOOLS


def names() -> list[str]:
    """The conventions, the textbook's first; those of other installed packages too."""
    return sorted({*_own(), *announced("conventions")}, key=lambda name: (name != "textbook", name))


@cache
def find(name: str) -> Convention:
    """The convention of that name, of this package or announced by another as `cnncalc.conventions`.

    Raises UsageError where there is none, LayerError for one of a package that can't be loaded.

    >>> find("thop").unit
    'MACs'
    """
    if name in _own():
        found: Convention = import_module(f"{__name__}.{name}").CONVENTION
        return found
    if name not in announced("conventions"):
        raise unknown_choice(name, "a convention", names())
    return checked("conventions", name, Convention, "convention")
