"""The answers to the calculator's page, as plain data, for a Worker in a browser and for `cnncalc serve`.

Neither NumPy nor rich nor typer is loaded, and no process is started: a browser has none of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.errors import CnncalcError, Fault, UsageError, is_among, unknown_choice
from cnncalc.languages import Language, codes, language
from cnncalc.plain_text import visible

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.render.document import Document, Row, Table
    from cnncalc.render.writer import Writer

MOST_ROWS = 1_000
"""The most rows of a table that the page shows."""
FIRST = "lenet5"
"""The network that the page begins with."""
SPEC, SHEET = "spec", "answers"
"""What errors call the spec and the sheet: without an ending, both are read by what they look like."""
COLUMNS = ("shape", "activation_size", "params", "connections", "macs", "rf")
ASKED = ("shape", "activation_size", "params")

Request = Mapping[str, Any]
Reply = dict[str, Any]


def answer(request: Any) -> Reply:
    r"""The reply to a request, a mapping whose `ask` names one of the questions below.

    Whatever is wrong with the input is in the reply: `faults`, a list of mappings with `code`, `message`,
    `help`, `line` and `column` (from 1, or None), and `chain`, the blocks that the place stands in.

    >>> answer({"ask": "network", "text": "input 32x32x3\nconv5-6\nfc-10"})["rows"][1]["cells"]
    ['(28, 28, 6)', '4,704', '456', '357,504', '352,800', '5']
    >>> answer({"ask": "network", "text": "input: 9x9x3\nlayers:\n- conv: {kernal: 3}"})["faults"][0]["line"]
    3
    """
    try:
        return _reply(request)
    except CnncalcError as error:
        faults = error.faults
    except RecursionError:
        faults = (Fault("too_deep", "nests too deep to be read"),)
    except MemoryError:
        faults = (Fault("too_large", "is too large for this machine's memory"),)
    except Exception as error:  # noqa: BLE001 - whatever it is, the page tells it
        message = f"{type(error).__name__}: {error}"[:300]
        faults = (Fault("internal", message, "this is cnncalc's own fault: please report it"),)
    return {"faults": list(map(_fault, faults))}


def answer_json(request: str | bytes) -> str:
    """The reply to a request, both as JSON; a request that is no JSON is a fault, too."""
    try:
        asked = json.loads(request)
    except (ValueError, RecursionError):
        asked = None
    return json.dumps(answer(asked), ensure_ascii=False)


def spec_text(spec: str) -> str:
    """The text that the page begins with for a file, a model or a built-in name; raises CnncalcError.

    The text of a file is taken as it is, faults and all: the page shows them.
    """
    from cnncalc.built_in import architectures, find_spec
    from cnncalc.interop.contents import open_model
    from cnncalc.loading import load
    from cnncalc.spec.source import read_text

    path = find_spec(spec)
    if path is not None and path.parent == architectures():
        return _without_expect(path)
    if path is not None and open_model(path, spec) is None:
        return read_text(path, spec)
    return load(spec).spec()


def _reply(request: Any) -> Reply:
    asked = request.get("ask") if isinstance(request, Mapping) else None
    if not is_among(asked, _QUESTIONS):
        raise unknown_choice(asked, "a question of the page", _QUESTIONS)
    return _QUESTIONS[str(asked)](request)


# ---- the questions


def _start(request: Request) -> Reply:
    """The words of the page in a language, and what there is to choose from."""
    from cnncalc import __version__
    from cnncalc.built_in import builtin_names
    from cnncalc.figures.themes import variables

    spoken = _language(request)
    # figures have their colours from the page, so that they change with its scheme
    colors = {theme: variables(theme) for theme in ("light", "dark")}
    words = {key: text for key, text in spoken.messages.items() if key.startswith("calculator.")}
    names = {code: language(code).say("name") for code in codes()}
    return {
        "version": __version__,
        "language": spoken.code,
        "languages": names,
        "words": words,
        "colors": colors,
        "examples": builtin_names(),
        "first": FIRST,
    }


def _example(request: Request) -> Reply:
    """The text of a built-in network without `expect`."""
    from cnncalc.built_in import builtin_path

    return {"text": _without_expect(builtin_path(_text(request, "name")))}


def _network(request: Request) -> Reply:
    """The table of a network, its warnings, and its figure."""
    from cnncalc.languages import Message
    from cnncalc.render.document import Line, Paragraph, Table
    from cnncalc.render.problems import by_message
    from cnncalc.render.reports.report_tables import View, report_document
    from cnncalc.render.writer import Writer

    report = _report(request)
    document = report_document(report, COLUMNS, View(every=bool(request.get("every"))), with_input=True)
    writer = Writer(_language(request))
    blocks = iter(document.blocks)
    table = next(blocks)
    assert isinstance(table, Table)
    # what is told under the table is known once its rows are read
    rows = list(islice(table.rows, MOST_ROWS + 1))
    notes: list[Line] = [block.text for block in blocks if isinstance(block, Paragraph)]
    if len(rows) > MOST_ROWS:
        notes.append(Message("calculator.rest", count=f"{MOST_ROWS:,}"))
    leaves = sum(not row.group for row in rows) - len(report.graph.inputs)
    warnings = by_message((warning.layer, warning.message) for warning in report.warnings)
    return {
        **_table(table._replace(rows=rows[:MOST_ROWS]), writer),
        "figure": _figure(report, writer.language),
        "folds": leaves < len(report),
        "notes": list(map(writer.line, notes)),
        "warnings": list(map(writer.line, warnings)),
    }


def _working(request: Request) -> Reply:
    """The working of a layer or block, as HTML in which names are text; formulas are MathML."""
    from cnncalc.explain import solve_network
    from cnncalc.render.explained.sections import solution_document

    solution = solve_network(_report(request), [_text(request, "layer")], short=not request.get("long"))
    return {"html": _html(solution_document(solution, once=True), request)}


def _blank(request: Request) -> Reply:
    """The rows and columns of an empty answer sheet, and which cells ask for something."""
    from cnncalc.languages import Message
    from cnncalc.quantity import QUANTITIES
    from cnncalc.render.homework.sheet_template import Blanks

    blanks = Blanks.of_layers(_report(request), ASKED)
    tell = _language(request).tell
    headings = [Message("heading.layer"), *(QUANTITIES[name].asked for name in blanks.quantities)]
    rows = [*islice(blanks.rows.values(), MOST_ROWS), *([("Total", blanks.total)] if blanks.total else [])]
    return {
        "columns": list(map(tell, headings)),
        "rows": [
            {"label": label, "asked": [name in cells for name in blanks.quantities]} for label, cells in rows
        ],
    }


def _marked(request: Request) -> Reply:
    """A sheet, marked: the verdicts and the slips, as HTML in which all that a student wrote is text."""
    from cnncalc.homework.answers import EXACT_BELOW, Rules
    from cnncalc.homework.key import Key
    from cnncalc.homework.marking import mark_sheet
    from cnncalc.homework.sheets import read_sheet
    from cnncalc.render.homework.marking import marked_document

    report = _report(request)
    sheet = read_sheet(SHEET, _text(request, "sheet").encode("utf-8", "replace"))
    only_given = bool(request.get("only_given"))
    marked = mark_sheet(Key(report), sheet, Rules(exact_below=EXACT_BELOW, only_given=only_given))
    if not marked.answers:
        raise UsageError("no answer of the sheet belongs to a layer", "begin each row with a layer's name")
    document = marked_document(
        marked, show_answers=bool(request.get("show_answers")), report=report, everything=False
    )
    return {
        "html": _html(document, request),
        "all_right": marked.all_right,
        "notes": [visible(str(_language(request).tell(note))) for note in marked.notes],
    }


_QUESTIONS: dict[str, Callable[[Request], Reply]] = {
    "start": _start,
    "example": _example,
    "network": _network,
    "working": _working,
    "blank": _blank,
    "mark": _marked,
}


# ---- what the questions share


def _text(request: Request, name: str) -> str:
    value = request.get(name, "")
    if not isinstance(value, str):
        raise UsageError(f"{name} is no text")
    return value


def _language(request: Request) -> Language:
    return language(_text(request, "language") or None)


def _report(request: Request) -> Report:
    return _report_of(_text(request, "text"))


@lru_cache(maxsize=2)
def _report_of(text: str) -> Report:
    """The numbers of a spec, which the page asks for several times."""
    from cnncalc.loading import load_text

    return load_text(text, SPEC).analyze()


def _without_expect(path: Path) -> str:
    """The text of a built-in network without the published figures, which a changed network has not."""
    lines = path.read_text("utf-8").partition("\nexpect:")[0].splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("# yaml-language-server")).rstrip() + "\n"


def _fault(fault: Fault) -> Reply:
    place = fault.place
    chain = list(place.chain) if place else []
    return {**fault.to_dict(), "message": visible(fault.message), "help": visible(fault.help), "chain": chain}


def _figure(report: Report, spoken: Language) -> str:
    """The figure as SVG in the colours of the page; "" where there is none, as of very many layers."""
    from cnncalc.figures import draw, write
    from cnncalc.figures.themes import STYLED

    try:
        scene = draw(report, lang=spoken.code)
    except UsageError:
        return ""
    return write(scene._replace(theme=STYLED), "svg")


def _html(document: Document, request: Request) -> str:
    from cnncalc.render.writers.html import Writer as HtmlWriter

    return HtmlWriter(_language(request)).fragment(document)


def _table(table: Table, writer: Writer) -> Reply:
    return {
        "title": writer.line(table.title),
        "sums": writer.line(table.subtitle),
        "columns": [
            {"heading": writer.line(column.heading), "number": column.number} for column in table.columns
        ],
        "rows": [_row(row, writer) for row in table.rows],
        "total": None if table.total is None else _row(table.total, writer),
    }


def _row(row: Row, writer: Writer) -> Reply:
    """A row: the pieces of its label, each with its sort; the name of its layer, "" where it is none."""
    from cnncalc.render.document import Label

    first, *cells = row.cells
    is_layer = isinstance(first, Label)
    pieces = first.pieces if is_layer else [(writer.cell(first), "name")]
    return {
        "label": [[writer.line(text), sort] for text, sort in pieces],
        "layer": first.value if is_layer else "",
        "level": row.level,
        "group": row.group,
        "tone": row.tone,
        "lines": row.branches(),
        "cells": list(map(writer.cell, cells)),
    }
