"""Items -> graph: blocks and repeats unfolded, paths joined, names given and found.

Depth is bounded, so that nesting may recurse; layers are walked in a loop. Every fault of the spec is
gathered: an item that fails becomes `BROKEN`, and what follows from it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.errors import (
    FOLLOWS,
    Fault,
    LayerError,
    Place,
    SpecError,
    brief,
    did_you_mean,
    nearest,
    together,
)
from cnncalc.graph import Graph, Node
from cnncalc.layers import find
from cnncalc.layers.support.base import Layer, fields
from cnncalc.layers.support.options import natural
from cnncalc.spec.document import ITEM_WORDS, Document, is_name
from cnncalc.spec.expressions import is_reference
from cnncalc.spec.inputs import read_inputs
from cnncalc.spec.layer_bound import DEEPEST, MOST_LAYERS, Scale, too_many
from cnncalc.spec.layer_cache import COMMON, Failed, Recipe, Recipes
from cnncalc.spec.location import Frame, Origin, locate
from cnncalc.spec.names import Scope, as_name, find_name, near
from cnncalc.spec.source import MOST_FAULTS, Map
from cnncalc.spec.values import Captured, Values, argument, opened, put_in

__all__ = ["expand", "locate"]

MOST_EMPTY = 100_000
"""The most lists without a layer that a spec may unfold to, apart from those beside its layers."""
BROKEN = -1
_NOTHING: Mapping[str, Any] = {}


class Expander:
    """Unfolds one document. Nodes are numbered after the inputs."""

    def __init__(self, document: Document, rounding: str | None) -> None:
        self.document = document
        self.nodes: list[Node] = []
        self.first = 0
        self.names: dict[str, int | None] = {}
        self.groups: dict[str, int] = {}
        self.words: dict[str, str] = {}
        self.heads: list[int] = []
        self.lost: set[str | None] = set()
        self.faults: list[Fault] = list(document.faults)
        self.unresolved: list[tuple[str, str, Origin, str]] = []
        defaults = {"rounding": rounding or document.rounding, "layout": document.layout}
        self.recipes = Recipes(defaults, document.blocks)
        self.active: list[str] = []
        self.times = 1
        self.depth = 0
        self.lists = 0

    def graph(self, given_input: Any, layout: str | None) -> Graph:
        inputs, failed, faults = read_inputs(self.document, given_input, layout or self.document.layout)
        self.first = len(inputs)
        self.faults += faults
        self.names.update((source.name, number) for number, source in enumerate(inputs))
        self.names.update(dict.fromkeys(failed, BROKEN))
        start = BROKEN if failed else 0
        frame = Frame(None, "", "layers")
        scale = Scale(self.document)
        for index, item in enumerate(self.document.layers):
            if (least := scale.item(item)) > MOST_LAYERS:
                raise self.fatal(too_many(least), Origin(self.document.layers, index, frame))
        last = self.unfold(self.document.layers, Scope("", self.document.variables), start, frame)
        outputs = self.outputs(last)
        self.tell_unresolved()
        if not self.nodes and not self.faults:
            file = self.document.source.file
            raise SpecError(Fault("no_layers", "the spec has no layers", "", Place(file)))
        return Graph(tuple(inputs), tuple(self.nodes), outputs, self.groups, self.words)

    def outputs(self, last: int) -> tuple[int, ...]:
        """What the network puts out: what `outputs` names, else the last layer and every head."""
        wanted = self.document.outputs
        if wanted is None:
            return tuple(sorted(number for number in {last, *self.heads} if number >= self.first))
        given = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(given, list | tuple) or not given:
            self.blame_top(LayerError("bad_value", "outputs is not a list of names"), "outputs")
            return ()
        found: dict[int, None] = {}
        for name in given:
            number = self.names.get(name) if isinstance(name, str) else None
            if number == BROKEN or self.is_lost(name, ""):
                continue
            if number is None:
                help = did_you_mean(as_name(name), [known for known in self.names if "." not in known])
                message = f"outputs: no layer is called {brief(name)}"
                self.blame_top(LayerError("unknown_name", message, help), "outputs")
            elif number < self.first:
                self.blame_top(
                    LayerError("bad_value", f"outputs: {name} is an input", "name a layer"), "outputs"
                )
            else:
                found[number] = None
        return tuple(found)

    # ---- lists and items

    def unfold(self, items: Sequence[Any], scope: Scope, at: int, frame: Frame) -> int:
        """Adds the layers of a list, starting from node `at`; returns the last."""
        self.depth += 1
        self.lists += 1
        if self.lists > MOST_EMPTY + 20 * len(self.nodes):
            error = LayerError(
                "too_many_layers", "unfolds to very many lists that hold no layers", "", "times"
            )
            raise self.fatal(error, frame.parent or Origin([], 0, frame))
        if self.depth > DEEPEST:
            error = LayerError("too_deep", f"blocks nest more than {DEEPEST} deep")
            raise self.fatal(error, frame.parent or Origin([], 0, frame))
        of_mapping, of_text = self.mapping, self.text
        torn = False
        for index, item in enumerate(items):
            if torn and type(item) is str:
                # a comma within an expression has torn it: this is its rest
                torn = ")" not in item
                continue
            origin = Origin(items, index, frame)
            try:
                kind = type(item)
                if kind is str:
                    at = of_text(item, scope, at, origin)
                elif (kind is Map or isinstance(item, Mapping)) and len(item) == 1:
                    at = of_mapping(item, scope, at, origin)
                else:
                    at = self.refuse(_not_an_item(item), origin)
            except LayerError as error:
                at = self.refuse(error, origin)
                self.lose(item, scope)
                torn = error.fault.code == "unclosed"
            if len(self.nodes) > MOST_LAYERS:
                raise self.fatal(too_many(len(self.nodes)), origin)
        self.depth -= 1
        return at

    def text(self, item: str, scope: Scope, at: int, origin: Origin) -> int:
        """An item that is a text: a bare kind or block, compact text, or a `$name`."""
        if "$" in item:
            value = put_in(item, scope.values)
            if isinstance(value, Captured):
                return self.captured(
                    value, scope.prefix, scope.values, at, Frame(origin, "", origin.path), scope.counts
                )
            if not isinstance(value, str):
                raise _not_an_item(value)
            item = value
        if item in self.document.blocks:
            return self.use(item, _NOTHING, scope, at, origin)
        for each in self.recipes.of_text(item, self.names):
            if isinstance(each, Failed):
                at = self.refuse(each.error, origin)
                self.lose_name(each.kind, each.name, scope)
                continue
            recipe, name, offset = each
            where = origin._replace(offset=offset) if offset else origin
            try:
                at = self.add(recipe, name, None, scope, at, where)
            except LayerError as error:
                at = self.refuse(error, where)
        return at

    def mapping(self, item: Mapping[Any, Any], scope: Scope, at: int, origin: Origin) -> int:
        """An item `kind: options`."""
        ((kind, options),) = item.items()
        if type(kind) is not str:
            raise _not_an_item(item)
        kind = put_in(kind, scope.values)
        if kind in ITEM_WORDS:
            special: Callable[..., int] = getattr(self, kind)
            return special(_group_options(kind, options, scope.values), scope, at, origin)
        if kind in self.document.blocks:
            return self.use(kind, options, scope, at, origin)
        cls = self.recipes.kind(kind)
        if type(options) is str:
            options = opened(put_in(options, scope.values))
        if cls.inputs == "many":
            return self.merge(cls, options, scope, at, origin)
        given = _layer_options(cls, kind, options)
        name, source = given.get("name"), given.get("from")
        if name is not None or source is not None:
            given = dict(given)
            given.pop("name", None)
            given.pop("from", None)
        try:
            recipe = self.recipes.of_options(
                cls, given, scope.values, lambda share: self.shared(share, scope)
            )
        except LayerError as error:
            raise together([error, *self.beside(cls.kind, name, source, scope, origin)]) from None
        return self.add(recipe, put_in(name, scope.values, "name"), source, scope, at, origin)

    def beside(self, kind: str, name: Any, source: Any, scope: Scope, origin: Origin) -> list[LayerError]:
        """What is wrong with the name and the source of a layer whose options are wrong."""
        errors = []
        try:
            scope.new_name(kind, put_in(name, scope.values, "name"), self.names)
        except LayerError as error:
            errors.append(error)
        try:
            if source is not None:
                self.one_source(source, scope, origin, kind)
        except LayerError as error:
            errors.append(error)
        return errors

    def captured(
        self,
        given: Captured,
        prefix: str,
        values: Values,
        at: int,
        frame: Frame,
        counts: dict[str, int] | None = None,
    ) -> int:
        """Unfolds a list handed to a block: with the values of where it was written, and this index."""
        index = {"index": values["index"]} if "index" in values else {}
        active, self.active = self.active, list(given.active)
        at = self.unfold(given.items, Scope(prefix, {**given.values, **index}, counts), at, frame)
        self.active = active
        return at

    # ---- layers

    def add(self, recipe: Recipe, name: Any, source: Any, scope: Scope, at: int, origin: Origin) -> int:
        """Adds the node, or the nodes, of a layer."""
        kind = recipe.layer.kind
        inputs = (at,) if source is None else (self.one_source(source, scope, origin, kind),)
        full = scope.new_name(kind, name, self.names)
        shared = None
        if recipe.share is not None:
            shared = self.original(recipe.share, scope)
            if recipe.parts is not None:
                raise LayerError(
                    "bad_share", f"{kind} is several layers: share those one by one", "", "share"
                )
        if recipe.parts is None:
            return self.append(Node(full, recipe.layer, inputs, recipe.trainable, shared, origin))
        for part, layer in recipe.parts:
            inputs = (self.append(Node(f"{full}.{part}", layer, inputs, recipe.trainable, None, origin)),)
        return self.close(full, inputs[0], kind)

    def append(self, node: Node) -> int:
        self.names[node.name] = number = self.first + len(self.nodes)
        self.nodes.append(node)
        return number

    def shared(self, name: str, scope: Scope) -> Node | None:
        """The node of a name, if it is a layer."""
        number = self.names.get(find_name(name, scope.prefix, self.names) or "")
        if number == BROKEN or (number is None and self.is_lost(name, scope.prefix)):
            raise LayerError(FOLLOWS, "")
        return self.nodes[number - self.first] if number is not None and number >= self.first else None

    def original(self, name: str, scope: Scope) -> int:
        """The number of the layer that keeps the weights which a layer of that name uses."""
        number = self.names[find_name(name, scope.prefix, self.names) or ""]
        assert number is not None
        deeper = self.nodes[number - self.first].shared
        return number if deeper is None else deeper

    def merge(self, cls: type[Layer], options: Any, scope: Scope, at: int, origin: Origin) -> int:
        """`add`, `concat`, `multiply`: paths that start here, or the layers that `from` names."""
        given = _merge_options(cls, options)
        source, paths, values = given.get("from"), given.get("paths"), scope.values
        if isinstance(paths, str):
            paths = put_in(paths, values, "paths")
        if isinstance(paths, Captured):
            paths, values = paths.items, paths.values
        inputs: tuple[int, ...] = ()
        if source is not None and paths is None:
            inputs = self.sources(source, scope, origin)
        elif source is not None:
            at = self.one_source(source, scope, origin, "a merge of paths")
        if not inputs and (not isinstance(paths, list | tuple) or not paths):
            what = (
                f"{cls.kind} needs paths"
                if paths is None
                else f"the paths of {cls.kind} are not a list of lists"
            )
            raise LayerError("no_paths", what, f"such as - {cls.kind}: [[conv3-64 same], []]", "paths")
        own = _without(given, ("name", "from", "paths"))
        recipe = self.recipes.of_options(cls, own, values, lambda share: self.shared(share, scope))
        full = scope.new_name(cls.kind, put_in(given.get("name"), scope.values, "name"), self.names)
        if not inputs:
            assert isinstance(paths, list | tuple)
            inputs = tuple(
                self.path(
                    Origin(paths, index, Frame(origin, "", origin.path)),
                    full,
                    Scope(scope.prefix, values),
                    at,
                )
                for index in range(len(paths))
            )
        return self.append(Node(full, recipe.layer, inputs, recipe.trainable, None, origin))

    def path(self, origin: Origin, merge: str, scope: Scope, at: int) -> int:
        """One path of a merge; returns its last node."""
        path, number = origin.items[origin.at], origin.at + 1
        try:
            path = put_in(path, scope.values)
            if isinstance(path, str):
                return self.reference(path, scope, origin)
            if isinstance(path, Captured):
                given: Any = path.items
            else:
                given = path
            if not isinstance(given, list | tuple):
                help = "a list of layers, [] for the identity, or a layer's name"
                return self.refuse(LayerError("bad_path", f"{brief(path)} is not a path", help), origin)
        except LayerError as error:
            return self.refuse(error, origin)
        frame = Frame(origin.frame.parent, f"path {number} of {merge}", origin.path)
        if not given:
            return at
        prefix = f"{merge}.{number}."
        if isinstance(path, Captured):
            return self.captured(path, prefix, scope.values, at, frame)
        return self.unfold(given, Scope(prefix, scope.values), at, frame)

    # ---- groups

    def open(
        self, word: str, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin
    ) -> tuple[str, int]:
        """The full name of a group, and where it starts."""
        source = options.get("from")
        if source is not None:
            at = self.one_source(source, scope, origin, word)
        full = scope.new_name(word, put_in(options.get("name"), scope.values, "name"), self.names)
        self.names[full] = None
        return full, at

    def close(self, full: str, at: int, word: str) -> int:
        self.names[full] = self.groups[full] = at
        self.words[full] = word
        return at

    def body(self, layers: Any, full: str, values: Values, at: int, origin: Origin, label: str) -> int:
        """Unfolds the layers of a group in a scope of its own."""
        frame = Frame(origin, label, f"{origin.path}.layers")
        if isinstance(layers, Captured):
            return self.captured(layers, f"{full}.", values, at, frame)
        return self.unfold(layers, Scope(f"{full}.", values), at, frame)

    def block(self, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin) -> int:
        full, at = self.open("block", options, scope, at, origin)
        end = self.body(options["layers"], full, scope.values, at, origin, f"block {full}")
        return self.close(full, end, "block")

    def head(self, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin) -> int:
        full, start = self.open("head", options, scope, at, origin)
        end = self.body(options["layers"], full, scope.values, start, origin, f"head {full}")
        self.close(full, end, "head")
        if end == start and end != BROKEN:
            raise LayerError("empty_head", "a head needs layers", "such as head: {layers: [fc-10]}")
        self.heads.append(end)
        return at

    def repeat(self, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin) -> int:
        try:
            times = _times(options, scope.values)
        except LayerError as error:
            # its layers are looked at all the same, once
            self.refuse(error, origin)
            times, at = 1, BROKEN
        full, at = self.open("repeat", options, scope, at, origin)
        layers = options["layers"]
        if self.times * times > MOST_LAYERS:
            raise too_many(self.times * times)
        if not layers:
            return self.close(full, at, "repeat")
        self.times *= max(times, 1)
        for index in range(1, times + 1):
            before, name = len(self.nodes), f"{full}.{index}"
            values = {**scope.values, "index": index}
            at = self.body(layers, name, values, at, origin, f"round {index} of {full}")
            self.close(name, at, "round")
            if index == 1 and (expected := before + (len(self.nodes) - before) * times) > MOST_LAYERS:
                raise self.fatal(too_many(expected), origin)
            if at == BROKEN:
                self.lost.add(full)
                break  # the other rounds would only say the same
        self.times //= max(times, 1)
        return self.close(full, at, "repeat")

    def use(self, name: str, options: Any, scope: Scope, at: int, origin: Origin) -> int:
        """A block of the author's own, used like a kind."""
        block = self.document.blocks[name]
        if block.failed:
            raise LayerError(FOLLOWS, "")
        if name in self.active:
            chain = " -> ".join([*self.active[self.active.index(name) :], name])
            message = f"block {name} uses itself: {chain}"
            raise LayerError("recursive_block", message, "a block must end: use repeat")
        given = _block_options(name, block.options, options)
        full, at = self.open(name, given, scope, at, origin)
        values: dict[str, Any] = dict(self.document.variables)
        for option, value in given.items():
            if option not in ("name", "from"):
                values[option] = argument(value, scope.values, option, self.active)
        for option, default in block.options.items():
            if option not in given:
                values[option] = argument(default, values, option, self.active)
        self.active.append(name)
        frame = Frame(origin, f"block {name}, as {full}", f"blocks.{name}.layers")
        at = self.unfold(block.layers, Scope(f"{full}.", values), at, frame)
        self.active.pop()
        return self.close(full, at, name)

    # ---- references

    def one_source(self, source: Any, scope: Scope, origin: Origin, what: str) -> int:
        """The one node that `from` names."""
        numbers = self.sources(source, scope, origin)
        if len(numbers) != 1:
            message = f"{what} takes one input, and from names {len(numbers)}"
            raise LayerError("one_input", message, "join them first: - concat: {from: [...]}", "from")
        return numbers[0]

    def sources(self, source: Any, scope: Scope, origin: Origin) -> tuple[int, ...]:
        """The nodes that `from` names."""
        source = opened(put_in(source, scope.values, "from"), "from")
        given = source if isinstance(source, list | tuple) else [source]
        if not given:
            raise LayerError(
                "bad_value", "from names nothing", "the name of a layer, or a list of them", "from"
            )
        return tuple(
            self.reference(put_in(name, scope.values, "from"), scope, origin, "from") for name in given
        )

    def reference(self, name: Any, scope: Scope, origin: Origin, option: str = "") -> int:
        """The number of what a name stands for; BROKEN where that is only known, or told, at the end."""
        name = str(name) if type(name) is int else name
        if not isinstance(name, str):
            raise LayerError("bad_value", f"{brief(name)} is not the name of a layer", "", option)
        full = find_name(name, scope.prefix, self.names)
        if full is None:
            self.unresolved.append((name, scope.prefix, origin, option))
            return BROKEN
        number = self.names[full]
        if number is None:
            message = f"{name} is still being built where this reads it"
            raise LayerError("unfinished", message, "name a layer in it", option)
        return number

    def tell_unresolved(self) -> None:
        """Tells of the names that are unknown, or that only come later."""
        for name, prefix, origin, option in self.unresolved:
            if self.is_lost(name, prefix):
                continue
            if find_name(name, prefix, self.names) is not None:
                message, help = f"{name} comes only after this", "a layer reads what is before it"
                self.refuse(LayerError("later_name", message, help, option), origin)
                continue
            help = near(name, self.names)
            if not option and find(name.split("-")[0].rstrip("0123456789")):
                help = f"a layer on a path is in brackets: [{name}]"
            message = f"no layer is called {brief(name)}"
            self.refuse(LayerError("unknown_name", message, help, option), origin)

    # ---- faults

    def refuse(self, error: LayerError, origin: Origin) -> int:
        """Notes what is wrong with an item, and goes on."""
        told = (each for each in (error, *error.others) if each.fault.code != FOLLOWS)
        self.faults += [locate(self.document, each, origin) for each in told]
        if len(self.faults) >= MOST_FAULTS:
            raise SpecError(*self.faults)
        return BROKEN

    def lose(self, item: Any, scope: Scope) -> None:
        """Keeps the name of an item that failed, so that nobody is blamed for reading it."""
        if isinstance(item, str):
            self.lose_name(item, None, scope)
        elif isinstance(item, Mapping) and len(item) == 1:
            ((kind, options),) = item.items()
            cls = find(kind) if isinstance(kind, str) else None
            name = options.get("name") if isinstance(options, Mapping) else None
            self.lose_name(cls.kind if cls else str(kind), name, scope)

    def lose_name(self, kind: str, name: Any, scope: Scope) -> None:
        """Keeps the name that a layer of a kind has, or would have had: as given, else its running number."""
        if name is None:
            count = scope.counts.get(kind, 0)
            full = f"{scope.prefix}{kind}{count}"
            # the number may have been taken before the layer failed
            if not count or self.names.get(full) is not None:
                full = scope.new_name(kind, None, self.names)
        elif is_name(name):
            full = f"{scope.prefix}{name}"
        else:
            return
        if self.names.get(full) is None:
            self.names[full] = BROKEN
            self.lost.add(full)

    def is_lost(self, name: Any, prefix: str) -> bool:
        """Whether a name is that of a group that failed, or of what would stand in it."""
        parts = as_name(name).split(".")
        return any(
            find_name(".".join(parts[:size]), prefix, self.names) in self.lost
            for size in range(len(parts), 0, -1)
        )

    def fatal(self, error: LayerError, origin: Origin) -> SpecError:
        return SpecError(*self.faults, locate(self.document, error, origin))

    def blame_top(self, error: LayerError, key: str) -> None:
        self.faults.append(self.document.fault(error, self.document.top, key))
        if len(self.faults) >= MOST_FAULTS:
            raise SpecError(*self.faults)


