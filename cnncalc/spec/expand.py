"""Items -> graph: blocks and repeats unfolded, paths joined, names given and found.

Depth is bounded, so that nesting may recurse; layers are walked in a loop. Every fault of the spec is
gathered: an item that fails has the name `FAILED` in place of a node, and so have, in silence, all that read
the item.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import (
    Fault,
    LayerError,
    Place,
    SpecError,
    as_text,
    brief,
    did_you_mean,
    together,
    unknown_choice,
)
from cnncalc.graph import Graph, Node
from cnncalc.layers import find
from cnncalc.layers.support.base import Layer
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.spec.document import ITEM_WORDS, SpecDocument
from cnncalc.spec.groups import Groups
from cnncalc.spec.inputs import read_inputs
from cnncalc.spec.item_options import layer_options, merge_options, names_several, not_an_item
from cnncalc.spec.layer_bound import MOST_LAYERS, LayerBound, too_many
from cnncalc.spec.layer_cache import BuiltLayer, FailedLayer, LayerCache
from cnncalc.spec.location import ItemFaultLog, ItemLocation, ListFrame, locate
from cnncalc.spec.names import FAILED, Names, Scope, Target, as_name
from cnncalc.spec.source import DEEPEST, LocatedMap
from cnncalc.spec.values import Captured, opened, put_in

MOST_EMPTY = 50_000
"""The most lists without a layer that a spec may unfold to, apart from those beside its layers."""


class Expansion(NamedTuple):
    """The result of unfolding a document: the graph of the layers that have not failed, and all faults."""

    graph: Graph
    faults: list[Fault]
    document: SpecDocument

    def locate(self, error: LayerError, node: Node) -> Fault:
        """The fault of a layer, at the layer's place in the document."""
        return locate(self.document, error, node.location)


def expand(
    document: SpecDocument,
    *,
    input: Any = None,
    rounding: str | None = None,
    layout: str | None = None,
    cache: LayerCache | None = None,
) -> Expansion:
    """Unfolds a document; raises SpecError where the faults are too many, or let nothing be unfolded.

    `input` takes the place of the document's own, and is written in `layout`, else in the document's;
    `rounding` takes the place of the document's. `cache` has the layers that other variants of the document
    have built with the same rounding. Raises UsageError for a rounding that can't be.
    """
    if rounding is not None and rounding not in ROUNDINGS:
        raise unknown_choice(rounding, "a rounding", ROUNDINGS)
    expander = _Expander(document, cache or layer_cache(document, rounding))
    graph = expander.graph(input, layout or document.layout)
    return Expansion(graph, expander.log, document)


def layer_cache(document: SpecDocument, rounding: str | None = None) -> LayerCache:
    """An empty cache for the layers of a document and of its variants."""
    return LayerCache({"rounding": rounding or document.rounding, "layout": document.layout}, document.blocks)


def with_input(expansion: Expansion, input: Any, layout: str | None = None) -> Expansion:
    """The same layers on another input, written in `layout`, else in the document's; None is the document's.

    No layer depends on an input's size: the document is not unfolded again. The names of the inputs must be
    the same. Beside faults of an input stand no layers.
    """
    log = ItemFaultLog(expansion.document)
    inputs, failed = read_inputs(expansion.document, input, layout or expansion.document.layout, log)
    nodes = () if failed else expansion.graph.nodes
    return expansion._replace(graph=expansion.graph._replace(inputs=tuple(inputs), nodes=nodes), faults=log)


