"""The formats of documents, a file each with a `Writer`; the name of the file is the name of the format."""

from __future__ import annotations

import pkgutil
from functools import cache

TEXT = ("table", "text")
"""The names of the format for people, which on a terminal is drawn with colours."""


@cache
def formats() -> tuple[str, ...]:
    """The names of the formats.

    >>> formats()
    ('table', 'csv', 'html', 'json', 'latex', 'markdown', 'text')
    """
    return (TEXT[0], *(module.name for module in pkgutil.iter_modules(__path__)))
