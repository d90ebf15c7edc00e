"""What a student gets back: one file, in Markdown or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from cnncalc.analysis.report import Report
from cnncalc.homework.answers import VERDICTS
from cnncalc.homework.grading import Graded
from cnncalc.languages import spoken
from cnncalc.render.homework.marking import marked_table, score
from cnncalc.render.homework.marking_workings import workings
from cnncalc.render.tables.headings import in_language
from cnncalc.render.tables.table import Row, Table, cell, written

FORMATS = {"markdown": ".md", "html": ".html"}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}th,td{border-bottom:1px solid #ccc;padding:.25rem .6rem;text-align:left;"
    "vertical-align:top}td.wrong,td.unreadable{color:#a00}td.missing{color:#666}td.right,td.carried{color:#060}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}td.wrong,td.unreadable{color:#f77}"
    "td.right,td.carried{color:#6c6}}"
)


_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever comes after a dot."""


class FileNames:
    """Names for the files of students: nothing in them that a file system minds, and no two alike.

    >>> names = FileNames()
    >>> names.of("a/b"), names.of("A?b"), names.of("李四"), names.of("con.x")
    ('a_b', 'A_b-2', '李四', '_con.x')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, student: str) -> str:
        """The name for a further student, without a suffix."""
        # a name has at most 255 bytes, three for a Chinese character
        kept = re.sub(r"[^\w .@()+-]", "_", student)[:60].strip(" .") or "student"
        if _DEVICE.match(kept):
            kept = f"_{kept}"
        name, number = kept, 1
        # many file systems take A and a for the same
        while name.casefold() in self._taken:
            number += 1
            name = f"{kept}-{number}"
        self._taken.add(name.casefold())
        return name


def feedback(
    graded: Graded, report: Report, format: str, *, show_answers: bool, explain: bool
) -> Iterator[str]:
    """The whole of a student's file, in pieces."""
    title = f"{report.settings.network}{spoken().say('colon')}{graded.student}"
    table = marked_table(graded.marked, show_answers=show_answers) if graded.marked else None
    told = summary(graded)
    worked = list(workings(report, graded.marked, everything=explain)) if graded.marked else []
    if format == "html":
        yield f'<!doctype html>\n<html lang="{spoken().code}">\n<meta charset=utf-8>\n'
        yield f"<meta name=viewport content='width=device-width'>\n<title>{escape(title)}</title>\n"
        yield f"<style>{_STYLE}</style>\n"
        yield f"<h1>{escape(title)}</h1>\n<p>{escape(told)}</p>\n"
        yield from (f"<p>{escape(note)}</p>\n" for note in graded.notes)
        yield from _html(table) if table else ()
        for head, lines in worked:
            yield f"<h2>{escape(head)}</h2>\n" + "".join(
                f"<p><code>{escape(line)}</code></p>\n" for line in lines
            )
        return
    yield f"# {title}\n\n{told}\n\n"
    yield from (f"{note}\n\n" for note in graded.notes)
    yield from written(in_language(table), "markdown") if table else ()
    for head, lines in worked:
        yield f"\n## {head}\n\n" + "".join(f"- `{line}`\n" for line in lines)


def _html(table: Table) -> Iterator[str]:
    told = in_language(table)
    headings = "".join(f"<th>{escape(column.heading)}</th>" for column in told.columns)
    yield f"<table>\n<tr>{headings}</tr>\n"
    for row, said_row in zip(_rows(table), _rows(told), strict=True):
        cells = (
            f"{_opening(value)}{escape(cell(text))}</td>"
            for value, text in zip(row.cells, said_row.cells, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</table>\n"


def _rows(table: Table) -> list[Row]:
    return [*table.rows, *([table.total] if table.total else [])]


def _opening(value: object) -> str:
    return f"<td class={value}>" if value in VERDICTS else "<td>"


def summary(graded: Graded) -> str:
    """The marks in a line, or why there are none."""
    if graded.marked is None:
        return spoken().say("grade.unmarkable", problem=graded.problem)
    return spoken().say("grade.marks", score=score(graded.marks, graded.out_of))
