"""The order in which layers run, and the memory that an order needs where buffers are used again.

As work on microcontrollers counts: a layer that does the same to each value, a norm of what was learned and a
merge value by value overwrite an input that nobody needs any more. Of all orders the least is found by going
through the sets of layers that can have run: Liberis and Lane, Neural networks on microcontrollers: saving
memory at inference via operator reordering (2019).
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.expr import product
from cnncalc.graph import Graph, Node
from cnncalc.layers.support.merging import Elementwise

MOST_SETS = 8_000
"""The most sets of layers that are gone through."""


class Schedule(NamedTuple):
    """An order of the nodes, and the most values alive at once in it, per sample.

    `at` is the place in the order of the node that is computed then; `exact` says whether any order needs
    as many.
    """

    order: tuple[int, ...]
    values: int
    at: int
    exact: bool = True


def overwritten(facts: LayerCounts) -> list[int]:
    """The places among a layer's inputs of those that the output may overwrite."""
    layer, size = facts.layer, facts.activation_size
    if not (layer.in_place or layer.scales_channels or isinstance(layer, Elementwise)):
        return []
    return [
        at
        for at, shape in enumerate(facts.inputs)
        if product(shape) == size and (layer.in_place or shape == facts.output)
    ]


class Steps:
    """The change of the values alive by running a node, after any set of nodes that can have run."""

    def __init__(
        self, graph: Graph, facts: Sequence[LayerCounts], over: Sequence[Sequence[int]] | None = None
    ) -> None:
        """`over` are the places among each node's inputs of those that its output may overwrite."""
        self.graph, self.first = graph, len(graph.inputs)
        self.size = [product(source.shape) for source in graph.inputs]
        self.size += [each.activation_size for each in facts]
        self.readers = [0] * len(self.size)
        """For each input and node, the nodes that read it, as bits."""
        for number, node in enumerate(graph.nodes):
            for source in node.inputs:
                self.readers[source] |= 1 << number
        for output in graph.outputs:
            # an output is never spent
            self.readers[output] |= 1 << len(graph.nodes)
        for source in range(self.first):
            if not self.readers[source]:
                self.readers[source] = 1 << len(graph.nodes)
        self.over = [overwritten(each) for each in facts] if over is None else over
        self.needs = [self._nodes(node) for node in graph.nodes]
        self.reads = [tuple(set(node.inputs)) for node in graph.nodes]
        self.reused = [
            {node.inputs[at] for at in places} for node, places in zip(graph.nodes, self.over, strict=True)
        ]

    def _nodes(self, node: Node) -> int:
        """The nodes that a node reads, as bits."""
        return sum(1 << (source - self.first) for source in set(node.inputs) if source >= self.first)

    def run(self, number: int, ran: int, alive: int) -> tuple[int, int]:
        """The most values alive while a node is computed, and those alive after."""
        size, left = self.size[number + self.first], ~(ran | 1 << number)
        spent = [source for source in self.reads[number] if not self.readers[source] & left]
        reuses = any(source in self.reused[number] for source in spent)
        most = alive if reuses else alive + size
        alive += size - sum(self.size[source] for source in spent)
        return most, alive if self.readers[number + self.first] else alive - size

    def needed(self) -> int:
        """The values that any order needs: a node's inputs, and its output unless that overwrites one."""
        most = 0
        for number, node in enumerate(self.graph.nodes):
            read = sum(self.size[source] for source in set(node.inputs))
            most = max(most, read if self.over[number] else read + self.size[number + self.first])
        return most

    def values_in(self, order: Sequence[int]) -> list[int]:
        """The values alive while each node of an order is computed."""
        ran, alive, found = 0, sum(self.size[: self.first]), []
        for number in order:
            most, alive = self.run(number, ran, alive)
            ran |= 1 << number
            found.append(most)
        return found

    def alive(self, order: Sequence[int], at: int) -> list[tuple[int, int]]:
        """The inputs and nodes alive while the node at a place of an order is computed, with their values.

        Before the first node, at -1, the inputs alone are. Where an output overwrites an input, the input is.
        """
        ran, held = 0, set(range(self.first))
        for number in order[: at + 1]:
            made, left = number + self.first, ~(ran | 1 << number)
            spent = {source for source in self.reads[number] if not self.readers[source] & left}
            now = held if spent & self.reused[number] else held | {made}
            held = (held | {made}) - spent if self.readers[made] else held - spent
            ran |= 1 << number
        return [(each, self.size[each]) for each in sorted(held if at < 0 else now) if self.size[each]]

    def ready(self, ran: int, candidates: int) -> Iterator[int]:
        """The nodes among some that can run next."""
        while candidates:
            bit = candidates & -candidates
            candidates ^= bit
            number = bit.bit_length() - 1
            if not self.needs[number] & ~ran:
                yield number


_Reached = tuple[int, int, int, Any]
"""The most values alive so far, those alive now, the nodes that can run, and the way: (node, way before)."""


def as_written(graph: Graph, facts: Sequence[LayerCounts]) -> Schedule:
    """The nodes in the order of the spec, with buffers that are used again."""
    return _told(Steps(graph, facts), range(len(graph.nodes)))


def least(graph: Graph, facts: Sequence[LayerCounts]) -> Schedule:
    """The order with the fewest values alive at once; where there are too many orders, the best found."""
    steps, count = Steps(graph, facts), len(graph.nodes)
    start = sum(steps.size[: steps.first])
    # by the set of nodes that have run
    level: dict[int, _Reached] = {}
    level[0] = (start, start, sum(1 << n for n in steps.ready(0, (1 << count) - 1)), None)
    exact, seen = True, 0
    for _ in range(count):
        following: dict[int, _Reached] = {}
        for ran, (most, alive, can, way) in level.items():
            for number in steps.ready(ran, can):
                now, left = steps.run(number, ran, alive)
                after, worst = ran | 1 << number, max(most, now)
                if after not in following or worst < following[after][0]:
                    readers = steps.readers[number + steps.first] & ~(1 << count)
                    fresh = sum(1 << n for n in steps.ready(after, readers))
                    following[after] = (worst, left, can & ~(1 << number) | fresh, (number, way))
        seen += len(following)
        if seen > MOST_SETS:
            # the most promising sets alone go on
            exact = False
            kept = sorted(following.items(), key=lambda each: (each[1][0], each[1][1]))[:16]
            following = dict(kept)
        level = following
    ((_, (_, _, _, way)),) = level.items()
    order: list[int] = []
    while way is not None:
        number, way = way
        order.insert(0, number)
    best = min(_told(steps, range(count)), _told(steps, order), key=lambda found: found.values)
    return best._replace(exact=exact or best.values == steps.needed())


def _told(steps: Steps, order: Sequence[int]) -> Schedule:
    values = steps.values_in(order)
    start = sum(steps.size[: steps.first])
    most = max([start, *values])
    return Schedule(tuple(order), most, values.index(most) if most in values else -1)
