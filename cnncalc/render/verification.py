"""What a verification found: how many numbers each witness spoke of, and those that are not so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnncalc.render.table import Column, Row, Table

if TYPE_CHECKING:
    from cnncalc.execute.verify import Check, Verification

WITNESSES = {
    "arrays": "the shapes of the arrays that came out",
    "weights": "the sizes of the weights that were read",
    "tally": "the operations and links that the kernels counted",
    "alive": "the values that were alive at once",
    "probe": "what moves with what: links that are none of padding, receptive fields",
    "torch": "PyTorch's values, in float64",
    "onnxruntime": "onnxruntime's values, in float32",
    "expect": "what the spec says of itself",
}


def verification(found: Verification, format: str) -> Table:
    """A row for each witness, and one for each mismatch; in JSON and CSV every number."""
    if format == "csv":
        return Table(COLUMNS, [Row(_cells(check)) for check in found.checks])
    columns = [Column("witness"), Column("numbers", True), Column("what it speaks of")]
    spoken, wrong = found.witnesses(), Counter(check.witness for check in found.mismatches)
    rows = [
        Row(
            [
                witness,
                spoken.get(witness, 0),
                f"{told}{f': {wrong[witness]} NOT SO' if wrong[witness] else ''}",
            ]
        )
        for witness, told in WITNESSES.items()
        if witness in spoken or wrong[witness]
    ]
    total = sum(spoken.values())
    verdict = "all are as worked out" if found.ok else f"{len(found.mismatches)} are not as worked out"
    return Table(
        columns,
        rows,
        title=found.network,
        total=Row(["total", total, verdict]),
        caption="\n".join(found.notes),
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
        measured = "another" if check.measured is None else told(check.measured)
        yield f"{check.layer}: {check.quantity} is {told(check.computed)}; {check.witness} has {measured}"
