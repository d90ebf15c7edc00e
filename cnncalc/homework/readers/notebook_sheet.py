"""The tables of a Jupyter notebook: of its Markdown cells, and of what its cells have printed."""

import json
from collections.abc import Iterator
from typing import Any

from cnncalc.homework.readers.html_sheet import tables
from cnncalc.homework.readers.markdown_sheet import rows
from cnncalc.homework.sheets import decode
from cnncalc.homework.tables import Grid, bad_sheet
from cnncalc.homework.told import told

MOST_CELLS = 500


def grids(data: bytes, file: str) -> Iterator[Grid]:
    """The tables; raises CnncalcError."""
    try:
        notebook = json.loads(decode(data))
        cells = notebook["cells"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise bad_sheet(file, "is not a notebook that can be read") from None
    texts: list[str] = []
    tabled = False
    for number, cell in enumerate(cells[:MOST_CELLS] if isinstance(cells, list) else [], 1):
        if not isinstance(cell, dict):
            continue
        name = f"cell {number}"
        if cell.get("cell_type") == "markdown":
            text = _text(cell.get("source"))
            texts.append(text)
            tabled = tabled or "|" in text or "<table" in text.lower()
            yield Grid(rows(text), name)
            yield from (grid._replace(name=name) for grid in tables(text, file))
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            shown = output.get("data") if isinstance(output, dict) else None
            if isinstance(shown, dict):
                tabled = True
                yield from (grid._replace(name=name) for grid in tables(_text(shown.get("text/html")), file))
                yield Grid(rows(_text(shown.get("text/markdown"))), name)
    if not tabled:
        yield Grid(told("\n".join(texts)))


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
