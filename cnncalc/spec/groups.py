"""The items that hold layers in a scope of their own: block, head, repeat, and blocks of the author's own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.errors import FOLLOWS, LayerError
from cnncalc.graph import Node
from cnncalc.spec.document import SpecDocument
from cnncalc.spec.item_options import block_options, group_options, repeat_rounds, repeat_times
from cnncalc.spec.layer_bound import MOST_LAYERS, too_many
from cnncalc.spec.location import ItemFaultLog, ItemLocation, ListFrame
from cnncalc.spec.names import FAILED, UNFINISHED, Names, Scope, Target
from cnncalc.spec.values import Captured, Values, argument, put_in

AddItems = Callable[[Sequence[Any], Scope, Target, ListFrame], Target]
"""Unfolds a list of items in a scope, from a first input on; gives the last layer's number."""


class Groups:
    """The groups of one document: `ends` and `kinds` are those of Graph, `heads` the ends of its heads."""

    def __init__(
        self,
        document: SpecDocument,
        names: Names,
        log: ItemFaultLog,
        nodes: Sequence[Node],
        add_items: AddItems,
    ) -> None:
        self.document, self.names, self.log, self.nodes, self.add_items = (
            document,
            names,
            log,
            nodes,
            add_items,
        )
        self.ends: dict[str, int] = {}
        self.kinds: dict[str, str] = {}
        self.heads: list[Target] = []
        self._blocks_in_use: list[str] = []
        self._rounds = 1
        """How often the repeats around the present item repeat it, all together."""

    def of_word(self, word: str, options: Any, scope: Scope, at: Target, location: ItemLocation) -> Target:
        """The item that begins with `block`, `head` or `repeat`."""
        given = group_options(word, options, scope.values)
        if word == "repeat":
            return self._repeat(given, scope, at, location)
        full, start = self._begin(word, given, scope, at, location)
        end = self._body(given["layers"], full, scope.values, start, location, f"{word} {full}")
        self.end(full, end, word)
        if word == "block":
            return end
        if end == start and end is not FAILED:
            raise LayerError("empty_head", "a head needs layers", "such as head: {layers: [fc-10]}")
        self.heads.append(end)
        return at

    def end(self, full: str, at: Target, kind: str) -> Target:
        """Ends a group, whose output is its last layer's. `kind` is the group's word in the spec."""
        self.names.targets[full] = at
        self.kinds[full] = kind
        if isinstance(at, int):
            self.ends[full] = at
        return at

    def captured(
        self,
        given: Captured,
        prefix: str,
        values: Values,
        at: Target,
        frame: ListFrame,
        counts: dict[str, int] | None = None,
    ) -> Target:
        """A list handed to a block: with the values of where the list was written, and the index of here."""
        index = {"index": values["index"]} if "index" in values else {}
        in_use, self._blocks_in_use = self._blocks_in_use, list(given.blocks_in_use)
        at = self.add_items(given.items, Scope(prefix, {**given.values, **index}, counts), at, frame)
        self._blocks_in_use = in_use
        return at

    def use(self, name: str, options: Any, scope: Scope, at: Target, location: ItemLocation) -> Target:
        """A block of the author's own, used like a kind."""
        block, in_use = self.document.blocks[name], self._blocks_in_use
        if block.failed:
            raise LayerError(FOLLOWS, "")
        if name in in_use:
            chain = " -> ".join([*in_use[in_use.index(name) :], name])
            message = f"block {name} uses itself: {chain}"
            raise LayerError("recursive_block", message, "a block must end: use repeat")
        given = block_options(name, block.options, options)
        full, at = self._begin(name, given, scope, at, location)
        values: dict[str, Any] = dict(self.document.variables)
        for option, value in given.items():
            if option not in ("name", "from"):
                values[option] = argument(value, scope.values, option, in_use)
        for option, default in block.options.items():
            if option not in given:
                values[option] = argument(default, values, option, in_use)
        in_use.append(name)
        frame = ListFrame(location, f"block {name}, as {full}", f"blocks.{name}.layers")
        at = self.add_items(block.layers, Scope(f"{full}.", values), at, frame)
        in_use.pop()
        return self.end(full, at, name)

    def _repeat(self, options: Mapping[str, Any], scope: Scope, at: Target, location: ItemLocation) -> Target:
        try:
            times = repeat_times(options, scope.values)
        except LayerError as error:
            # the faults of the repeated layers are told all the same: they are unfolded once
            self.log.refuse(error, location)
            times, at = 1, FAILED
        first, scoped = repeat_rounds(options, scope.values)
        if scoped:
            full, at = self._begin("repeat", options, scope, at, location)
        else:
            full, at = "", self._start("repeat", options, scope, at, location)
        layers = options["layers"]
        if self._rounds * times > MOST_LAYERS:
            raise too_many(self._rounds * times)
        self._rounds *= max(times, 1)
        for index in range(first, first + times if layers else first):
            before, values = len(self.nodes), {**scope.values, "index": index}
            if scoped:
                name = f"{full}.{index}"
                at = self._body(layers, name, values, at, location, f"round {index} of {full}")
                self.end(name, at, "round")
            else:
                inner = Scope(scope.prefix, values, scope.counts)
                at = self._listed(layers, inner, at, location, f"round {index} of a repeat")
            if index == first and (expected := before + (len(self.nodes) - before) * times) > MOST_LAYERS:
                raise self.log.fatal(too_many(expected), location)
            if at is FAILED:
                if scoped:
                    self.names.fail_group(full)
                break  # the other rounds would only say the same
        self._rounds //= max(times, 1)
        return self.end(full, at, "repeat") if scoped else at

    def _begin(
        self, word: str, options: Mapping[str, Any], scope: Scope, at: Target, location: ItemLocation
    ) -> tuple[str, Target]:
        """The full name of a group, and where the group starts."""
        at = self._start(word, options, scope, at, location)
        full = self.names.new(word, put_in(options.get("name"), scope.values, "name"), scope)
        self.names.targets[full] = UNFINISHED
        self.names.starts[f"{full}."] = at
        return full, at

    def _start(
        self, word: str, options: Mapping[str, Any], scope: Scope, at: Target, location: ItemLocation
    ) -> Target:
        """The target that the first layer of a group reads."""
        source = options.get("from")
        return at if source is None else self.names.one_source(source, scope, location, word)

    def _body(
        self, layers: Any, full: str, values: Values, at: Target, location: ItemLocation, label: str
    ) -> Target:
        """Unfolds the layers of a group in a scope of its own."""
        self.names.starts[f"{full}."] = at
        return self._listed(layers, Scope(f"{full}.", values), at, location, label)

    def _listed(self, layers: Any, scope: Scope, at: Target, location: ItemLocation, label: str) -> Target:
        """Unfolds the layers of a group in a scope."""
        frame = ListFrame(location, label, f"{location.path}.layers")
        if isinstance(layers, Captured):
            return self.captured(layers, scope.prefix, scope.values, at, frame, scope.counts)
        return self.add_items(layers, scope, at, frame)
