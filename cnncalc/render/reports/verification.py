"""The result of a verification: how many numbers each witness measured, and those that differ."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnncalc.languages import Joined, Message
from cnncalc.render.document import Column, Document, Paragraph, Row, Table
from cnncalc.render.json_text import json_text

if TYPE_CHECKING:
    from cnncalc.execute.verify import Check, Verification

WITNESSES = ("arrays", "weights", "tally", "traffic", "alive", "probe", "torch", "onnxruntime", "expect")


def verification(found: "Verification") -> Document:
    """A row for each witness, then each mismatch; in JSON and CSV every number."""
    numbers, wrong = found.witnesses(), Counter(check.witness for check in found.mismatches)
    rows = [
        Row([witness, numbers.get(witness, 0), Joined(_speaks_of(witness, wrong[witness]), "")])
        for witness in WITNESSES
        if witness in numbers or wrong[witness]
    ]
    verdict = Message("verify.ok" if found.ok else "verify.wrong", count=len(found.mismatches))
    table = Table(
        [Column("witness"), Column("numbers", True), Column("speaks_of")],
        rows,
        found.network,
        Row([Message("word.total"), sum(numbers.values()), verdict]),
    )
    return Document(
        [table, *map(Paragraph, found.notes)],
        data=lambda: iter([json_text(found.to_dict(), default=float, ascii=True)]),
        csv=Table(
            [Column(name, called=name) for name in _EVERY], (Row(_cells(check)) for check in found.checks)
        ),
    )


def _speaks_of(witness: str, wrong: int) -> Iterator[str]:
    yield Message(f"verify.{witness}")
    if wrong:
        yield Message("verify.not_so", count=wrong)


_EVERY = ("layer", "quantity", "computed", "measured", "witness", "ok")


def _cells(check: "Check") -> list[Any]:
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


def mismatches(found: "Verification") -> Iterator[str]:
    """A sentence for each number that is not as worked out."""
    for check in found.mismatches:
        yield Message(
            "verify.mismatch" if check.measured is not None else "verify.mismatch.another",
            layer=check.layer,
            quantity=check.quantity,
            computed=told(check.computed),
            witness=check.witness,
            measured=told(check.measured),
        )
