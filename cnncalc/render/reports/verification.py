"""What a verification found: how many numbers each witness spoke of, and those that are not so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnncalc.languages import of_tables, spoken
from cnncalc.render.tables.table import Column, Row, Table

if TYPE_CHECKING:
    from cnncalc.execute.verify import Check, Verification

WITNESSES = ("arrays", "weights", "tally", "alive", "probe", "torch", "onnxruntime", "expect")


def verification(found: Verification, format: str) -> Table:
    """A row for each witness, and one for each mismatch; in JSON and CSV every number."""
    if format == "csv":
        return Table(COLUMNS, [Row(_cells(check)) for check in found.checks])
    columns = [Column("witness"), Column("numbers", True), Column("what it speaks of")]
    words = of_tables()
    spoken, wrong = found.witnesses(), Counter(check.witness for check in found.mismatches)
    rows = [
        Row(
            [
                witness,
                spoken.get(witness, 0),
                words.say(f"verify.{witness}")
                + (words.say("verify.not_so", count=wrong[witness]) if wrong[witness] else ""),
            ]
        )
        for witness in WITNESSES
        if witness in spoken or wrong[witness]
    ]
    total = sum(spoken.values())
    verdict = words.say("verify.ok" if found.ok else "verify.wrong", count=len(found.mismatches))
    return Table(
        columns,
        rows,
        title=found.network,
        total=Row(["total", total, verdict]),
        caption="\n".join(map(words.tell, found.notes)),
        data=lambda: iter([json.dumps(found.to_dict(), default=float) + "\n"]),
    )


COLUMNS = [
    Column("layer"),
    Column("quantity"),
    Column("computed"),
    Column("measured"),
    Column("witness"),
    Column("ok"),
]


def _cells(check: Check) -> list[Any]:
    return [check.layer, check.quantity, told(check.computed), told(check.measured), check.witness, check.ok]


def told(value: Any) -> str:
    """A number, a shape or what a view is, in a line."""
    if isinstance(value, dict):
        return " ".join(f"{name} {told(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "x".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.3g}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def mismatches(found: Verification) -> Iterator[str]:
    """A sentence for each number that is not as worked out."""
    for check in found.mismatches:
        yield spoken().say(
            "verify.mismatch" if check.measured is not None else "verify.mismatch.another",
            layer=check.layer,
            quantity=check.quantity,
            computed=told(check.computed),
            witness=check.witness,
            measured=told(check.measured),
        )
