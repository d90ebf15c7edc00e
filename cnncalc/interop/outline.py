"""The layers of a foreign model in the scopes of its modules, and the names that they get.

A reader adds layers as it goes through the model's nodes; names are given at the end, when it is known which
modules are one layer and which are several.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncalc.interop.model import Origin, StoredArray
from cnncalc.layers import find
from cnncalc.layers.support.base import in_layout
from cnncalc.spec.names import ModelName, Names

CallKey = tuple[str, str]
"""A call of a module: a key that tells it from other calls, and the module's name within its caller."""


@dataclass(eq=False)
class OutlineSource:
    """A source of values: an input of the network, or a layer."""

    name: str = ""
    """Its full name; a layer's is known at the end."""
    rank: int = 0
    """How many axes, the batch left out, its output has."""
    axes: tuple[int, ...] | None = None
    """The axes of its output as the source writes them, the batch and ones left out."""


@dataclass(eq=False)
class OutlineLayer(OutlineSource):
    """A layer that is being written down."""

    kind: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    sources: tuple[OutlineSource, ...] = ()
    weights: dict[str, StoredArray] = field(default_factory=dict)
    """Its weights that the file holds, by their names in the layer."""
    recorded: tuple[int, ...] | None = None
    """Its output (positions ..., channels) as the file records it."""
    origin: Origin = field(default_factory=Origin)
    helper: bool = False
    """Whether it only brings values into the order that another layer wants."""
    share: "OutlineLayer | None" = None


@dataclass(eq=False)
class ModuleScope:
    """A call of a module: the layers and calls in it, in order."""

    key: str
    name: str
    entries: "list[OutlineLayer | ModuleScope]" = field(default_factory=list)


class Outline:
    """The layers of a network in the scopes of their modules."""

    def __init__(self) -> None:
        self.root = ModuleScope("", "")
        self._open = [self.root]
        self.sources: list[OutlineSource] = []

    def enter(self, calls: Sequence[CallKey]) -> None:
        """The layers that are added next stand in this module, called through these, from outside."""
        depth = 0
        while depth < len(calls) and depth + 1 < len(self._open):
            if self._open[depth + 1].key != calls[depth][0]:
                break
            depth += 1
        del self._open[depth + 1 :]
        for key, name in calls[depth:]:
            scope = ModuleScope(key, name)
            self._open[-1].entries.append(scope)
            self._open.append(scope)

    def add(self, item: OutlineLayer) -> OutlineLayer:
        """A new layer in the module that was entered last."""
        self._open[-1].entries.append(item)
        return item

    def insert_before(self, item: OutlineLayer, new: OutlineLayer) -> None:
        """Puts a layer right before another."""
        scope = next(scope for scope in _scopes(self.root) if item in scope.entries)
        scope.entries.insert(scope.entries.index(item), new)

    def items(self) -> Iterator[OutlineLayer]:
        """Every layer, in order."""
        return (entry for scope in [self.root] for entry in _items(scope))

    def keep(self, outputs: Sequence[OutlineSource]) -> None:
        """Drops the layers that nothing reads on the way to the outputs."""
        wanted = set(map(id, outputs))
        pending = list(outputs)
        while pending:
            source = pending.pop()
            if isinstance(source, OutlineLayer):
                reads = (*source.sources, *([source.share] if source.share else []))
                for read in reads:
                    if id(read) not in wanted:
                        wanted.add(id(read))
                        pending.append(read)
        for scope in list(_scopes(self.root)):
            scope.entries = [e for e in scope.entries if isinstance(e, ModuleScope) or id(e) in wanted]

    def axes(self, layout: str) -> dict[str, tuple[int, ...]]:
        """The axes of inputs and layers in the source's order, where the layout has another."""
        every = [*self.sources, *self.items()]
        return {
            source.name: source.axes
            for source in every
            if source.axes and source.axes != in_layout(tuple(range(source.rank)), layout)
        }

    def layers(self) -> list[Any]:
        """The `layers` of the spec, every layer named; afterwards each item knows its full name."""
        _tidy(self.root)
        _name(self.root, "", {source.name for source in self.sources}, set())
        return _Writer(self.sources).write(self.root, "")


def _scopes(scope: ModuleScope) -> Iterator[ModuleScope]:
    pending = [scope]
    while pending:
        one = pending.pop()
        yield one
        pending += [entry for entry in one.entries if isinstance(entry, ModuleScope)]


def _items(scope: ModuleScope) -> Iterator[OutlineLayer]:
    for entry in scope.entries:
        if isinstance(entry, ModuleScope):
            yield from _items(entry)
        else:
            yield entry