class _Expander:
    """Unfolds one document. Nodes are numbered after the inputs."""

    def __init__(self, document: SpecDocument, cache: LayerCache) -> None:
        self.document, self.cache = document, cache
        self.log = ItemFaultLog(document)
        self.names = Names()
        self.nodes: list[Node] = []
        self.first = 0
        self.groups = Groups(document, self.names, self.log, self.nodes, self.add_items)
        self._depth = self._lists = self._failed_layers = 0

    def graph(self, given_input: Any, layout: str) -> Graph:
        inputs, failed = read_inputs(self.document, given_input, layout, self.log)
        self.first = len(inputs)
        targets, items = self.names.targets, self.document.layers
        targets.update((source.name, number) for number, source in enumerate(inputs))
        targets.update(dict.fromkeys(failed, FAILED))
        frame = ListFrame(None, "", "layers")
        bound = LayerBound(self.document)
        for index, item in enumerate(items):
            if (least := bound.item(item)) > MOST_LAYERS:
                raise self.log.fatal(too_many(least), ItemLocation(items, index, frame))
        last = self.add_items(items, Scope("", self.document.variables), FAILED if failed else 0, frame)
        outputs = self.outputs(last)
        for unknown in self.names.unknown:
            if error := self.names.fault(unknown):
                self.log.refuse(error, unknown.location)
        if not self.nodes and not self.log:
            file = self.document.source.file
            raise SpecError(Fault("no_layers", "the spec has no layers", "", Place(file)))
        return Graph(tuple(inputs), tuple(self.nodes), outputs, self.groups.ends, self.groups.kinds)

    def outputs(self, last: Target) -> tuple[int, ...]:
        """The network's outputs: the layers that `outputs` names, else the last layer and every head."""
        wanted = self.document.outputs
        if wanted is None:
            ends = {end for end in (last, *self.groups.heads) if isinstance(end, int) and end >= self.first}
            return tuple(sorted(ends))
        given = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(given, list | tuple) or not given:
            self.log.refuse_top(LayerError("bad_value", "outputs is not a list of names"), "outputs")
            return ()
        found: dict[int, None] = {}
        for name in given:
            target = self.names.targets.get(name) if isinstance(name, str) else None
            if target is FAILED or self.names.has_failed(name, ""):
                continue
            if not isinstance(target, int):
                help = did_you_mean(
                    as_name(name), [known for known in self.names.targets if "." not in known]
                )
                message = f"outputs: no layer is called {brief(name)}"
                self.log.refuse_top(LayerError("unknown_name", message, help), "outputs")
            elif target < self.first:
                error = LayerError("bad_value", f"outputs: {name} is an input", "name a layer")
                self.log.refuse_top(error, "outputs")
            else:
                found[target] = None
        return tuple(found)

    # ---- lists and items

    def add_items(self, items: Sequence[Any], scope: Scope, at: Target, frame: ListFrame) -> Target:
        """Adds the layers of a list, the first reading `at`; returns the last."""
        self._depth += 1
        self._lists += 1
        where = frame.parent or ItemLocation([], 0, frame)
        if self._lists > MOST_EMPTY + 20 * (len(self.nodes) + self._failed_layers):
            message = "unfolds to very many lists that hold no layers"
            raise self.log.fatal(LayerError("too_many_layers", message, "", "times"), where)
        if self._depth > DEEPEST:
            raise self.log.fatal(LayerError("too_deep", f"blocks nest more than {DEEPEST} deep"), where)
        of_mapping, of_text = self.mapping, self.text
        unclosed = False
        for index, item in enumerate(items):
            if unclosed and type(item) is str:
                # [conv3-$(min(8, 16))] without quotes: YAML parts "conv3-$(min(8" and "16))" at the comma
                unclosed = ")" not in item
                continue
            location = ItemLocation(items, index, frame)
            try:
                kind = type(item)
                if kind is str:
                    at = of_text(item, scope, at, location)
                elif (kind is LocatedMap or kind is dict or isinstance(item, Mapping)) and len(item) == 1:
                    at = of_mapping(item, scope, at, location)
                else:
                    at = self.refuse(not_an_item(item), location)
            except LayerError as error:
                at = self.refuse(error, location)
                self.fail(item, scope)
                unclosed = error.fault.code == "unclosed"
            if len(self.nodes) > MOST_LAYERS:
                raise self.log.fatal(too_many(len(self.nodes)), location)
        self._depth -= 1
        return at

    def text(self, item: str, scope: Scope, at: Target, location: ItemLocation) -> Target:
        """An item that is a text: a bare kind or block, compact text, or a `$name`."""
        if "$" in item:
            value = put_in(item, scope.values)
            if isinstance(value, Captured):
                frame = ListFrame(location, "", location.path)
                return self.groups.captured(value, scope.prefix, scope.values, at, frame, scope.counts)
            if not isinstance(value, str):
                raise not_an_item(value)
            item = value
        if item in self.document.blocks:
            return self.groups.use(item, None, scope, at, location)
        for each in self.cache.of_text(item, self.names.targets):
            if isinstance(each, FailedLayer):
                at = self.refuse(each.error, location)
                self.names.fail(each.kind, each.name, scope)
                continue
            built, name, offset = each
            where = location._replace(offset=offset) if offset else location
            try:
                at = self.add(built, name, None, scope, at, where)
            except LayerError as error:
                at = self.refuse(error, where)
        return at

    def mapping(self, item: Mapping[Any, Any], scope: Scope, at: Target, location: ItemLocation) -> Target:
        """An item `kind: options`."""
        ((kind, options),) = item.items()
        if type(kind) is not str:
            raise not_an_item(item)
        if "$" in kind:
            kind = put_in(kind, scope.values)
        if kind in ITEM_WORDS:
            return self.groups.of_word(kind, options, scope, at, location)
        if kind in self.document.blocks:
            return self.groups.use(kind, options, scope, at, location)
        cls = self.cache.kind(kind)
        if type(options) is str:
            options = opened(put_in(options, scope.values))
        if cls.inputs == "many" or (cls.inputs == "any" and names_several(options)):
            return self.merge(cls, options, scope, at, location)
        given = dict(options) if type(options) is dict else dict(layer_options(cls, kind, options))
        name, source = given.pop("name", None), given.pop("from", None)
        if source is not None and cls.inputs == "none":
            raise LayerError("bad_value", f"{kind} reads nothing", "leave from out", "from")
        try:
            built = self.cache.of_options(cls, given, scope, self.find_shared)
        except LayerError as error:
            raise together([error, *self.reference_faults(cls.kind, name, source, scope, location)]) from None
        return self.add(built, put_in(name, scope.values, "name"), source, scope, at, location)

    def reference_faults(
        self, kind: str, name: Any, source: Any, scope: Scope, location: ItemLocation
    ) -> list[LayerError]:
        """The faults of the name and of the `from` of a layer whose options are wrong."""
        errors = []
        try:
            self.names.new(kind, put_in(name, scope.values, "name"), scope)
        except LayerError as error:
            errors.append(error)
        try:
            if source is not None:
                self.names.one_source(source, scope, location, kind)
        except LayerError as error:
            errors.append(error)
        return errors

    # ---- layers

    def add(
        self, built: BuiltLayer, name: Any, source: Any, scope: Scope, at: Target, location: ItemLocation
    ) -> Target:
        """Adds the node, or the nodes, of a layer."""
        layer, share, trainable, parts = built
        if source is not None:
            at = self.names.one_source(source, scope, location, layer.kind)
        full = self.names.new(layer.kind, name, scope)
        shared = None
        if share is not None:
            shared = self.original(share, scope)
            if parts is not None:
                message = f"{layer.kind} is several layers: share those one by one"
                raise LayerError("bad_share", message, "", "share")
        if parts is None:
            inputs: tuple[Target, ...] = () if type(layer).inputs == "none" else (at,)
            if layer.like is not None:
                inputs = (at, self.names.refer(layer.like, scope.prefix, location, "like"))
            return self.append(full, layer, inputs, trainable, shared, location)
        for part, part_layer in parts:
            at = self.append(f"{full}.{part}", part_layer, (at,), trainable, None, location)
        return self.groups.end(full, at, layer.kind)

    def append(
        self,
        name: str,
        layer: Layer,
        inputs: tuple[Target, ...],
        trainable: bool,
        shared: int | None,
        location: ItemLocation,
    ) -> Target:
        """Adds a node, unless an input has failed."""
        if FAILED in inputs:
            self.names.targets[name] = FAILED
            self._failed_layers += 1
            return FAILED
        self.names.targets[name] = number = self.first + len(self.nodes)
        self.nodes.append(Node(name, layer, inputs, trainable, shared, location))  # type: ignore[arg-type]
        return number

    def find_shared(self, name: str, prefix: str) -> Node | None:
        """The node of a name as the scope of a prefix knows it, if the name is a layer's."""
        number = self.names.shareable(name, prefix)
        return self.nodes[number - self.first] if number is not None and number >= self.first else None

    def original(self, name: str, scope: Scope) -> int:
        """The number of the layer that owns the weights which the layer of a name uses."""
        number = self.names.shareable(name, scope.prefix)
        assert number is not None
        owner = self.nodes[number - self.first].shared
        return number if owner is None else owner

    def merge(
        self, cls: type[Layer], options: Any, scope: Scope, at: Target, location: ItemLocation
    ) -> Target:
        """`add`, `concat`, `multiply`: paths that start here, or the layers that `from` names."""
        given = merge_options(cls, options)
        source, paths, values = given.get("from"), given.get("paths"), scope.values
        if isinstance(paths, str):
            paths = put_in(paths, values, "paths")
        if isinstance(paths, Captured):
            paths, values = paths.items, paths.values
        inputs: tuple[Target, ...] = ()
        if source is not None and paths is None:
            inputs = self.names.sources(source, scope, location)
        elif source is not None:
            at = self.names.one_source(source, scope, location, "a merge of paths")
        if not inputs and (not isinstance(paths, list | tuple) or not paths):
            what = (
                f"{cls.kind} needs paths"
                if paths is None
                else f"the paths of {cls.kind} are not a list of lists"
            )
            raise LayerError("no_paths", what, f"such as - {cls.kind}: [[conv3-64 same], []]", "paths")
        inner = Scope(scope.prefix, values)
        own = {name: value for name, value in given.items() if name not in ("name", "from", "paths")}
        built = self.cache.of_options(cls, own, inner, self.find_shared)
        full = self.names.new(cls.kind, put_in(given.get("name"), scope.values, "name"), scope)
        if not inputs:
            assert isinstance(paths, list | tuple)
            frame = ListFrame(location, "", location.path)
            inputs = tuple(
                self.path(ItemLocation(paths, index, frame), full, inner, at) for index in range(len(paths))
            )
        shared = None if built.share is None else self.original(built.share, scope)
        return self.append(full, built.layer, inputs, built.trainable, shared, location)

    def path(self, location: ItemLocation, merge: str, scope: Scope, at: Target) -> Target:
        """One path of a merge; returns the path's last node."""
        path, number = location.items[location.at], location.at + 1
        try:
            path = put_in(path, scope.values)
            if isinstance(path, str):
                return self.names.refer(path, scope.prefix, location)
            given: Any = path.items if isinstance(path, Captured) else path
            if not isinstance(given, list | tuple):
                help = "a list of layers, [] for the identity, or a layer's name"
                return self.refuse(LayerError("bad_path", f"{brief(path)} is not a path", help), location)
        except LayerError as error:
            return self.refuse(error, location)
        frame = ListFrame(location.frame.parent, f"path {number} of {merge}", location.path)
        if not given:
            return at
        prefix = f"{merge}.{number}."
        if isinstance(path, Captured):
            return self.groups.captured(path, prefix, scope.values, at, frame)
        return self.add_items(given, Scope(prefix, scope.values), at, frame)

    # ---- faults

    def refuse(self, error: LayerError, location: ItemLocation) -> Target:
        """Notes the fault of an item, and goes on."""
        self.log.refuse(error, location)
        return FAILED

    def fail(self, item: Any, scope: Scope) -> None:
        """Keeps the name of an item that failed, so that no reader of the name is blamed."""
        if isinstance(item, str):
            self.names.fail(item, None, scope)
        elif isinstance(item, Mapping) and len(item) == 1:
            ((kind, options),) = item.items()
            cls = find(kind) if isinstance(kind, str) else None
            name = options.get("name") if isinstance(options, Mapping) else None
            self.names.fail(cls.kind if cls else as_text(kind), name, scope)
