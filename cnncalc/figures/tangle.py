"""The places of nodes that can't be told apart into paths: in rows, the longest way first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from cnncalc.figures.flow import Node, Tangle

ASIDE, PASSING = 22.0, 16.0
"""Between paths, and the room of a line that passes nodes."""
Place = tuple[int, int]
"""The number of a node, or of the value whose line passes, and the row."""


class Extent(NamedTuple):
    """How far a part reaches from its spine to the left and to the right, and how high it is."""

    left: float
    right: float
    height: float


def rows_of(
    part: Tangle, extent: Callable[[Node], Extent]
) -> tuple[list[list[Place]], Mapping[Place, float]]:
    """The rows of a tangle, (number, row) each, and the x of each place; a line passes rows as places."""
    inside = {node.number: node for node in part.nodes}
    row_of = {part.fork: -1}
    for node in part.nodes:
        row_of[node.number] = 1 + max((row_of.get(source, -1) for source in node.reads), default=-1)
    last = max(row_of.values())
    rows: list[list[Place]] = [[] for _ in range(last + 1)]
    for node in part.nodes:
        rows[row_of[node.number]].append((node.number, row_of[node.number]))
    for source, reader in edges_of(part):
        end = row_of[reader] if reader in row_of else last + 1
        for row in range(row_of[source] + 1, end):
            if (source, row) not in rows[row]:
                rows[row].append((source, row))
    xs: dict[Place, float] = {}
    # outputs have their sizes beside them
    passing = Extent(PASSING / 2, PASSING / 2 if part.join else 80, 0)
    for level, places in enumerate(rows):
        # under what it reads, so that few lines cross
        above = {place: _above(inside, place, level, xs) for place in places}
        places.sort(key=above.__getitem__)
        if level == last and part.join is not None:
            order = {number: at for at, number in enumerate(part.join.reads)}
            places.sort(key=lambda place: order.get(place[0], 0))
        rooms = [
            extent(inside[number])
            if (number, at) == (number, row_of.get(number)) and number in inside
            else passing
            for number, at in places
        ]
        x = -(sum(room.left + room.right for room in rooms) + ASIDE * (len(rooms) - 1)) / 2
        for place, room in zip(places, rooms, strict=True):
            xs[place] = x + room.left
            x += room.left + room.right + ASIDE
    return rows, xs


def _above(
    nodes: Mapping[int, Node],
    place: Place,
    level: int,
    xs: Mapping[Place, float],
) -> float:
    """The mean x of what leads to a place from the row above; 0 is where the paths fork."""
    number = place[0]
    if (number, level - 1) in xs or number not in nodes:
        return xs.get((number, level - 1), 0.0)
    reads = nodes[number].reads
    return sum(xs.get((source, level - 1), 0.0) for source in reads) / max(len(reads), 1)


def tracks_of(part: Tangle, rows: Sequence[Sequence[Place]], xs: Mapping[Place, float]) -> list[list[int]]:
    """For each row the values whose lines bend above it, each at a height of its own, from the top."""
    nodes = {node.number: node for node in part.nodes}
    known, found = {part.fork}, []
    for level, row in enumerate(rows):
        bends: dict[int, list[float]] = {}
        starts = {number: xs.get((number, level - 1), 0.0) for number in known}
        for number, _ in row:
            for source in [number] if number in known else nodes[number].reads:
                if source in known and abs(starts[source] - xs[number, level]) > 0.5:
                    bends.setdefault(source, []).append(xs[number, level])
        known |= {number for number, _ in row}
        order: list[int] = []
        while bends:
            # a line bends above another that comes down at the same x, so that they don't look like one
            free = (
                number
                for number, ends in bends.items()
                if not any(abs(starts[other] - x) < 4 for other in bends if other != number for x in ends)
            )
            order.append(next(free, next(iter(bends))))
            del bends[order[-1]]
        found.append(order)
    return found


def edges_of(part: Tangle) -> Iterable[tuple[int, int]]:
    """The pairs of a value in a tangle and its reader there, or the place where all meet."""
    inside = {part.fork, *(node.number for node in part.nodes)}
    for node in part.nodes:
        yield from ((source, node.number) for source in node.reads if source in inside)
    read = {source for node in part.nodes for source in node.reads}
    if part.join is not None:
        yield from ((source, part.meeting) for source in part.join.reads if source in inside)
    else:
        yield from ((number, part.meeting) for number in inside - {part.fork} if number not in read)
