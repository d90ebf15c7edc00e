"""The shapes that a model's file records, held to those that the layers' rules give."""

from collections.abc import Sequence

from cnncalc.analysis.counts import LayerCounts
from cnncalc.errors import Fault, Place, SpecError
from cnncalc.graph import Graph
from cnncalc.interop.inputs import written
from cnncalc.interop.model import Model, Reading
from cnncalc.spec.source import MOST_FAULTS


def check_shapes(reading: Reading, graph: Graph, facts: Sequence[LayerCounts], model: Model) -> None:
    """Raises SpecError for every layer whose output differs from the recorded shape, with both shapes."""
    faults = []
    for node, fact in zip(graph.nodes, facts, strict=True):
        recorded = reading.shapes.get(node.name)
        if recorded is not None and recorded != fact.output:
            message = f"{node.name} puts out {written(fact.output)}, and the file records {written(recorded)}"
            origin = reading.origins.get(node.name)
            help = ", ".join(origin) if origin else ""
            faults.append(Fault("shape_differs", message, help, Place(model.file, path=node.name)))
    if faults:
        raise SpecError(*faults[:MOST_FAULTS])
