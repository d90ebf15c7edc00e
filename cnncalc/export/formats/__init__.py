"""The formats that networks are exported to: a file each with an `Exporter`; its name is the format's."""

import pkgutil
from functools import cache


@cache
def names() -> tuple[str, ...]:
    """The names of the formats that networks are exported to.

    >>> "mermaid" in names()
    True
    """
    return tuple(module.name for module in pkgutil.iter_modules(__path__))
