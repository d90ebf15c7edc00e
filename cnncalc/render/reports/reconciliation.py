"""The gap between two counts, item by item, and why."""

from collections.abc import Iterator

from cnncalc.analysis.conventions.reconcile import Reconciliation
from cnncalc.languages import Joined, Message, word
from cnncalc.render.document import Column, Document, Paragraph, Row, Table, gap
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.report_tables import tool_column


def reconciliation_document(found: Reconciliation) -> Document:
    """A row for each item, the sums, and the sentences beneath."""
    first, second = found.first, found.second
    both = Message("list.two", first=first.title, second=second.title)
    table = Table(
        [
            Column("kind"),
            Column("why"),
            *(tool_column(convention) for convention in (first, second)),
            Column("gap", True),
        ],
        [
            Row([word("kind", item.kind), item.reason, item.first, item.second, gap(item.gap)])
            for item in found.items
        ],
        Joined([found.network, both], "colon"),
        Row([Message("heading.in_all"), None, *found.totals, gap(found.gap)]),
    )
    sentences = list(_sentences(found)) or [Message("table.agree")]
    return Document([table, *map(Paragraph, sentences)], data=lambda: _json(found))


def _sentences(found: Reconciliation) -> Iterator[str]:
    """Each sentence once, with the kinds that the sentence explains."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for item in found.items:
        kinds.setdefault((item.reason, item.sentence), []).append(item.kind)
    for (reason, sentence), named in kinds.items():
        told = Joined(word("kind", kind) for kind in named)
        yield Message("table.why", reason=reason, kinds=told, sentence=sentence)


def _json(found: Reconciliation) -> Iterator[str]:
    counts = [
        {
            "convention": convention.name,
            "version": convention.version,
            "unit": convention.unit,
            "value": value,
        }
        for convention, value in zip((found.first, found.second), found.totals, strict=True)
    ]
    items = [
        {
            "kind": item.kind,
            "reason": item.reason,
            "values": [item.first, item.second],
            "gap": item.gap,
            "sentence": item.sentence,
        }
        for item in found.items
    ]
    data = {"network": found.network, "counts": counts, "gap": found.gap, "items": items}
    yield json_text(data, indent=1)
