"""A graph's layers in the groups that their names tell of, and how one layer calls another."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncalc.graph import Graph, Node
from cnncalc.layers.support.base import Layer, fields
from cnncalc.spec.document import is_name
from cnncalc.spec.names import START

Path = tuple[str, ...]
"""The names of the groups around something, from outside, and its own."""


@dataclass(eq=False)
class Leaf:
    """A layer. Sources and `share` are numbers as the graph's are, `options` those not at their defaults."""

    name: str
    kind: type[Layer]
    options: dict[str, Any]
    number: int
    sources: tuple[int, ...]
    share: int | None
    trainable: bool
    like: int | None = None
    """The layer whose size it takes."""
    is_named: bool = True
    """Whether the spec says its name: it is another than the spec would make up, or something calls it."""


@dataclass(eq=False)
class Group:
    """Layers and groups in a scope of names; `start` is the number of what its first layer reads."""

    name: str
    start: int
    entries: "list[Leaf | Group]" = field(default_factory=list)

    def leaves(self) -> Iterator[Leaf]:
        for entry in self.entries:
            if isinstance(entry, Leaf):
                yield entry
            else:
                yield from entry.leaves()


class Tree:
    """The groups of a graph. `defaults` are values of options that a spec sets for all of its layers.

    Where not `named`, names that the spec makes up by itself are not said.
    """

    def __init__(self, graph: Graph, defaults: Mapping[str, Any], *, named: bool = True) -> None:
        self.graph, self.defaults = graph, defaults
        self._told = _told(graph) if not named else range(len(graph.inputs) + len(graph.nodes))
        self._counts = Counter[tuple[Path, str]]()
        self.root = Group("", 0)
        self.paths: dict[int, Path] = {n: (str(source.name),) for n, source in enumerate(graph.inputs)}
        self._names: dict[Path, set[str]] = {(): {source.name for source in graph.inputs}}
        self._ends: dict[Path, int] = {}
        """The path of a group -> the number of its last layer."""
        self._open: list[tuple[str, Group]] = [("", self.root)]
        leaves = {node.name for node in graph.nodes}
        for number, node in enumerate(graph.nodes, len(graph.inputs)):
            self._add(node, number, leaves)
        self._taken = {path: number for number, path in self.paths.items()} | self._ends

    def _add(self, node: Node, number: int, leaves: set[str]) -> None:
        *scopes, own = node.name.split(".")
        depth = 0
        while depth < min(len(scopes), len(self._open) - 1) and self._open[depth + 1][0] == scopes[depth]:
            depth += 1
        del self._open[depth + 1 :]
        for at in range(depth, len(scopes)):
            # a scope that has the name of a layer, or comes again after others, is given another
            wanted = f"{scopes[at]}_" if ".".join(scopes[: at + 1]) in leaves else scopes[at]
            group = Group(self._new(wanted), self._read_first(node, number))
            self._open[-1][1].entries.append(group)
            self._open.append((scopes[at], group))
        shared = None if node.shared is None else self.graph.nodes[node.shared - len(self.graph.inputs)].layer
        # a layer that shares has the options of the one whose weights are used, unless others are said
        options = given_options(node.layer, self.defaults if shared is None else shared.options)
        sources, like = node.inputs, None
        if options.pop("like", None) is not None:
            sources, like = sources[:1], sources[1]
        path = tuple(group.name for _, group in self._open[1:])
        made_up = self._made_up(path, node.layer.kind)
        leaf = Leaf(
            self._new(own), type(node.layer), options, number, sources, node.shared, node.trainable, like
        )
        leaf.is_named = leaf.name != made_up or number in self._told
        self._counts[path, node.layer.kind] += not leaf.is_named
        self._open[-1][1].entries.append(leaf)
        self.paths[number] = (*path, leaf.name)
        for size in range(1, len(path) + 1):
            self._ends[path[:size]] = number

    def _read_first(self, node: Node, number: int) -> int:
        """The input of a group that begins with this layer: the layer's own, or else the layer before."""
        if type(node.layer).inputs in ("one", "any") and len(node.inputs) == 1:
            return node.inputs[0]
        return number - 1 if number > len(self.graph.inputs) else 0

    def _made_up(self, path: Path, kind: str) -> str:
        """The name that a spec makes up for the next layer of a kind, in a scope."""
        count, used = self._counts[path, kind] + 1, self._names.get(path, ())
        while f"{kind}{count}" in used:
            count += 1
        self._counts[path, kind] = count - 1
        return f"{kind}{count}"

    def _new(self, wanted: str) -> str:
        """A name that is new in the scope that is open, and that an author may give."""
        path = tuple(group.name for _, group in self._open[1:])
        used = self._names.setdefault(path, set())
        plain = "".join(c if c.isalnum() or c in "_-" else "_" for c in wanted)[:90]
        plain = name = plain if is_name(plain) else f"layer_{plain}"
        count = 1
        while name in used:
            count += 1
            name = f"{plain}_{count}"
        used.add(name)
        return name

    def name(self, number: int) -> str:
        """The full name of a layer."""
        return ".".join(self.paths[number])

    def called(self, number: int, scope: Path, starts: Sequence[int] = ()) -> str:
        """The name of another layer, or of an input, for a layer within a scope.

        `starts` are what the groups around the layer read, from inside: those are called START, once for each
        group.
        """
        if number in starts:
            return START * (1 + starts.index(number))
        path = self.paths[number]
        common = 0
        while common < min(len(scope), len(path) - 1) and scope[common] == path[common]:
            common += 1
        names = [path[common : size + 1] for size in range(common, len(path))]
        fitting = [name for name in names if self._number((*path[:common], *name)) == number]
        for name in fitting:
            inner = [(*scope[:depth], *name) for depth in range(len(scope), common, -1)]
            if not any(each in self._taken for each in inner):
                return ".".join(name)
        return f".{'.'.join(path)}"

    def _number(self, path: Path) -> int | None:
        """The number of the layer that a path means: a group is its last layer."""
        return self._taken.get(path)


def _told(graph: Graph) -> set[int]:
    """The layers that others call by name."""
    last = len(graph.inputs) + len(graph.nodes) - 1
    found = set(graph.outputs) if graph.outputs != (last,) else set()
    for number, node in enumerate(graph.nodes, len(graph.inputs)):
        if node.inputs != (number - 1,):
            found.update(node.inputs)
        if node.shared is not None:
            found.add(node.shared)
    return found


def given_options(layer: Layer, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a layer that are not what the layer has without them, as a spec writes them."""
    found = {}
    for name, value in layer.options.items():
        default = defaults[name] if name in defaults else default_of(type(layer), name)
        if value != default or type(value) is not type(default):
            found[name] = written(value)
    return found


def default_of(kind: type[Layer], option: str) -> Any:
    """The value of an option that a spec leaves out."""
    own = fields(kind)[option]
    return own.default if own.default_factory is dataclasses.MISSING else own.default_factory()


def written(value: Any) -> Any:
    """The value of an option as a spec writes it."""
    if isinstance(value, Layer):
        options = given_options(value, {})
        return {value.kind: options} if options else value.kind
    if isinstance(value, Mapping):
        return {name: written(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [written(each) for each in value]
    return value
