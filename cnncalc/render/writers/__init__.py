"""The formats of documents, a file each with a `Writer`; the name of the file is the name of the format."""

import pkgutil
from functools import cache

TABLE, SPOKEN = TEXT = ("table", "text")
"""The names of the format for people, which on a terminal is drawn with colours: of tables, of sentences."""
PAGE = "markdown"
"""The format of pages that are handed out, unless another is asked for."""
SPREADSHEET = "csv"
"""The format of tables that a spreadsheet opens."""


@cache
def formats() -> tuple[str, ...]:
    """The names of the formats.

    >>> [format for format in formats() if format in ("html", "latex", "yaml")]
    ['html', 'latex']
    """
    return (TEXT[0], *(module.name for module in pkgutil.iter_modules(__path__)))
