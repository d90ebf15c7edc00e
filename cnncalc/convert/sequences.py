"""Groups found in a sequence of layers whose names tell of none: runs of layers that come again."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cnncalc.convert.tree import default_of, given_options
from cnncalc.graph import Graph

MOST_RUNS = 400_000
"""The most runs of layers that are looked at."""
LONGEST_RUN = 300
SHORT, LINK = 12, 26
"""The characters of a layer in compact text, and those that names of what the layer reads take."""
USE, OPTION, BLOCK = 28, 12, 40
"""The characters of the use of a block, of each option that the use says, and of what begins a block."""
RIDER = 30
"""What a run has less that begins with a norm or an activation of the layer before it."""
STEMS = {"add": "residual", "concat": "branches"}
"""The kind of a join in a run -> the name of the group."""


class _Found(NamedTuple):
    """Runs of layers that are alike but for the values of options."""

    starts: list[int]
    size: int


def is_flat(graph: Graph) -> bool:
    """Whether no name of a layer tells of a group."""
    return not any("." in node.name for node in graph.nodes)


def grouped(graph: Graph) -> Graph:
    """A flat network, the runs of layers that come again in groups; the layers of a group are named anew.

    A run reads one layer before it, and beside that at most what other layers have put out long before; only
    its last layer is read by others. The runs that save most of the text are taken first.
    """
    runs = _Runs(graph)
    of: dict[int, tuple[int, int]] = {}
    """A node -> the first node of its run, and the run's size."""
    while (best := runs.best(of)) is not None:
        for start in best.starts:
            of.update(dict.fromkeys(range(start, start + best.size), (start, best.size)))
    taken = {node.name for at, node in enumerate(graph.nodes) if at not in of}
    taken.update(source.name for source in graph.inputs)
    nodes, groups = [], Counter[str]()
    group, within = "", Counter[str]()
    for at, node in enumerate(graph.nodes):
        if at not in of:
            nodes.append(node)
            continue
        start, size = of[at]
        kind = node.layer.kind
        if at == start:
            kinds = [each.layer.kind for each in graph.nodes[start : start + size]]
            stem = next((STEMS[each] for each in reversed(kinds) if each in STEMS), "unit")
            groups[stem] += 1
            while (group := f"{stem}{groups[stem]}") in taken:
                groups[stem] += 1
            within = Counter()
        within[kind] += 1
        nodes.append(node._replace(name=f"{group}.{kind}{within[kind]}"))
    return graph._replace(nodes=tuple(nodes))


class _Runs:
    """All runs of layers of a network that may be a group."""

    def __init__(self, graph: Graph) -> None:
        self.first = len(graph.inputs)
        self.count = len(graph.nodes)
        self.sources = [tuple(number - self.first for number in node.inputs) for node in graph.nodes]
        self.shared = [None if node.shared is None else node.shared - self.first for node in graph.nodes]
        last_read = [max(readers, default=0) - self.first for readers in graph.readers()][self.first :]
        for number in graph.outputs:
            last_read[number - self.first] = self.count
        self.last_read = last_read
        self.riders = [node.layer.rides for node in graph.nodes]
        self.options = [given_options(node.layer, {}) for node in graph.nodes]
        self.kinds = [
            (
                node.layer.kind,
                node.trainable,
                tuple(option for option in given if default_of(type(node.layer), option) is None),
            )
            for node, given in zip(graph.nodes, self.options, strict=True)
        ]
        self.text = [
            SHORT + 4 * len(given) + (LINK if reads != (at - 1,) else 0)
            for at, (given, reads) in enumerate(zip(self.options, self.sources, strict=True))
        ]
        self.alike = self._alike()

    def _alike(self) -> list[_Found]:
        """The runs that come more than once."""
        longest = max(min(LONGEST_RUN, MOST_RUNS // max(self.count, 1), self.count // 2), 1)
        known: dict[Any, int] = {}
        found: dict[tuple[int, int], list[int]] = {}
        for start in range(self.count):
            begun = self.sources[start][:1]
            signature, furthest = 0, start
            for at in range(start, min(start + longest, self.count)):
                links = tuple(self._link(number, start, begun) for number in self.sources[at])
                shared = self.shared[at]
                share = None if shared is None else self._link(shared, start, ())
                key = signature, self.kinds[at], links, share
                signature = known.setdefault(key, len(known) + 1)
                # what the layers before this one put out is read within the run alone
                if furthest <= at:
                    found.setdefault((signature, at - start + 1), []).append(start)
                furthest = max(furthest, self.last_read[at])
        return [_Found(starts, size) for (_, size), starts in found.items() if len(starts) > 1 and size > 2]

    @staticmethod
    def _link(number: int, start: int, begun: Sequence[int]) -> int | str:
        if number >= start:
            return number - start
        return "start" if number in begun else "outside"

    def best(self, taken: dict[int, Any]) -> _Found | None:
        """The runs that save most text, of layers that are not taken; None where none saves any."""
        best, most = None, 0
        for each in self.alike:
            text = sum(self.text[each.starts[0] : each.starts[0] + each.size])
            begins = BLOCK + RIDER * self.riders[each.starts[0]]
            if (len(each.starts) - 1) * text - begins <= most:
                continue
            starts = list(self._apart(each, taken))
            if len(starts) < 2:
                continue
            saved = (len(starts) - 1) * text - begins - sum(self._uses(starts, each.size))
            if saved > most:
                best, most = _Found(starts, each.size), saved
        return best

    @staticmethod
    def _apart(found: _Found, taken: dict[int, Any]) -> Iterator[int]:
        """The runs that hold no layer of another run."""
        end = 0
        for start in found.starts:
            if start >= end and not any(at in taken for at in range(start, start + found.size)):
                yield start
                end = start + found.size

    def _uses(self, starts: Sequence[int], size: int) -> Iterator[int]:
        """The characters that each use of a block takes; none where the run before is the same."""
        columns = [
            column
            for at in range(size)
            for option in {key for start in starts for key in self.options[start + at]}
            for column in [tuple(repr(self.options[start + at].get(option)) for start in starts)]
            if len(set(column)) > 1
        ]
        rows = list(zip(*set(columns), strict=True)) if columns else [()] * len(starts)
        for at, row in enumerate(rows):
            follows = at and starts[at] == starts[at - 1] + size and row == rows[at - 1]
            yield 0 if follows else USE + OPTION * len(row)
