"""Slips of layers that read one vector."""

from collections.abc import Iterator

from cnncalc.expr import product
from cnncalc.homework.slips import ALL, PARAMS, slip
from cnncalc.homework.slips.changes import as_kind, on_inputs, with_arrays
from cnncalc.homework.working import AnswerWorking
from cnncalc.layers.support.base import Weight


@slip(ALL, 18)
def no_spatial(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The channels alone entered the dense layer."""
    if work.layer.flattens:
        yield from on_inputs(work, work.inputs[0][-1:])


@slip(ALL, 19, same_as="no_spatial")
def no_flatten(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The positions kept where a dense layer reads one vector."""
    if work.layer.flattens and len(work.inputs[0]) > 1:
        if work.layer.reshapes:
            yield from as_kind(work, "relu")
        elif work.layer.bias is not None:
            yield from as_kind(work, "conv", kernel=1, filters=work.layer.units_made)


@slip(ALL, 44, case=("fc-120", "5x5x16", "params", "192120"))
def before_pooling(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The map as it was before a pooling by 2 entered the dense layer."""
    if work.layer.flattens and len(work.inputs[0]) > 1:
        *positions, channels = work.inputs[0]
        for more in (0, 1):
            yield from on_inputs(work, (*(2 * size + more for size in positions), channels))


@slip(PARAMS, 45, case=("fc-120", "5x5x16", "params", "520"))
def added_not_multiplied(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Inputs and units added in place of multiplied."""
    units = work.layer.units_made
    if work.layer.flattens and units:
        total = product(work.inputs[0]) + units
        yield from with_arrays(work, lambda _: {"weight": Weight((total,))})
