"""The gap between two counts, item by item, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cnncalc.analysis.conventions.reconcile import Reconciliation
from cnncalc.languages import spoken
from cnncalc.render.tables.table import Column, Gap, Row, Table


def reconciliation_table(found: Reconciliation) -> Table:
    """A row for each item, the sums, and the sentences beneath."""
    first, second, words = found.first, found.second, spoken()
    return Table(
        [
            Column("Kind"),
            Column("Why"),
            *(
                Column(words.say("table.of_tool", tool=each.name, unit=words.heading(each.unit)), True)
                for each in (first, second)
            ),
            Column("Gap", True),
        ],
        [
            Row([words.kind(item.kind), words.tell(item.reason), item.first, item.second, Gap(item.gap)])
            for item in found.items
        ],
        f"{found.network}{words.say('colon')}{words.say('list.two', first=first.title, second=second.title)}",
        Row(["In all", None, *found.totals, Gap(found.gap)]),
        "\n".join(_sentences(found)) or words.say("table.agree"),
        explains=True,
        data=lambda: _json(found),
    )


def _sentences(found: Reconciliation) -> Iterator[str]:
    """Each sentence once, with the kinds that it explains."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for item in found.items:
        kinds.setdefault((item.reason, item.sentence), []).append(item.kind)
    words = spoken()
    for (reason, sentence), named in kinds.items():
        told = words.say("list.comma").join(map(words.kind, named))
        yield words.say("table.why", reason=words.tell(reason), kinds=told, sentence=words.tell(sentence))


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
    yield json.dumps(data, ensure_ascii=False, indent=1) + "\n"
