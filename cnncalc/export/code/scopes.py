"""A network's layers in the scopes that their names tell of, as code will hold them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cnncalc.graph import Graph, Node
from cnncalc.layers.support.code import Call, Part

INLINE, TABLE, CHAIN, OWN = "inline", "table", "chain", "own"
"""How code holds a scope.

INLINE: the code around it calls its functions. TABLE: the code around it calls its modules, which stand in a
mapping. CHAIN: modules one after another. OWN: a class with a way through it of its own.
"""


@dataclass(eq=False)
class Leaf:
    """A layer: its code, and the numbers of what it reads, as the graph counts."""

    name: str
    number: int
    sources: tuple[int, ...]
    part: Part
    rides: bool
    """Whether it is written around what it reads: an activation, a norm."""
    owner: int | None
    """The number of the layer whose object it uses."""
    shares: bool
    """Whether its object is used more than once."""

    @property
    def made(self) -> Call | None:
        """The object that has the layer's name; None for one that is only functions, or another's."""
        own = self.part.steps[self.part.own]
        return own.make if self.owner is None and _needs_object(self, self.part.own) else None

    @property
    def is_link(self) -> bool:
        """Whether objects one after another are this layer."""
        steps = self.part.steps
        fits = all(step.make is not None and "{made}" not in step.apply for step in steps)
        return fits and len(self.sources) == 1 and not self.shares


def _needs_object(leaf: Leaf, at: int) -> bool:
    step = leaf.part.steps[at]
    return step.make is not None and (not step.apply or "{made}" in step.apply)


@dataclass(eq=False)
class Scope:
    """Layers and scopes of a scope. `inputs` and `outputs` are numbers of what goes in and comes out."""

    name: str
    path: str
    entries: "list[Leaf | Scope]" = field(default_factory=list)
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    held: str = OWN
    height: int = 0

    def leaves(self) -> Iterator[Leaf]:
        for entry in self.entries:
            if isinstance(entry, Leaf):
                yield entry
            else:
                yield from entry.leaves()

    def scopes(self) -> "Iterator[Scope]":
        """The scopes within, the innermost first, and this one."""
        for entry in self.entries:
            if isinstance(entry, Scope):
                yield from entry.scopes()
        yield self


def scopes_of(graph: Graph, part_of: Callable[[int, Node], Part]) -> Scope:
    """The scope of a whole network. `part_of` gives the code of a layer."""
    first = len(graph.inputs)
    root = Scope("", "")
    known: dict[str, Scope] = {"": root}
    used = {node.shared for node in graph.nodes}
    parents: dict[int, list[Scope]] = {}
    for number, node in enumerate(graph.nodes, first):
        *path, own = node.name.split(".")
        around, scope = [root], root
        for depth, name in enumerate(path):
            full = ".".join(path[: depth + 1])
            if full not in known:
                known[full] = Scope(name, full)
                scope.entries.append(known[full])
            scope = known[full]
            around.append(scope)
        part = part_of(number, node)
        shares = node.shared is not None or number in used
        leaf = Leaf(own, number, node.inputs, part, node.layer.rides, node.shared, shares)
        scope.entries.append(leaf)
        parents[number] = around
    _bound(graph, root, parents)
    merges = {node.name for node in graph.nodes if node.name in known}
    opened = _opened(graph, parents)
    for scope in root.scopes():
        if scope is not root:
            scope.height = 1 + max((e.height for e in scope.entries if isinstance(e, Scope)), default=0)
            scope.held = _held(scope, scope.path in merges or scope in opened)
    root.held = OWN
    return root


def _bound(graph: Graph, root: Scope, parents: dict[int, list[Scope]]) -> None:
    """Finds what goes into scopes and comes out."""
    first = len(graph.inputs)
    read: dict[Scope, dict[int, None]] = {}
    given: dict[Scope, dict[int, None]] = {}
    for number, node in enumerate(graph.nodes, first):
        for source in node.inputs:
            theirs = parents.get(source, [root])
            for scope in parents[number]:
                if scope not in theirs:
                    read.setdefault(scope, {})[source] = None
            for scope in theirs:
                if scope not in parents[number]:
                    given.setdefault(scope, {})[source] = None
    for number in graph.outputs:
        for scope in parents[number]:
            given.setdefault(scope, {})[number] = None
    for scope in root.scopes():
        scope.inputs = tuple(read.get(scope, ()))
        scope.outputs = tuple(sorted(given.get(scope, ())))
    root.inputs = tuple(range(first))
    root.outputs = graph.outputs


def _opened(graph: Graph, parents: dict[int, list[Scope]]) -> set[Scope]:
    """The scopes that can't be called as one: their layers don't stand together, or share with others."""
    found: set[Scope] = set()
    last: dict[Scope, int] = {}
    first = len(graph.inputs)
    for number, node in enumerate(graph.nodes, first):
        for scope in parents[number][1:]:
            if last.get(scope, number - 1) != number - 1:
                found.add(scope)
            last[scope] = number
        if node.shared is not None:
            here, there = parents[number], parents[node.shared]
            found.update(scope for scope in here if scope not in there)
            found.update(scope for scope in there if scope not in here)
    return found


def _held(scope: Scope, opened: bool) -> str:
    leaves = list(scope.leaves())
    if all(leaf.made is None and leaf.owner is None for leaf in leaves) and len(leaves) < 5:
        return INLINE
    if opened:
        return TABLE
    if is_chain(scope):
        return CHAIN
    plain = all(entry.name.isidentifier() for entry in scope.entries)
    return OWN if plain and len(leaves) > 1 and scope.outputs and scope.inputs else TABLE


def is_chain(scope: Scope) -> bool:
    """Whether a scope is objects one after another."""
    if len(scope.inputs) != 1 or len(scope.outputs) != 1:
        return False
    at = scope.inputs[0]
    for entry in scope.entries:
        if isinstance(entry, Leaf):
            if not entry.is_link or entry.sources != (at,):
                return False
            at = entry.number
        else:
            if entry.held not in (CHAIN, OWN) or entry.inputs != (at,) or len(entry.outputs) != 1:
                return False
            at = entry.outputs[0]
    return scope.outputs == (at,)
