"""The pixels of the input that each output of a layer sees, as the page draws them."""

from collections.abc import Sequence
from typing import Any

from cnncalc.analysis.receptive_field import Field
from cnncalc.analysis.rows import LayerReport
from cnncalc.graph import Graph


def field_of(row: LayerReport, sources: Sequence[frozenset[int]]) -> list[dict[str, Any]] | None:
    """For each axis of a layer's output how many outputs there are, and what each sees; None without any.

    Output o sees from the first to the last pixel of `spans[o % len(spans)]`, all the further on by `jump`, a
    numerator and a denominator, for each output since o % len(spans). `pixels` is the input's own size, None
    where inputs of different sizes lead to the layer. Where the field holds for the first output alone,
    `outputs` is 1, and `others` says whether there are more. `sources` are the inputs that
    lead to each layer.
    """
    view, shape = row.view, row.facts.output[:-1]
    if view.fields is None or view.blind or len(shape) != len(view.fields):
        return None
    sizes = {row.report.graph.inputs[number].shape for number in sources[row.index]}
    pixels: Sequence[int | None] = [None] * len(shape)
    if len(sizes) == 1:
        (size,) = sizes
        # the values of a vector may be positions themselves, such as tokens
        pixels = next((each for each in (size[:-1], size) if len(each) == len(shape)), pixels)
    return [
        _axis(field, outputs, size, view.uneven)
        for field, outputs, size in zip(view.fields, shape, pixels, strict=True)
    ]


def _axis(field: Field, outputs: int, pixels: int | None, uneven: bool) -> dict[str, Any]:
    spans = [field.seen(output) for output in range(len(field.output_spans) or 1)]
    return {
        "spans": [span and [int(end) for end in span] for span in spans],
        "jump": [int(field.jump.numerator), int(field.jump.denominator)],
        "outputs": 1 if uneven else int(outputs),
        "others": uneven and outputs > 1,
        "pixels": pixels,
    }


def sources_of(graph: Graph) -> list[frozenset[int]]:
    """The numbers of the inputs that lead to each layer."""
    found = [frozenset([number]) for number in range(len(graph.inputs))]
    for node in graph.nodes:
        found.append(frozenset().union(*(found[number] for number in node.inputs)))
    return found[len(graph.inputs) :]
