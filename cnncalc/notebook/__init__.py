"""How what Python gives shows in a notebook: as tables of HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.render.tables.table import Table


def html(table: Table) -> str:
    """A table as a notebook shows it."""
    from cnncalc.render.tables.headings import in_language
    from cnncalc.render.tables.html_table import lines

    return "".join(lines(in_language(table)))
