"""About how many layers a spec unfolds to, found without unfolding: a bomb is refused at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.layers import find
from cnncalc.spec.document import ITEM_WORDS, SpecDocument
from cnncalc.spec.expressions import is_reference
from cnncalc.spec.item_options import main_option
from cnncalc.spec.source import DEEPEST

MOST_LAYERS = 2_000_000
"""The most layers that a spec may unfold to."""

Count = dict[str, int]
"""A number of layers that depends on the lists which a block is given: 3 + 2*|x| is {"": 3, "x": 2}."""
_CAP = 10**12
"""More layers are as many too many: numbers stay short."""


def too_many(layers: int) -> LayerError:
    """The error for more than MOST_LAYERS."""
    message = f"unfolds to {layers:,} layers or more"
    return LayerError("too_many_layers", message, f"at most {MOST_LAYERS:,}", "times")


class LayerBound:
    """Bounds the layers of a document's items. A list or block is bounded once, however often it is used.

    What `$n` is, only unfolding says: a repeat of `$n` rounds counts as one round, an item of kind `$k`
    as the lists that the item is given.
    """

    def __init__(self, document: SpecDocument) -> None:
        self._blocks = document.blocks
        self._single: set[Any] = set()
        """The kinds met so far that are one layer wherever they stand."""
        self._known: dict[int | str, Count] = {}

    def item(self, item: Any) -> int:
        """The layers of an item at the top of the document."""
        # the short way of the many items that are one layer
        if isinstance(item, dict) and len(item) == 1 and next(iter(item)) in self._single:
            return 1
        return self._item(item, 0).get("", 0)

    def _item(self, item: Any, depth: int) -> Count:
        if isinstance(item, str):
            if item in self._blocks:
                return self._use(item, None, depth)
            return {item[1:]: 1} if is_reference(item) else {"": 1}
        if isinstance(item, list | tuple):
            return self._list(item, depth)
        if not isinstance(item, dict | Mapping) or len(item) != 1:
            return {}
        ((kind, options),) = item.items()
        return {"": 1} if kind in self._single else self._one_key(kind, options, depth)

    def _one_key(self, kind: Any, options: Any, depth: int) -> Count:
        if kind in self._blocks:
            return self._use(kind, options, depth)
        if kind in ITEM_WORDS:
            return self._group(kind, options, depth)
        if isinstance(kind, str) and "$" in kind:
            lists = options.values() if isinstance(options, Mapping) else [options]
            return _sum((self._list(each, depth), 1) for each in lists)
        cls = find(kind) if isinstance(kind, str) else None
        if cls is None or cls.inputs != "many":
            self._single.add(kind)
            return {"": 1}
        paths = options.get("paths") if isinstance(options, Mapping) else options
        if not isinstance(paths, list | tuple):
            return _sum([({"": 1}, 1), (self._list(paths, depth), 1)])
        # a path that is a text names a layer
        lists = [path for path in paths if not isinstance(path, str) or is_reference(path)]
        return _sum([({"": 1}, 1), *((self._list(path, depth), 1) for path in lists)])

    def _group(self, word: str, options: Any, depth: int) -> Count:
        if not isinstance(options, Mapping):
            return self._list(options, depth)
        times = options.get("times") if word == "repeat" else 1
        rounds = times if type(times) is int else isinstance(times, str)
        return _sum([(self._list(options.get("layers"), depth), rounds)]) if rounds > 0 else {}

    def _use(self, name: str, options: Any, depth: int) -> Count:
        """A block with the lists that it is given put in."""
        block = self._blocks[name]
        if name not in self._known:
            self._known[name] = {}  # a block that uses itself is told of when it is unfolded
            self._known[name] = self._list(block.layers, depth)
        given = {**block.options, **(options if isinstance(options, Mapping) else {})}
        if isinstance(options, list | tuple | str) and (alone := main_option(block.options)):
            given[alone] = options
        return _sum(
            ({"": 1}, times) if not option else (self._list(given.get(option), depth), times)
            for option, times in self._known[name].items()
        )

    def _list(self, items: Any, depth: int) -> Count:
        if isinstance(items, str):
            return self._item(items, depth)
        if not isinstance(items, list | tuple) or depth > DEEPEST:
            return {}
        if id(items) not in self._known:
            self._known[id(items)] = {}
            self._known[id(items)] = _sum((self._item(item, depth + 1), 1) for item in items)
        return self._known[id(items)]


def _sum(counts: Iterable[tuple[Count, int]]) -> Count:
    """The sum of counts, each taken a number of times."""
    total: Count = {}
    for count, times in counts:
        for option, number in count.items():
            total[option] = min(total.get(option, 0) + number * times, _CAP)
    return total