def _layer_options(cls: type[Layer], kind: str, options: Any) -> Mapping[str, Any]:
    """The options of a layer, from what stands after its kind."""
    if isinstance(options, Mapping):
        return options
    if options is None:
        return _NOTHING
    if cls.main:
        return {cls.main: options}
    example = next(iter(fields(cls)), "")
    help = f"write {kind}: {{{example}: ...}}" if example else f"write {kind} alone"
    raise LayerError("bad_item", f"{kind} has no one option that {brief(options)} could be", help)


def _merge_options(cls: type[Layer], options: Any) -> Mapping[str, Any]:
    if not isinstance(options, Mapping):
        return {"paths": options}
    help = f"its paths are a list: - {cls.kind}: [[...], []]"
    errors = [
        LayerError("unknown_option", f"{cls.kind} has no option {brief(option)}", help, str(option))
        for option in options
        if option not in ("paths", *COMMON) and option not in fields(cls)
    ]
    if errors:
        raise together(errors)
    return options


def _group_options(word: str, options: Any, values: Values) -> Mapping[str, Any]:
    """The options of block, head or repeat, its layers a list."""
    help = f"such as {word}: {{layers: [conv3-64]}}"
    if isinstance(options, list | tuple) and word != "repeat":
        options = {"layers": options}
    if not isinstance(options, Mapping):
        raise LayerError("bad_item", f"{word} needs its layers", help)
    known = ("name", "from", "layers", *(("times",) if word == "repeat" else ()))
    errors = [
        LayerError(
            "unknown_option",
            f"{word} has no option {brief(option)}",
            did_you_mean(str(option), known, "its options"),
            str(option),
        )
        for option in options
        if option not in known
    ]
    if errors:
        raise together(errors)
    layers = options.get("layers")
    if isinstance(layers, str):
        # a lone $name may be a list; any other text is an item, whose $index is that of the group's rounds
        layers = put_in(layers, values, "layers") if is_reference(layers) else [layers]
    if isinstance(layers, str):
        layers = [layers]
    if not isinstance(layers, list | tuple):
        raise LayerError("bad_item", f"{word} needs layers, a list", help, "layers")
    return {**options, "layers": layers}


