"""A lower bound on the layers that a spec unfolds to, found without unfolding: it refuses a bomb at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.errors import LayerError
from cnncalc.layers import find
from cnncalc.spec.document import ITEM_WORDS, SpecDocument
from cnncalc.spec.source import DEEPEST

MOST_LAYERS = 2_000_000
"""The most layers that a spec may unfold to."""


def too_many(layers: int) -> LayerError:
    """The error for more than MOST_LAYERS."""
    message = f"unfolds to {layers:,} layers or more"
    return LayerError("too_many_layers", message, f"at most {MOST_LAYERS:,}", "times")


class LayerBound:
    """Bounds the layers of a document's items. A list or block is bounded once, however often it is used."""

    def __init__(self, document: SpecDocument) -> None:
        self._blocks = document.blocks
        self._single: set[Any] = set()
        """The kinds met so far that are one layer wherever they stand."""
        self._known: dict[int | str, int] = {}

    def item(self, item: Any, depth: int = 0) -> int:
        """A lower bound on the layers of an item; a repeat of `$n` rounds counts as none."""
        if isinstance(item, str):
            return self._block(item, depth) if item in self._blocks else 1
        if not isinstance(item, dict | Mapping) or len(item) != 1:
            return 0
        ((kind, options),) = item.items()
        return 1 if kind in self._single else self._one_key(kind, options, depth)

    def _one_key(self, kind: Any, options: Any, depth: int) -> int:
        if kind in self._blocks:
            return self._block(kind, depth)
        if kind in ITEM_WORDS:
            return self._group(kind, options, depth)
        cls = find(kind) if isinstance(kind, str) else None
        if cls is None or cls.inputs != "many":
            self._single.add(kind)
            return 1
        paths = options.get("paths") if isinstance(options, Mapping) else options
        return 1 + sum(self._list(path, depth) for path in paths) if isinstance(paths, list | tuple) else 1

    def _group(self, word: str, options: Any, depth: int) -> int:
        if not isinstance(options, Mapping):
            return self._list(options, depth)
        layers = self._list(options.get("layers"), depth)
        if word != "repeat":
            return layers
        times = options.get("times")
        return layers * times if type(times) is int and times > 0 else 0

    def _block(self, name: str, depth: int) -> int:
        if name not in self._known:
            self._known[name] = 0  # a block that uses itself is told of when it is unfolded
            self._known[name] = self._list(self._blocks[name].layers, depth)
        return self._known[name]

    def _list(self, items: Any, depth: int) -> int:
        if not isinstance(items, list | tuple) or depth > DEEPEST:
            return 0
        if id(items) not in self._known:
            self._known[id(items)] = 0
            self._known[id(items)] = sum(self.item(item, depth + 1) for item in items)
        return self._known[id(items)]
