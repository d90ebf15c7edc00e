"""One spec analysed again and again with other values and inputs: what variants share is worked out once."""

from collections.abc import Mapping
from typing import Any

from cnncalc.analysis.counts import Known, LayerCounts, complete
from cnncalc.graph import Graph
from cnncalc.spec.document import SpecDocument, read_document
from cnncalc.spec.expand import Expansion, expand, layer_cache, with_input
from cnncalc.spec.layer_cache import LayerCache
from cnncalc.spec.source import Source

MOST_KNOWN = 20_000
"""The most layers whose counts are kept from one variant to the next."""


class SharedWork:
    """The common part of the variants of a spec: layers, their counts, and the last variant's graph."""

    def __init__(self, value: Any, source: Source) -> None:
        self._value, self._source = value, source
        self._known: Known = {}
        self._layers: dict[str, LayerCache] = {}
        self._last: tuple[Any, Expansion] | None = None

    def graph(
        self, input: Any, variables: Mapping[str, Any], rounding: str | None, layout: str | None
    ) -> tuple[Graph, list[LayerCounts]]:
        """The graph of a variant and the facts of every node, as of the spec by itself; raises SpecError."""
        if len(self._known) > MOST_KNOWN:
            self._known, self._layers, self._last = {}, {}, None
        names = tuple(input) if isinstance(input, Mapping) else ()
        key = (tuple(variables.items()), rounding, names)
        if self._last is not None and self._last[0] == key and not self._last[1].faults:
            expansion = with_input(self._last[1], input, layout)
        else:
            document = read_document(self._value, self._source, variables)
            expansion = self._expand(document, input, rounding, layout)
        self._last = (key, expansion)
        return complete(expansion, self._known)

    def _expand(
        self, document: SpecDocument, input: Any, rounding: str | None, layout: str | None
    ) -> Expansion:
        cache = self._layers.setdefault(rounding or "", layer_cache(document, rounding))
        return expand(document, input=input, rounding=rounding, layout=layout, cache=cache)
