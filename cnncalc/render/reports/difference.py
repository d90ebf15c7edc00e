"""What differs between two networks, as git shows it: what is added is green, what is removed red."""

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.difference import WHATS, Change, Difference, Trait, within
from cnncalc.errors import brief
from cnncalc.languages import Joined, Message, some_of, word
from cnncalc.quantity import QUANTITIES
from cnncalc.render.document import Block, Column, Document, Paragraph, Row, Shown, Table, cell, gap
from cnncalc.render.json_text import json_text
from cnncalc.render.reports.comparison import ratio

COSTS = ("params", "macs")
SIGNS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">", "same": " "}
TONES = {"added": "added", "removed": "removed", "changed": "doubtful", "renamed": "faint", "same": "faint"}


def difference_document(
    names: Sequence[str], found: Difference, depth: int | None = None, *, every: bool = False
) -> Document:
    """A row for each layer that differs, or for each group that has some; with `every`, for all layers."""
    title = Message("diff.title", first=names[0], second=names[1])
    shown = [change for change in found.changes if every or change.what not in ("same", "renamed")]
    rows = [_row(name, changes) for name, changes in within(shown, depth)]
    total = Row([Message("heading.total"), None, *(_gap(after - before) for before, after in _totals(found))])
    columns = [Column("layer"), Column("change"), *(Column(cost, True) for cost in COSTS)]
    table = Table(columns, rows, title, total, _counts(found.counts))
    blocks: list[Block] = [table] if rows else []
    blocks += map(Paragraph, _sentences(names, found, every=every))
    return Document(blocks, lambda: _json(names, found), csv=_csv(shown))


def _row(name: str, changes: Sequence[Change]) -> Row:
    """The row of a layer, or of several that stand in a group."""
    first, *others = changes
    costs = ([change.cost(cost) for change in changes] for cost in COSTS)
    gaps = [_gap(sum(after - before for before, after in each)) for each in costs]
    if others:
        counts = {what: sum(change.what == what for change in changes) for what in WHATS}
        whats = [what for what, count in counts.items() if count]
        what = whats[0] if len(whats) == 1 else "changed"
        return Row([Shown(f"{SIGNS[what]} {name}", name), _counts(counts), *gaps], tone=TONES[what])
    label = first.name
    if first.first and first.second and first.first.name != first.second.name:
        label = f"{first.first.name} → {first.second.name}"
    return Row([Shown(f"{SIGNS[first.what]} {label}", label), _told(first), *gaps], tone=TONES[first.what])


def _gap(value: int) -> Shown | None:
    """A difference with its sign; an empty cell for none."""
    return gap(value) if value else None


def _told(change: Change) -> str | None:
    """What differs in a layer; of one that is added or removed, the kind and the shape."""
    if change.traits:
        return Joined(map(_trait, change.traits))
    if change.what in ("same", "renamed"):
        return None
    row = change.first or change.second
    return Joined([word("kind", row.kind), cell(row.output_shape)], " ") if row else None


def _trait(trait: Trait) -> str:
    return Message(
        "diff.trait", name=word("trait", trait.name), before=_value(trait.before), after=_value(trait.after)
    )


def _value(value: Any) -> str:
    """An option's value as a spec writes it."""
    if value is None:
        return Message("diff.nothing")
    if isinstance(value, dict) and len(value) == 1:
        # an activation with its options
        return word("kind", next(iter(value)))
    if isinstance(value, tuple) and value and all(isinstance(size, int) for size in value):
        return cell(value)
    if isinstance(value, list | tuple) and all(isinstance(each, str | tuple) for each in value):
        return some_of([each if isinstance(each, str) else cell(each) for each in value])
    if isinstance(value, bool):
        return cell(value)
    return (
        word("kind", value)
        if isinstance(value, str)
        else f"{value:,}"
        if isinstance(value, int)
        else brief(value, 30)
    )


def _counts(counts: dict[str, int]) -> str:
    return Joined(Message(f"diff.{what}", count=count) for what, count in counts.items() if count)


def _totals(found: Difference) -> list[tuple[int, int]]:
    first, second = (report.totals for report in found.reports)
    return [(first.value(QUANTITIES[cost]), second.value(QUANTITIES[cost])) for cost in COSTS]


def _sentences(names: Sequence[str], found: Difference, *, every: bool) -> Iterator[str]:
    """The ends, the names, and the sums."""
    for trait in found.ends:
        yield Message(
            "diff.ends",
            what=word("trait", trait.name),
            before=_value(trait.before),
            after=_value(trait.after),
        )
    renamed = [change for change in found.changes if change.what == "renamed"]
    if renamed and not every:
        pairs = [f"{each.first.name} → {each.second.name}" for each in renamed if each.first and each.second]
        yield Message("diff.names", names=some_of(pairs))
    totals = _totals(found)
    if found.is_none:
        (params, _), (macs, _) = totals
        yield Message(
            "diff.none",
            first=names[0],
            second=names[1],
            layers=len(found.second),
            params=f"{params:,}",
            macs=f"{macs:,}",
        )
        return
    for cost, (before, after) in zip(COSTS, totals, strict=True):
        if before == after:
            continue
        yield Message(
            "diff.totals",
            quantity=Message(f"compare.{cost}"),
            before=cell(before),
            after=cell(after),
            ratio=ratio(after, before),
        )


def _csv(changes: Sequence[Change]) -> Table:
    """A row for each layer, whatever is folded for people."""
    names = (
        "change",
        "before",
        "after",
        "kind",
        "what",
        *(f"{cost}_{at}" for cost in COSTS for at in ("before", "after")),
    )
    columns = [Column(name, called=name) for name in names]
    rows = []
    for change in changes:
        kinds = [row.kind for row in (change.second, change.first) if row]
        layers = [row and row.name for row in (change.first, change.second)]
        told = Joined(map(_trait, change.traits), "; ") if change.traits else None
        costs = [value for cost in COSTS for value in change.cost(cost)]
        rows.append(Row([change.what, *layers, kinds[0], told, *costs]))
    return Table(columns, rows)


def _json(names: Sequence[str], found: Difference) -> Iterator[str]:
    networks = [
        {"spec": name, **report.head(), "totals": report.totals.to_dict()}
        for name, report in zip(names, found.reports, strict=True)
    ]
    changes = [
        {
            "change": change.what,
            "names": [row and row.name for row in (change.first, change.second)],
            "kinds": [row and row.kind for row in (change.first, change.second)],
            "output_shapes": [row and list(row.output_shape) for row in (change.first, change.second)],
            "traits": {trait.name: [trait.before, trait.after] for trait in change.traits},
            **{cost: list(change.cost(cost)) for cost in COSTS},
        }
        for change in found.changes
        if change.what != "same"
    ]
    data = {
        "networks": networks,
        "same": found.is_none,
        "counts": found.counts,
        "ends": {trait.name: [trait.before, trait.after] for trait in found.ends},
        "changes": changes,
        "totals": {cost: list(each) for cost, each in zip(COSTS, _totals(found), strict=True)},
    }
    yield json_text(data, indent=1)