def _block_options(name: str, known: Mapping[str, Any], given: Any) -> Mapping[str, Any]:
    """The options given to a block of the author's own; a lone value is its one required option."""
    required = [option for option, default in known.items() if default is None]
    options: Mapping[str, Any] = given if isinstance(given, Mapping) else _NOTHING
    if given is not None and not isinstance(given, Mapping):
        main = required if len(required) == 1 else list(known)
        if len(main) != 1:
            help = f"write {name}: {{{main[0]}: ...}}" if main else f"write {name} alone"
            raise LayerError("bad_item", f"{name} has no one option that {brief(given)} could be", help)
        options = {main[0]: given}
    strange = [option for option in options if option not in known and option not in ("name", "from")]
    misspelt = {nearest(str(option), known) for option in strange}
    errors = []
    for option in strange:
        help = did_you_mean(str(option), known, "its options") or "it has none"
        errors.append(
            LayerError("unknown_option", f"{name} has no option {brief(option)}", help, str(option))
        )
    for option in required:
        if option not in options and option not in misspelt:
            help = f"write {name}: {{{option}: ...}}"
            errors.append(LayerError("missing_option", f"{name} needs {option}", help))
    if errors:
        raise together(errors)
    return options


def _times(options: Mapping[str, Any], values: Values) -> int:
    if "times" not in options:
        raise LayerError("missing_option", "repeat needs times", "such as repeat: {times: 3, layers: [...]}")
    given = put_in(options["times"], values, "times")
    try:
        times: int = natural(given)
    except LayerError as error:
        raise error.about("times") from None
    return times


def _not_an_item(item: Any) -> LayerError:
    if isinstance(item, Mapping) and len(item) > 1:
        # the kind may stand behind a name
        first = next((key for key in item if isinstance(key, str) and find(key)), next(iter(item)))
        written = ", ".join(f"{key}: ..." for key in [key for key in item if key != first][:3])
        help = f"put the options in braces: - {first}: {{{written}}}"
        return LayerError(
            "bad_item", f"an item of layers has one key, the kind; this one has {len(item)}", help
        )
    if isinstance(item, list | tuple):
        help = "paths go into add:, concat: or multiply:; others into block:"
        return LayerError("bad_item", "a list is not a layer", help)
    what = "nothing stands here" if item is None else f"{brief(item)} is not a layer"
    return LayerError("bad_item", what, "such as - conv3-64 same, or - conv: {filters: 64, kernel: 3}")


def _without(options: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in keys}


def expand(
    document: Document, *, input: Any = None, rounding: str | None = None, layout: str | None = None
) -> tuple[Graph, list[Fault]]:
    """The graph of a document, and the faults found on the way: with any, the graph has `BROKEN` inputs."""
    expander = Expander(document, rounding)
    graph = expander.graph(input, layout)
    return graph, expander.faults
