"""Slips of layers that read one vector."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.homework.slips import ALL, slip
from cnncalc.homework.slips.changes import as_kind, on_inputs
from cnncalc.homework.working import AnswerWorking


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
