"""Items -> graph: kinds built, blocks and repeats unfolded, names given and found.

Depth is bounded, so that nesting may recurse; layers are walked in a loop. Every fault of the spec is
gathered: an item that fails becomes `BROKEN`, and what follows from it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import Fault, LayerError, Place, SpecError, brief, did_you_mean
from cnncalc.graph import Graph, Input, Node
from cnncalc.layers import aliases, build, find, names
from cnncalc.layers.base import Layer, fields
from cnncalc.layers.options import flag, natural
from cnncalc.spec import compact
from cnncalc.spec.document import ITEM_WORDS, Document, bad_name, is_name, read_shape
from cnncalc.spec.expressions import ExpressionError, substitute
from cnncalc.spec.source import Map

MOST_LAYERS = 2_000_000
"""The most layers that a spec may unfold to."""
DEEPEST = 100
MOST_VALUES = 100_000
"""The most values that the options of one layer may hold."""
MOST_FAULTS = 100

BROKEN = -1
COMMON = ("name", "from", "share", "trainable")
_NOTHING: Mapping[str, Any] = {}


class Frame(NamedTuple):
    """A list of items being unfolded: how it was come to."""

    parent: Origin | None
    label: str
    path: str


class Origin(NamedTuple):
    """Where an item stands: in which list, at which place, at which character of its text."""

    items: Any
    index: int
    frame: Frame
    offset: int = 0


class Captured(NamedTuple):
    """A list handed to a block: its `$` are those of where it was written."""

    items: Any
    values: Mapping[str, Any]


class Scope:
    """A level of names: the layers that stand in one list, and the values that `$` has there."""

    __slots__ = ("counts", "prefix", "values")

    def __init__(self, prefix: str, values: Mapping[str, Any]) -> None:
        self.prefix, self.values = prefix, values
        self.counts: dict[str, int] = {}


class Recipe(NamedTuple):
    """A layer built from its options, and what is said of its place in the network."""

    layer: Layer
    share: str | None
    trainable: bool
    merges: bool
    parts: tuple[tuple[str, Layer], ...] | None


class Expander:
    """Unfolds one document."""

    def __init__(self, document: Document, rounding: str | None) -> None:
        self.document = document
        self.nodes: list[Node] = []
        self.names: dict[str, int | None] = {}
        self.groups: dict[str, int] = {}
        self.heads: list[int] = []
        self.faults: list[Fault] = list(document.faults)
        self.unresolved: list[tuple[str, str, Origin, str]] = []
        self.recipes: dict[Any, Recipe] = {}
        self.texts: dict[str, list[tuple[Recipe, str | None, int]]] = {}
        self.defaults = {"rounding": rounding or document.rounding, "layout": document.layout}
        self.active: list[str] = []
        self.times = 1
        self.depth = 0
        self.first = 0

    # ---- the whole

    def graph(self, given_input: Any, layout: str | None) -> Graph:
        inputs = self.read_inputs(given_input, layout or self.document.layout)
        self.first = len(inputs)
        for number, source in enumerate(inputs):
            self.names[source.name] = number
        scope = Scope("", self.document.variables)
        frame = Frame(None, "", "layers")
        for index, least in enumerate(least_layers(self.document)):
            if least > MOST_LAYERS:
                raise self.too_many(Origin(self.document.layers, index, frame), least)
        last = self.unfold(self.document.layers, scope, 0, frame)
        outputs = self.outputs(last)
        self.report_unresolved()
        if not self.nodes and not self.faults:
            raise SpecError(
                Fault("no_layers", "the spec has no layers", "", Place(self.document.source.file))
            )
        return Graph(tuple(inputs), tuple(self.nodes), outputs, self.groups)

    def read_inputs(self, given: Any, layout: str) -> list[Input]:
        document = self.document
        written = document.input if given is None else given
        holder: Any = document.top
        if written is None:
            error = LayerError(
                "no_input", "the spec says no input", "such as input: 32x32x3, or --input 32x32x3"
            )
            raise SpecError(document.fault(error, document.top, "input"))
        if not isinstance(written, Mapping):
            written = {"input": written}
            keys = {"input": (holder, "input")}
        else:
            keys = {name: (written, name) for name in written}
        inputs = []
        faults = []
        for name, value in written.items():
            try:
                if not is_name(name):
                    raise bad_name(name)
                if isinstance(value, str) and "$" in value:
                    value = substitute(value, document.variables)
                inputs.append(Input(name, read_shape(value, layout)))
            except LayerError as error:
                if given is not None:
                    faults.append(error.about("input").fault)
                else:
                    faults.append(document.fault(error.about("input"), *keys[name]))
            except ExpressionError as error:
                fault = LayerError(error.code, error.message, error.help)
                faults.append(document.fault(fault, *keys[name], offset=error.offset))
        if faults or not inputs:
            raise SpecError(
                *(faults or [Fault("no_input", "the spec says no input", "such as input: 32x32x3")])
            )
        return inputs

    def outputs(self, last: int) -> tuple[int, ...]:
        wanted = self.document.outputs
        if wanted is None:
            found = [last, *(head for head in self.heads if head != last)]
            return tuple(sorted(number for number in found if number >= self.first))
        given = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(given, list | tuple) or not given:
            self.fault_at_top(LayerError("bad_value", "outputs is not a list of names"), "outputs")
            return ()
        found = []
        for name in given:
            number = self.names.get(name) if isinstance(name, str) else None
            if number is None:
                known = [known for known in self.names if "." not in known]
                error = LayerError(
                    "unknown_name",
                    f"outputs: no layer is called {brief(name)}",
                    did_you_mean(str(name), known),
                )
                self.fault_at_top(error, "outputs")
            elif number >= self.first:
                found.append(number)
        return tuple(dict.fromkeys(found))

    def fault_at_top(self, error: LayerError, key: str) -> None:
        self.faults.append(self.document.fault(error, self.document.top, key))

    # ---- lists and items

    def unfold(self, items: Sequence[Any], scope: Scope, at: int, frame: Frame) -> int:
        """Adds the layers of a list, starting from node `at`; returns the last."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.too_deep(frame)
        one, text = self.mapping, self.text
        for index, item in enumerate(items):
            origin = Origin(items, index, frame)
            try:
                kind = type(item)
                if kind is str:
                    at = text(item, scope, at, origin)
                elif (kind is Map or isinstance(item, Mapping)) and len(item) == 1:
                    at = one(item, scope, at, origin)
                else:
                    raise _not_an_item(item)
            except LayerError as error:
                self.blame(error, origin)
                at = BROKEN
            if len(self.nodes) > MOST_LAYERS:
                raise self.too_many(origin, len(self.nodes))
        self.depth -= 1
        return at

    def text(self, item: str, scope: Scope, at: int, origin: Origin) -> int:
        """An item that is a text: a bare kind or block, compact text, or a `$name`."""
        if item in self.document.blocks:
            return self.use(item, _NOTHING, scope, at, origin)
        if "$" in item:
            value = self.value(item, scope.values, "")
            if isinstance(value, Captured):
                return self.unfold_captured(value, scope, at, origin)
            if not isinstance(value, str):
                raise _not_an_item(value)
            item = value
            if item in self.document.blocks:
                return self.use(item, _NOTHING, scope, at, origin)
        recipes = self.texts.get(item)
        if recipes is None:
            recipes = self.texts[item] = self.read_compact(item)
        for recipe, name, offset in recipes:
            where = origin._replace(offset=offset) if offset else origin
            at = self.add(recipe, name, None, scope, at, where)
        return at

    def read_compact(self, text: str) -> list[tuple[Recipe, str | None, int]]:
        if text in ITEM_WORDS:
            raise LayerError(
                "bad_item", f"{text} needs its layers", f"such as {text}: {{layers: [conv3-64]}}"
            )
        try:
            items = compact.read(text)
        except compact.CompactError as error:
            fault = error.error.fault
            if fault.code == "unknown_kind" and text in self.names:
                help = "a layer's name stands for a path without brackets"
                raise LayerError(fault.code, fault.message, help) from None
            if self.document.blocks and fault.code == "unknown_kind":
                if help := did_you_mean(text.split()[0], [*self.document.blocks, *names()]):
                    raise LayerError(fault.code, fault.message, help, offset=error.offset) from None
            raise error.error.moved(error.offset) from None
        recipes = []
        for kind, options, offset in items:
            name = options.pop("name", None)
            try:
                recipes.append((self.build(kind, options), name, offset))
            except LayerError as error:
                raise error.moved(offset) from None
        return recipes

    def mapping(self, item: Mapping[Any, Any], scope: Scope, at: int, origin: Origin) -> int:
        """An item `kind: options`."""
        ((kind, options),) = item.items()
        if type(kind) is not str:
            raise _not_an_item(item)
        if "$" in kind:
            kind = self.value(kind, scope.values, "")
        if kind in ITEM_WORDS:
            special: Callable[..., int] = getattr(self, kind)
            return special(self.group_options(kind, options, scope), scope, at, origin)
        if kind in self.document.blocks:
            return self.use(kind, options, scope, at, origin)
        cls = find(kind) if type(kind) is str else None
        if cls is None:
            raise self.unknown_kind(kind)
        if type(options) is str and "$" in options:
            options = self.value(options, scope.values, "")
            if isinstance(options, Captured):
                options = self.plain(options, [MOST_VALUES])
        if cls.inputs == "many":
            return self.merge(cls, options, scope, at, origin)
        if options is None:
            options = _NOTHING
        elif not isinstance(options, Mapping):
            if not cls.main:
                example = next(iter(fields(cls)), "")
                help = f"write {kind}: {{{example}: ...}}" if example else f"write {kind} alone"
                raise LayerError("bad_item", f"{kind} has no one option that {brief(options)} could be", help)
            options = {cls.main: options}
        name, source = options.get("name"), options.get("from")
        if name is not None or source is not None:
            options = _without(options, ("name", "from"))
        key: Any = (kind, *options.items(), *map(type, options.values()))
        try:
            recipe = self.recipes.get(key)
        except TypeError:
            key = _frozen(kind, options)
            recipe = self.recipes.get(key) if key is not None else None
        if recipe is None:
            plain = self.substituted(options, scope)
            recipe = self.build(cls.kind, plain, scope)
            if key is not None and not _has_reference(options) and "share" not in options:
                self.recipes[key] = recipe
        if type(name) is str and "$" in name:
            name = self.value(name, scope.values, "name")
        return self.add(recipe, name, source, scope, at, origin)

    def unknown_kind(self, kind: Any) -> LayerError:
        known = [*names(), *aliases(), *ITEM_WORDS, *self.document.blocks]
        if isinstance(kind, str) and kind[-1:].isdigit() and find(kind.rstrip("0123456789x-")):
            help = f"as a text of its own: - {kind}"
        else:
            help = did_you_mean(str(kind), known) or "cnncalc layers lists the kinds"
        return LayerError("unknown_kind", f"{brief(kind)} is not a layer kind or a block", help)

    # ---- layers

    def build(self, kind: str, options: Mapping[str, Any], scope: Scope | None = None) -> Recipe:
        cls = find(kind)
        if cls is None:
            raise self.unknown_kind(kind)
        known = fields(cls)
        own = {name: value for name, value in options.items() if name not in COMMON or name in known}
        share = options.get("share")
        trainable = True
        if share is not None:
            if not isinstance(share, str):
                raise LayerError(
                    "bad_value", f"share: {brief(share)} is not the name of a layer", "", "share"
                )
            number = self.names.get(self.find_name(share, scope.prefix if scope else "") or "")
            original = self.node(number)
            if original is None:
                raise LayerError(
                    "unknown_name",
                    f"share: no layer before this one is called {brief(share)}",
                    self.near(share),
                    "share",
                )
            if original.layer.kind != kind:
                raise LayerError(
                    "bad_share",
                    f"share: {share} is a {original.layer.kind}, and this is a {kind}",
                    "only like layers share",
                    "share",
                )
            defaults = {name: getattr(original.layer, name) for name in known}
        else:
            defaults = dict(self.defaults)
        if "trainable" in options and "trainable" not in known:
            try:
                trainable = flag(options["trainable"])
            except LayerError as error:
                raise error.about("trainable") from None
        layer = build(cls, own, defaults=defaults)
        if trainable and not getattr(layer, "trainable", True):
            trainable = False
        return Recipe(layer, share, trainable, cls.inputs == "many", layer.parts())

    def node(self, number: int | None) -> Node | None:
        return self.nodes[number - self.first] if number is not None and number >= self.first else None

    def add(self, recipe: Recipe, name: Any, source: Any, scope: Scope, at: int, origin: Origin) -> int:
        """Adds the node, or the nodes, of a layer."""
        full = self.new_name(recipe.layer.kind, name, scope)
        if source is None:
            inputs: tuple[int, ...] = (at,)
        else:
            inputs = self.sources(source, scope, origin)
            if len(inputs) != 1:
                raise LayerError(
                    "one_input",
                    f"{recipe.layer.kind} takes one input, and from names {len(inputs)}",
                    "join them first: - concat: {from: [...]}",
                    "from",
                )
        shared = None
        if recipe.share is not None:
            shared = self.names[self.find_name(recipe.share, scope.prefix) or ""]
            while shared is not None and (node := self.node(shared)) and node.shared is not None:
                shared = node.shared
        if recipe.parts is None:
            self.names[full] = number = self.first + len(self.nodes)
            self.nodes.append(Node(full, recipe.layer, inputs, recipe.trainable, shared, origin))
            return number
        if shared is not None:
            raise LayerError(
                "bad_share", f"{recipe.layer.kind} is several layers: share those one by one", "", "share"
            )
        for part, layer in recipe.parts:
            number = self.first + len(self.nodes)
            self.names[f"{full}.{part}"] = number
            self.nodes.append(Node(f"{full}.{part}", layer, inputs, recipe.trainable, None, origin))
            inputs = (number,)
        self.close(full, inputs[0])
        return inputs[0]

    def merge(self, cls: type[Layer], options: Any, scope: Scope, at: int, origin: Origin) -> int:
        """`add`, `concat`, `multiply`: paths that start here, or the layers that `from` names."""
        given: Mapping[str, Any] = options if isinstance(options, Mapping) else {"paths": options}
        if isinstance(options, Mapping) and len(options) == 1 and not set(options) & {"paths", *COMMON}:
            ((only, _),) = options.items()
            raise LayerError(
                "unknown_option",
                f"{cls.kind} has no option {brief(only)}",
                f"its paths are a list: - {cls.kind}: [[...], []]",
                str(only),
            )
        name = self.value(given.get("name"), scope.values, "name")
        paths = given.get("paths")
        if isinstance(paths, str) and "$" in paths:
            captured = self.value(paths, scope.values, "paths")
            paths = captured.items if isinstance(captured, Captured) else captured
        source = given.get("from")
        if source is not None:
            inputs = self.sources(source, scope, origin)
            at = inputs[0]
        if paths is None and source is None:
            raise LayerError(
                "no_paths", f"{cls.kind} needs paths", f"such as - {cls.kind}: [[conv3-64 same], []]"
            )
        if source is not None and paths is None:
            recipe = self.build(cls.kind, _without(given, ("name", "from")), scope)
            full = self.new_name(cls.kind, name, scope)
        else:
            if not isinstance(paths, list | tuple) or not paths:
                raise LayerError(
                    "no_paths",
                    f"the paths of {cls.kind} are not a list of lists",
                    "such as [[conv3-64 same], []]",
                    "paths",
                )
            if source is not None and len(inputs) != 1:
                raise LayerError(
                    "one_input", "paths start from one layer", "leave out paths, or name one", "from"
                )
            recipe = self.build(cls.kind, _without(given, ("name", "from", "paths")), scope)
            full = self.new_name(cls.kind, name, scope)
            held = given if isinstance(options, Mapping) else None
            inputs = tuple(
                self.path(path, index, f"{full}.{index + 1}", scope, at, origin, paths, held)
                for index, path in enumerate(paths)
            )
        self.names[full] = number = self.first + len(self.nodes)
        self.nodes.append(Node(full, recipe.layer, inputs, recipe.trainable, None, origin))
        return number

    def path(
        self, path: Any, index: int, name: str, scope: Scope, at: int, origin: Origin, paths: Any, held: Any
    ) -> int:
        """One path of a merge; returns its last node."""
        label = f"path {index + 1} of {name.rpartition('.')[0]}"
        try:
            if isinstance(path, str) and "$" in path:
                path = self.value(path, scope.values, "")
            values = scope.values
            if isinstance(path, Captured):
                path, values = path.items, path.values
            if isinstance(path, str):
                found = self.reference(path, scope, Origin(paths, index, Frame(origin, "", _path(origin))))
                return found
            if not isinstance(path, list | tuple):
                raise LayerError(
                    "bad_path",
                    f"{brief(path)} is not a path",
                    "a list of layers, [] for the identity, or a layer's name",
                )
        except LayerError as error:
            self.blame(error, Origin(paths, index, Frame(origin, "", _path(origin))))
            return BROKEN
        if not path:
            return at
        frame = Frame(origin, label, f"{_path(origin)}[{index}]")
        return self.unfold(path, Scope(f"{name}.", values), at, frame)

    # ---- groups

    def group_options(self, word: str, options: Any, scope: Scope) -> Mapping[str, Any]:
        if isinstance(options, list | tuple) and word != "repeat":
            options = {"layers": options}
        if not isinstance(options, Mapping):
            raise LayerError(
                "bad_item", f"{word} needs its layers", f"such as {word}: {{layers: [conv3-64]}}"
            )
        known = {"name", "from", "layers"} | ({"times"} if word == "repeat" else set())
        for option in options:
            if option not in known:
                raise LayerError(
                    "unknown_option",
                    f"{word} has no option {brief(option)}",
                    did_you_mean(str(option), known, "its options"),
                    str(option),
                )
        layers = options.get("layers")
        if isinstance(layers, str) and "$" in layers:
            layers = self.value(layers, scope.values, "layers")
        if isinstance(layers, str):
            layers = [layers]
        if not isinstance(layers, list | tuple | Captured):
            raise LayerError(
                "bad_item",
                f"{word} needs layers, a list",
                f"such as {word}: {{layers: [conv3-64]}}",
                "layers",
            )
        return {**options, "layers": layers}

    def group(
        self, word: str, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin
    ) -> tuple[str, int]:
        """The full name of a group, and where it starts."""
        name = self.value(options.get("name"), scope.values, "name")
        source = options.get("from")
        if source is not None:
            (at, *more) = self.sources(source, scope, origin)
            if more:
                raise LayerError(
                    "one_input",
                    f"{word} starts from one layer",
                    "join them first: - concat: {from: [...]}",
                    "from",
                )
        full = self.new_name(word, name, scope)
        self.names[full] = None
        return full, at

    def close(self, full: str, at: int) -> int:
        self.names[full] = self.groups[full] = at
        return at

    def body(
        self, layers: Any, full: str, values: Mapping[str, Any], at: int, origin: Origin, label: str
    ) -> int:
        """Unfolds the layers of a group in a scope of its own."""
        if isinstance(layers, Captured):
            extra = {"index": values["index"]} if "index" in values else {}
            layers, values = layers.items, {**layers.values, **extra}
        return self.unfold(
            layers, Scope(f"{full}.", values), at, Frame(origin, label, f"{_path(origin)}.layers")
        )

    def block(self, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin) -> int:
        full, at = self.group("block", options, scope, at, origin)
        return self.close(full, self.body(options["layers"], full, scope.values, at, origin, f"block {full}"))

    def head(self, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin) -> int:
        full, start = self.group("head", options, scope, at, origin)
        end = self.close(
            full, self.body(options["layers"], full, scope.values, start, origin, f"head {full}")
        )
        if end == start and end != BROKEN:
            raise LayerError("empty_head", "a head needs layers", "such as head: {layers: [fc-10]}")
        self.heads.append(end)
        return at

    def repeat(self, options: Mapping[str, Any], scope: Scope, at: int, origin: Origin) -> int:
        if "times" not in options:
            raise LayerError(
                "missing_option", "repeat needs times", "such as repeat: {times: 3, layers: [...]}"
            )
        try:
            times = natural(self.value(options["times"], scope.values, "times"))
        except LayerError as error:
            raise error if error.option else error.about("times") from None
        full, at = self.group("repeat", options, scope, at, origin)
        if times and options["layers"] and self.times * times > MOST_LAYERS:
            raise _too_many(self.times * times)
        self.times *= max(times, 1)
        for index in range(1, times + 1):
            before = len(self.nodes)
            name = f"{full}.{index}"
            values = {**scope.values, "index": index}
            at = self.body(options["layers"], name, values, at, origin, f"round {index} of {full}")
            self.close(name, at)
            if index == 1 and (expected := before + (len(self.nodes) - before) * times) > MOST_LAYERS:
                raise self.too_many(origin, expected)
            if at == BROKEN:
                break  # the other rounds would only say the same
        self.times //= max(times, 1)
        return self.close(full, at)

    def use(self, kind: str, options: Any, scope: Scope, at: int, origin: Origin) -> int:
        """A block of the author's own, used like a kind."""
        block = self.document.blocks[kind]
        if kind in self.active:
            chain = " -> ".join([*self.active[self.active.index(kind) :], kind])
            raise LayerError(
                "recursive_block", f"block {kind} uses itself: {chain}", "a block must end: use repeat"
            )
        if options is None:
            options = _NOTHING
        required = [name for name, default in block.options.items() if default is None]
        if not isinstance(options, Mapping):
            main = required if len(required) == 1 else list(block.options)
            if len(main) != 1:
                raise LayerError(
                    "bad_item",
                    f"{kind} takes its options by name",
                    f"write {kind}: {{{main[0] if main else 'name'}: ...}}",
                )
            options = {main[0]: options}
        full, at = self.group(kind, options, scope, at, origin)
        values: dict[str, Any] = dict(self.document.variables)
        for option, given in options.items():
            if option in ("name", "from"):
                continue
            if option not in block.options:
                help = did_you_mean(str(option), block.options, "its options")
                raise LayerError(
                    "unknown_option",
                    f"{kind} has no option {brief(option)}",
                    help or "it has none",
                    str(option),
                )
            values[option] = self.argument(given, scope.values, option)
        for option, default in block.options.items():
            if option not in values or option not in options:
                if default is None and option not in options:
                    raise LayerError(
                        "missing_option", f"{kind} needs {option}", f"write {kind}: {{{option}: ...}}"
                    )
                if option not in options:
                    values[option] = self.argument(default, values, option)
        self.active.append(kind)
        at = self.unfold(
            block.layers,
            Scope(f"{full}.", values),
            at,
            Frame(origin, f"block {kind}, as {full}", f"blocks.{kind}.layers"),
        )
        self.active.pop()
        return self.close(full, at)

    def unfold_captured(self, value: Captured, scope: Scope, at: int, origin: Origin) -> int:
        """The layers that a `$name` stands for, in the scope where it stands."""
        inner = Scope(scope.prefix, value.values)
        inner.counts = scope.counts
        return self.unfold(value.items, inner, at, Frame(origin, "", f"{_path(origin)}"))

    # ---- values

    def value(self, value: Any, values: Mapping[str, Any], option: str) -> Any:
        """A scalar with its `$` put in."""
        if type(value) is not str or "$" not in value:
            return value
        try:
            return substitute(value, values)
        except ExpressionError as error:
            raise LayerError(error.code, error.message, error.help, option, error.offset) from None

    def argument(self, value: Any, values: Mapping[str, Any], option: str) -> Any:
        """A value handed to a block: lists keep the `$` of where they were written."""
        if isinstance(value, list | tuple | Mapping) and not isinstance(value, Captured):
            return Captured(value, values)
        return self.value(value, values, option)

    def substituted(self, options: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
        """A layer's options with every `$` put in."""
        budget = [MOST_VALUES]
        return {name: self.deep(value, scope.values, str(name), budget) for name, value in options.items()}

    def deep(
        self, value: Any, values: Mapping[str, Any], option: str, budget: list[int], depth: int = 0
    ) -> Any:
        budget[0] -= 1
        if budget[0] < 0 or depth > 10:
            raise LayerError(
                "too_large", f"{option} holds too much", f"at most {MOST_VALUES:,} values", option
            )
        if isinstance(value, Captured):
            return self.deep(value.items, value.values, option, budget, depth)
        if isinstance(value, list | tuple):
            return [self.deep(entry, values, option, budget, depth + 1) for entry in value]
        if isinstance(value, Mapping):
            return {key: self.deep(entry, values, option, budget, depth + 1) for key, entry in value.items()}
        result = self.value(value, values, option)
        return (
            self.deep(result, values, option, budget, depth + 1) if isinstance(result, Captured) else result
        )

    def plain(self, value: Captured, budget: list[int]) -> Any:
        return self.deep(value, value.values, "options", budget)

    # ---- names

    def new_name(self, kind: str, given: Any, scope: Scope) -> str:
        known = self.names
        if given is not None:
            if type(given) is int:
                given = str(given)
            if not is_name(given):
                raise bad_name(given)
            full = scope.prefix + given
            if full in known:
                what = (
                    "an input"
                    if (known[full] or 0) < self.first and known[full] is not None
                    else "a layer before this one"
                )
                raise LayerError(
                    "doubled_name",
                    f"{full} is the name of {what}",
                    "a name must be unique in its scope",
                    "name",
                )
            return full
        count = scope.counts.get(kind, 0) + 1
        while (full := f"{scope.prefix}{kind}{count}") in known:
            count += 1
        scope.counts[kind] = count
        return full

    def find_name(self, name: str, prefix: str) -> str | None:
        """A name as it is seen from a scope: its own names, then outwards."""
        while True:
            if prefix + name in self.names:
                return prefix + name
            if not prefix:
                return None
            prefix = prefix[:-1].rpartition(".")[0]
            prefix += "." if prefix else ""

    def sources(self, source: Any, scope: Scope, origin: Origin) -> tuple[int, ...]:
        """The nodes that `from` names."""
        if isinstance(source, str) and "$" in source:
            source = self.value(source, scope.values, "from")
        if isinstance(source, Captured):
            source = self.plain(source, [MOST_VALUES])
        given = source if isinstance(source, list | tuple) else [source]
        if not given:
            raise LayerError(
                "bad_value", "from names nothing", "the name of a layer, or a list of them", "from"
            )
        return tuple(
            self.reference(self.value(name, scope.values, "from"), scope, origin, "from") for name in given
        )

    def reference(self, name: Any, scope: Scope, origin: Origin, option: str = "") -> int:
        if not isinstance(name, str):
            raise LayerError("bad_value", f"{brief(name)} is not the name of a layer", "", option)
        full = self.find_name(name, scope.prefix)
        if full is None:
            # whether it is unknown or only comes later is known at the end
            self.unresolved.append((name, scope.prefix, origin, option))
            return BROKEN
        number = self.names[full]
        if number is None:
            raise LayerError(
                "unfinished", f"{name} is still being built where this reads it", "name a layer in it", option
            )
        return number

    def near(self, name: str) -> str:
        return did_you_mean(name, list(self.names)[:5000])

    def report_unresolved(self) -> None:
        for name, prefix, origin, option in self.unresolved:
            if self.find_name(name, prefix) is not None:
                error = LayerError(
                    "later_name", f"{name} comes only after this", "a layer reads what is before it", option
                )
            else:
                help = self.near(name)
                if find(name.split("-")[0].rstrip("0123456789")) and not option:
                    help = f"a layer on a path is in brackets: [{name}]"
                error = LayerError("unknown_name", f"no layer is called {brief(name)}", help, option)
            self.blame(error, origin)

    # ---- faults

    def blame(self, error: LayerError, origin: Origin) -> None:
        for each in (error, *error.others):
            self.faults.append(locate(self.document, each, origin))
        if len(self.faults) >= MOST_FAULTS:
            raise SpecError(*self.faults)

    def too_many(self, origin: Origin, layers: int) -> SpecError:
        return SpecError(*self.faults, locate(self.document, _too_many(layers), origin))

    def too_deep(self, frame: Frame) -> SpecError:
        error = LayerError("too_deep", f"blocks nest more than {DEEPEST} deep", "")
        origin = frame.parent or Origin([], 0, frame)
        return SpecError(*self.faults, locate(self.document, error, origin))


def least_layers(document: Document) -> list[int]:
    """How many layers each item unfolds to at least, told without unfolding it: lists and blocks are weighed once."""
    lists: dict[int, int] = {}
    blocks: dict[str, int] = {}

    def of_block(name: str, depth: int) -> int:
        if name not in blocks:
            blocks[name] = 0  # a block that uses itself is told of when it is unfolded
            blocks[name] = of_list(document.blocks[name].layers, depth)
        return blocks[name]

    def of_list(items: Any, depth: int) -> int:
        if not isinstance(items, list | tuple) or depth > DEEPEST:
            return 0
        if id(items) not in lists:
            lists[id(items)] = 0
            lists[id(items)] = sum(of_item(item, depth + 1) for item in items)
        return lists[id(items)]

    def of_item(item: Any, depth: int) -> int:
        if isinstance(item, str):
            return of_block(item, depth) if item in document.blocks else 1
        if not isinstance(item, Mapping) or len(item) != 1:
            return 0
        ((kind, options),) = item.items()
        if kind in document.blocks:
            return of_block(kind, depth)
        given = options if isinstance(options, Mapping) else {"layers": options, "paths": options}
        if kind in ITEM_WORDS:
            times = given.get("times", 1)
            return of_list(given.get("layers"), depth) * (times if type(times) is int and times >= 0 else kind != "repeat")
        paths = given.get("paths")
        if isinstance(paths, list | tuple) and paths and isinstance(kind, str) and (cls := find(kind)) and cls.inputs == "many":
            return 1 + sum(of_list(path, depth) for path in paths)
        return 1

    return [of_item(item, 1) for item in document.layers]


def locate(document: Document, error: LayerError, origin: Origin) -> Fault:
    """The fault of a layer, at its place in the spec, with the blocks and repeats that led to it."""
    items, index, frame, offset = origin
    chain: list[str] = []
    parent: Frame | None = frame
    while parent is not None:
        if parent.label:
            used = _mark(parent.parent) if parent.parent else None
            chain.append(f"in {parent.label}" + (f", from line {used[0]}" if used else ""))
        parent = parent.parent.frame if parent.parent else None
    mark = _mark(origin)
    if mark is None:
        path = f"{frame.path}[{index}]" + (f".{error.option}" if error.option else "")
        return error.located(Place(document.source.file, path=path, chain=tuple(chain)))
    item = items[index]
    if isinstance(item, Map) and len(item) == 1:
        ((kind, options),) = item.items()
        key_first = error.fault.code.startswith("unknown_")
        if isinstance(options, Map) and error.option in options:
            mark = options.marks[error.option][0 if error.fault.code == "unknown_option" else 1]
        elif not key_first and not isinstance(options, Map) and options is not None and error.option:
            mark = item.marks[kind][1]
        elif isinstance(options, Map) and kind in item.marks:
            mark = item.marks[kind][0]
    mark = (mark[0], mark[1] + offset + error.offset)
    return error.located(
        Place(document.source.file, *mark, chain=tuple(chain)), document.source.line(mark[0])
    )


def _mark(origin: Origin) -> tuple[int, int] | None:
    marks = getattr(origin.items, "marks", None)
    return marks[origin.index] if marks is not None and origin.index < len(marks) else None


def _path(origin: Origin) -> str:
    return f"{origin.frame.path}[{origin.index}]"


def _too_many(layers: int) -> LayerError:
    return LayerError(
        "too_many_layers", f"unfolds to {layers:,} layers or more", f"at most {MOST_LAYERS:,}", "times"
    )


def _not_an_item(item: Any) -> LayerError:
    if isinstance(item, Mapping):
        if len(item) > 1:
            ((first, options), *_) = item.items()
            written = ", ".join(f"{key}: ..." for key in list(item)[1:4])
            help = f"put the options in braces: - {first}: {{{written}}}"
            return LayerError(
                "bad_item", f"an item of layers has one key, the kind; this one has {len(item)}", help
            )
        return LayerError(
            "bad_item", f"{brief(dict(item))} is not a layer", "such as - conv: {filters: 6, kernel: 5}"
        )
    if isinstance(item, list | tuple):
        return LayerError(
            "bad_item",
            "a list is not a layer",
            "paths go into add:, concat: or multiply:; others into block:",
        )
    what = "nothing stands here" if item is None else f"{brief(item)} is not a layer"
    return LayerError("bad_item", what, "such as - conv3-64 same, or - conv: {filters: 64, kernel: 3}")


def _without(options: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in keys}


def _has_reference(options: Mapping[str, Any]) -> bool:
    for value in options.values():
        if type(value) is str:
            if "$" in value:
                return True
        elif isinstance(value, list | tuple | Mapping) and "$" in repr(value):
            return True
    return False


def _frozen(kind: str, options: Mapping[str, Any]) -> Any:
    """A key for options that hold flat lists; None for others."""
    values: list[Any] = [kind]
    for name, value in options.items():
        if isinstance(value, list | tuple):
            if any(isinstance(entry, list | tuple | Mapping) for entry in value):
                return None
            values.append((name, *value, *map(type, value)))
        elif isinstance(value, Mapping):
            return None
        else:
            values.append((name, value, type(value)))
    return tuple(values)


def expand(
    document: Document, *, input: Any = None, rounding: str | None = None, layout: str | None = None
) -> tuple[Graph, list[Fault]]:
    """The graph of a document, and the faults found on the way: with any, the graph has gaps (`BROKEN` inputs)."""
    expander = Expander(document, rounding)
    graph = expander.graph(input, layout)
    return graph, expander.faults