def _tidy(scope: ModuleScope) -> None:
    """Modules that are one layer become that layer, and empty ones go."""
    entries: list[OutlineLayer | ModuleScope] = []
    for entry in scope.entries:
        if isinstance(entry, OutlineLayer):
            entries.append(entry)
            continue
        _tidy(entry)
        main = [each for each in entry.entries if isinstance(each, ModuleScope) or not each.helper]
        if len(main) == 1 and isinstance(main[0], OutlineLayer) and not main[0].name:
            main[0].name = entry.name
            entries += entry.entries
        elif entry.entries:
            entries.append(entry)
    scope.entries = _gathered(entries)


def _gathered(entries: list[OutlineLayer | ModuleScope]) -> list[OutlineLayer | ModuleScope]:
    """Entries `layers.0`, `layers.1` that stand together go into a scope `layers`."""
    heads = [entry.name.partition(".")[0] for entry in entries]
    starts = Counter(head for n, head in enumerate(heads) if head and (n == 0 or heads[n - 1] != head))
    result: list[OutlineLayer | ModuleScope] = []
    for entry in entries:
        head, dot, rest = entry.name.partition(".")
        last = result[-1] if result else None
        if not dot or starts[head] > 1:
            result.append(entry)  # where a container's layers don't stand together, names keep their dots
        elif isinstance(last, ModuleScope) and last.key == f"={head}":
            entry.name = rest
            last.entries.append(entry)
        else:
            entry.name = rest
            result.append(ModuleScope(f"={head}", head, [entry]))
    for entry in result:
        if isinstance(entry, ModuleScope) and entry.key.startswith("="):
            entry.entries = _gathered(entry.entries)
    return result


def _name(scope: ModuleScope, prefix: str, used: set[str], every: set[str]) -> None:
    """Gives every layer its full name, unique within its scope; `used` are names that others have.

    `every` are the full names so far: one with dots may be that of a layer in another scope.
    """
    taken = {entry.name for entry in scope.entries if entry.name}
    for entry in scope.entries:
        own = (
            plain_name(entry.name)
            if entry.name
            else entry.kind
            if isinstance(entry, OutlineLayer)
            else "module"
        )
        name, number = own, 1
        while name in used or prefix + name in every or (name in taken and not entry.name):
            number += 1
            name = f"{own}_{number}"
        used.add(name)
        every.add(prefix + name)
        entry.name = name
        if isinstance(entry, ModuleScope):
            _name(entry, f"{prefix}{name}.", set(), every)
        else:
            entry.name = prefix + name


def plain_name(name: str) -> str:
    """A name of letters, digits, _, - and dots, whatever the source calls its modules."""
    plain = "".join(c if c.isalnum() or c in "_-." else "_" for c in name)[:100]
    return plain if f"_{plain}".replace("-", "_").replace(".", "_").isidentifier() else "module"


def _as_given(name: str) -> str:
    return ModelName(name) if "." in name else name


class _Writer:
    """Writes the items of a spec, each with `from` where it doesn't read the one before."""

    def __init__(self, sources: Sequence[OutlineSource]) -> None:
        self.known = Names()
        self.known.targets.update((source.name, 0) for source in sources)
        self.last: OutlineSource | None = sources[0] if sources else None

    def write(self, scope: ModuleScope, prefix: str) -> list[Any]:
        written: list[Any] = []
        for entry in scope.entries:
            if isinstance(entry, ModuleScope):
                self.known.targets[prefix + entry.name] = 0
                layers = self.write(entry, f"{prefix}{entry.name}.")
                written.append({"block": {"name": _as_given(entry.name), "layers": layers}})
                continue
            options: dict[str, Any] = {"name": _as_given(entry.name[len(prefix) :])}
            cls = find(entry.kind)
            many = cls is not None and cls.inputs == "many"
            if entry.sources and (many or len(entry.sources) > 1):
                options["from"] = [self.reference(source, prefix) for source in entry.sources]
            elif entry.sources and entry.sources[0] is not self.last:
                options["from"] = self.reference(entry.sources[0], prefix)
            if entry.share is not None:
                options["share"] = self.reference(entry.share, prefix)
            written.append({entry.kind: options | entry.options})
            self.known.targets[entry.name] = 0
            self.last = entry
        return written

    def reference(self, source: OutlineSource, prefix: str) -> str:
        """The shortest name by which a source is found from within a scope."""
        name = source.name
        scopes = prefix.split(".")[:-1]
        for depth in range(len(scopes), -1, -1):
            outer = "".join(f"{part}." for part in scopes[:depth])
            if name.startswith(outer):
                short = name[len(outer) :]
                if self.known.find(short, prefix) == name:
                    return short
        return f".{name}"  # a layer of the scope has the same name


def gathered_weights(items: Mapping[str, OutlineLayer]) -> dict[str, StoredArray]:
    """`layer.weight` -> the array in the file, of every layer that has weights of its own."""
    return {
        f"{name}.{weight}": stored
        for name, item in items.items()
        if item.share is None
        for weight, stored in item.weights.items()
    }
