"""How others count: one small table a tool, each reproducing what the tool of that name prints.

A table says, kind by kind, of which parts the tool's count is made, at the version given, slips and all.
The layer kinds know nothing of it.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from cnncalc.analysis.conventions.engine import Convention
from cnncalc.errors import unknown_choice

_NOT_TOOLS = {"engine", "parts", "reconcile"}


def names() -> list[str]:
    """The conventions, the textbook's first."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_TOOLS)
    return sorted(found, key=lambda name: (name != "textbook", name))


@cache
def find(name: str) -> Convention:
    """The convention of that name; raises UsageError where there is none.

    >>> find("thop").unit
    'MACs'
    """
    if name not in names():
        raise unknown_choice(name, "a convention", names())
    found = import_module(f"{__name__}.{name}").CONVENTION
    assert isinstance(found, Convention)
    return found
