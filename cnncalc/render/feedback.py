"""What a student gets back: one file, in Markdown or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from cnncalc.analysis.report import Report
from cnncalc.homework.grading import Graded
from cnncalc.render.marking import QUANTITIES, expected, marked_table, remark, score
from cnncalc.render.right_working import equations
from cnncalc.render.table import Table, cell, written

FORMATS = {"markdown": ".md", "html": ".html"}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}th,td{border-bottom:1px solid #ccc;padding:.25rem .6rem;text-align:left;"
    "vertical-align:top}td.wrong,td.unreadable{color:#a00}td.missing{color:#666}td.right,td.carried{color:#060}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}td.wrong,td.unreadable{color:#f77}"
    "td.right,td.carried{color:#6c6}}"
)


def file_name(student: str, format: str) -> str:
    """The name of a student's file: nothing in it that a file system minds."""
    kept = re.sub(r"[^\w .@()+-]", "_", student).strip(" .") or "student"
    return kept[:100] + FORMATS[format]


def feedback(
    graded: Graded, report: Report, format: str, *, show_answers: bool, explain: bool
) -> Iterator[str]:
    """The whole of a student's file, in pieces."""
    title = f"{report.settings.network}: {graded.student}"
    table = marked_table(graded.marked, show_answers=show_answers) if graded.marked else None
    told = (
        f"{score(graded.marked)} marks" if graded.marked else f"The sheet can't be marked: {graded.problem}"
    )
    workings = list(_workings(graded, report)) if explain else []
    if format == "html":
        yield f"<!doctype html>\n<meta charset=utf-8>\n<title>{escape(title)}</title>\n"
        yield f"<style>{_STYLE}</style>\n"
        yield f"<h1>{escape(title)}</h1>\n<p>{escape(told)}</p>\n"
        yield from (f"<p>{escape(note)}</p>\n" for note in graded.notes)
        yield from _html(table) if table else ()
        for head, lines in workings:
            yield f"<h2>{escape(head)}</h2>\n" + "".join(
                f"<p><code>{escape(line)}</code></p>\n" for line in lines
            )
        return
    yield f"# {title}\n\n{told}\n\n"
    yield from (f"{note}\n\n" for note in graded.notes)
    yield from written(table, "markdown") if table else ()
    for head, lines in workings:
        yield f"\n## {head}\n\n" + "".join(f"- `{line}`\n" for line in lines)


def _workings(graded: Graded, report: Report) -> Iterator[tuple[str, list[str]]]:
    for answer in graded.marked.answers if graded.marked else ():
        if answer.verdict not in ("right", "carried") and (lines := equations(report, answer)):
            yield f"{answer.layer}, {QUANTITIES[answer.quantity]}: {expected(answer)}", lines


def _html(table: Table) -> Iterator[str]:
    yield (
        "<table>\n<tr>"
        + "".join(f"<th>{escape(column.heading)}</th>" for column in table.columns)
        + "</tr>\n"
    )
    for row in [*table.rows, *([table.total] if table.total else [])]:
        cells = [cell(value) for value in row.cells]
        yield "<tr>" + "".join(f"{_opening(text)}{escape(text)}</td>" for text in cells) + "</tr>\n"
    yield "</table>\n"


def _opening(text: str) -> str:
    return f"<td class={text}>" if text in ("right", "carried", "wrong", "missing", "unreadable") else "<td>"


def output(graded: Graded) -> str:
    """The same in a few lines of text."""
    if graded.marked is None:
        return f"The sheet can't be marked: {graded.problem}"
    lines = [f"{a.layer} {QUANTITIES[a.quantity]}: {remark(a)}" for a in graded.marked.answers if remark(a)]
    return "\n".join([f"{score(graded.marked)} marks", *graded.notes, *lines])
