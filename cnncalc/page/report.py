"""The page of a network's report."""

from collections.abc import Iterator
from html import escape
from itertools import islice
from typing import Any

from cnncalc.analysis.bounds import Bounds
from cnncalc.analysis.report import Report
from cnncalc.analysis.tree import outline
from cnncalc.errors import UsageError
from cnncalc.figures import draw
from cnncalc.figures.roofline import roofline
from cnncalc.languages import Language, Message, word
from cnncalc.number_text import told_bytes
from cnncalc.page.drawn import inlined
from cnncalc.page.filled import filled
from cnncalc.page.rows import COLUMNS, Rows
from cnncalc.plain_text import shortened, visible
from cnncalc.render.document import Document, List, Section, Sentences
from cnncalc.render.problems import by_message
from cnncalc.render.reports.advice import advice_sentences
from cnncalc.render.reports.bounds import told_bounds
from cnncalc.render.reports.report_tables import inputs_text, told_convention
from cnncalc.render.writers import html

MOST_LAYERS = 3000
"""Of a longer network the page has the first of equal units alone, not each."""
MOST_ROWS = 20_000
LONGEST_TITLE = 200
MOST_REMARKS = 100
_SPOKEN_BY_SCRIPT = (
    "close", "found", "position", "sees", "sees_nothing", "axis.0", "axis.1", "axis.2", "of_input", "field",
    "share.params", "share.macs", "beyond", "uneven", "unit",
)  # fmt: skip
"""The messages that the script puts on the page, after `page.` in the catalogues."""


def report_page(report: Report, language: Language, bounds: Bounds | None = None) -> str:
    """A network's report as a page: its totals, figure, table, and the working of each layer's numbers.

    With `bounds`, the roofline of a device too. The page is one text that loads nothing. Names stand in it as
    text.
    """
    return filled("report", language, _values(report, language, bounds), _data(report, language))


def _values(report: Report, language: Language, bounds: Bounds | None) -> dict[str, str]:
    """The content of the page before any script runs, as HTML."""
    totals, settings = report.totals, report.settings
    writer = html.Writer(language)
    layers = Message("table.layers", ("one",) if len(report) == 1 else (), layers=f"{len(report):,}")
    subtitle = Message("page.subtitle", input=inputs_text(report).replace("x", "×"), layers=layers)
    told = [
        (f"{int(totals.params):,}", word("unit", "parameters")),
        (f"{int(totals.macs):,}", Message("page.macs")),
        (f"{totals.weight_layers:,}", Message("page.weight_layers")),
        (_bytes(totals.memory.weights), Message("page.weights", dtype=settings.dtype)),
        (_bytes(totals.memory.peak), Message("page.peak")),
    ]
    name = shortened(visible(settings.network), LONGEST_TITLE)
    return {
        "name": escape(name),
        "subtitle": writer.line(subtitle),
        "totals": "".join(
            f"<div><dt>{writer.line(what)}</dt><dd>{writer.line(value)}</dd></div>" for value, what in told
        ),
        "total_params": f"{int(totals.params):,}",
        "total_macs": f"{int(totals.macs):,}",
        "figure": _figure(report, language),
        "more": "".join(
            f'<section class="more">{_part(writer, section)}</section>' for section in _more(report)
        )
        + ("" if bounds is None else _roofline(bounds, writer, language)),
    }


def _roofline(bounds: Bounds, writer: html.Writer, language: Language) -> str:
    """The roofline of a device with the layers on it, and the bounds in words."""
    section = Section(Message("page.roofline"), [*told_bounds(bounds)])
    figure = inlined(roofline(bounds, language=language))
    return f'<section class="more">{_part(writer, section)}<figure tabindex="0">{figure}</figure></section>'


def _figure(report: Report, language: Language) -> str:
    """The figure of the network, in the colours of the page; "" where there is none."""
    try:
        scene = draw(report, lang=language.code)
    except UsageError:
        # such as a network of very many layers
        return ""
    label = escape(language.say("page.figure"))
    return f'<figure id="figure" tabindex="0" role="group" aria-label="{label}">{inlined(scene)}</figure>'


def _bytes(value: int) -> str:
    return told_bytes(int(value)).partition(" (")[0]


def _more(report: Report) -> Iterator[Section]:
    """The sections under the table: a further part of the page is one more section here."""
    if sentences := advice_sentences(report):
        yield Section(Message("page.advice"), [Sentences(sentences)])
    warnings = by_message((warning.layer, warning.message) for warning in report.warnings)
    if remarks := [*warnings[:MOST_REMARKS], *(block.text for block in told_convention(report))]:
        yield Section(Message("page.remarks"), [List(remarks)])


def _part(writer: html.Writer, section: Section) -> str:
    return f"<h2>{writer.line(section.title)}</h2>\n{writer.fragment(Document(section.blocks))}"


def _data(report: Report, language: Language) -> dict[str, Any]:
    """The data for the script of the page."""
    lines = outline(report, each_unit=len(report) <= MOST_LAYERS)
    rows = Rows(report, language)
    for line in islice(lines, MOST_ROWS):
        rows.add(line)
    totals = report.totals
    return {
        "words": {key: language.messages[f"page.{key}"] for key in _SPOKEN_BY_SCRIPT},
        "totals": {"params": int(totals.params), "macs": int(totals.macs)},
        "columns": COLUMNS,
        "rows": rows.rows,
        "patterns": rows.packed.patterns,
        "pieces": rows.packed.pieces,
    }
