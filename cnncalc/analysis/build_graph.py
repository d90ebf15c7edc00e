"""A spec's document -> its graph and the facts of every layer."""

from __future__ import annotations

import gc
from typing import Any

from cnncalc.analysis.counts import Facts, complete
from cnncalc.errors import unknown_choice
from cnncalc.graph import Graph
from cnncalc.layers.support.sliding import ROUNDINGS
from cnncalc.spec.document import Document
from cnncalc.spec.expand import expand, locate


def build_graph(
    document: Document, *, input: Any = None, rounding: str | None = None, layout: str | None = None
) -> tuple[Graph, list[Facts]]:
    """The layers in order and what is known of each; raises SpecError with every fault of the spec.

    `input` takes the place of the spec's own, and is written in `layout`, else in the spec's; so does
    `rounding`. Raises UsageError for a rounding that can't be.
    """
    if rounding is not None and rounding not in ROUNDINGS:
        raise unknown_choice(rounding, "a rounding", ROUNDINGS)
    collecting = gc.isenabled()
    # what is made here is kept: to look it over for cycles, again and again, takes longer than to make it
    gc.disable()
    try:
        graph, faults = expand(document, input=input, rounding=rounding, layout=layout)
        return graph, complete(graph, lambda error, node: locate(document, error, node.origin), faults)
    finally:
        if collecting:
            gc.enable()
