"""A document as JSON: its own data, or the rows of its tables."""

from collections.abc import Iterator

from cnncalc.render import writer
from cnncalc.render.document import Document, Shown, Table
from cnncalc.render.json_text import json_text


class Writer(writer.Writer):
    """JSON."""

    SUFFIX = ".json"
    IS_DATA = True
    HOLDS_REMARKS = True

    def pieces(self, document: Document) -> Iterator[str]:
        if document.data is not None:
            yield from document.data()
            return
        tables = (block for block in document.blocks if isinstance(block, Table))
        rows = [
            {
                column.heading: value.value if isinstance(value, Shown) else value
                for column, value in zip(table.columns, row.cells, strict=True)
            }
            for table in tables
            for row in table.rows
        ]
        yield json_text(rows, indent=1, ascii=True)
