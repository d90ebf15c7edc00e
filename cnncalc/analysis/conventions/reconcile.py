"""Why two counts of a network differ: the gap item by item, and the sentence that explains each."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import NamedTuple

from cnncalc.analysis.conventions import find
from cnncalc.analysis.conventions.engine import Convention, Part
from cnncalc.analysis.conventions.keras import LEARNED
from cnncalc.analysis.report import Report
from cnncalc.languages import Message


class GapPart(NamedTuple):
    """A part of the gap: the two counts of a layer kind for one reason."""

    kind: str
    reason: str
    first: int
    second: int
    sentence: str

    @property
    def gap(self) -> int:
        return self.second - self.first


@dataclass(frozen=True)
class Reconciliation:
    """Two counts of a network. The items sum to the gap between them."""

    network: str
    first: Convention
    second: Convention
    totals: tuple[int, int]
    items: tuple[GapPart, ...]

    @property
    def gap(self) -> int:
        return self.totals[1] - self.totals[0]


def reconcile(report: Report, first: str, second: str) -> Reconciliation:
    """The gap between the counts of two conventions, by layer kind and reason, the widest first.

    Keras counts what a network keeps, not what it does: beside it, every other counts its parameters.
    """
    pair = find(first), find(second)
    if pair[0].counts_parameters or pair[1].counts_parameters:
        pair = _in_parameters(pair[0]), _in_parameters(pair[1])
    counted = [_counted(report, convention) for convention in pair]
    items = []
    for kind, reason in dict.fromkeys(key for counts in counted for key in counts):
        (a, said), (b, answered) = (counts.get((kind, reason), (0, None)) for counts in counted)
        if a != b:
            items.append(GapPart(kind, reason, a, b, _sentence(kind, pair, (said, answered))))
    totals = tuple(sum(count for count, _ in counts.values()) for counts in counted)
    items.sort(key=lambda item: -abs(item.gap))
    return Reconciliation(report.settings.network, *pair, (totals[0], totals[1]), tuple(items))


def _in_parameters(convention: Convention) -> Convention:
    if convention.counts_parameters:
        return convention
    return replace(
        convention, unit="parameters", rules={}, unknown=(LEARNED,), unknown_says="", counts_parameters=True
    )


def _counted(report: Report, convention: Convention) -> dict[tuple[str, str], tuple[int, Part]]:
    """Kind and reason -> the convention's count for all layers of the kind, and the part of the count."""
    counts: dict[tuple[str, str], tuple[int, Part]] = {}
    batch = 1 if convention.counts_parameters else report.settings.batch
    # equal layers share their facts
    counted = (
        row.facts for row in report.layers if row.node.shared is None or not convention.counts_parameters
    )
    for facts, times in Counter(counted).items():
        for kind, part, count in convention.parts(facts):
            before = counts.get((kind, part.reason), (0, part))[0]
            counts[kind, part.reason] = before + count * times * batch, part
    return counts


def _sentence(kind: str, pair: tuple[Convention, Convention], parts: tuple[Part | None, Part | None]) -> str:
    known = next(part for part in parts if part is not None)
    told = []
    for convention, part in zip(pair, parts, strict=True):
        says = part.says if part else known.absent_says
        if kind not in convention.rules and convention.unknown_says:
            says = Message("tool.no_rule", says=convention.unknown_says)
        told.append(Message("tool.does", tool=convention.name, says=says))
    return Message("tool.both", first=told[0], second=told[1])
