"""Slips of poolings."""

from collections.abc import Iterator
from dataclasses import replace

from cnncalc.homework.slips import EXTENT, PARAMS, slip
from cnncalc.homework.slips.changes import as_kind, has_kernel, on_inputs, with_options
from cnncalc.homework.working import AnswerWorking


def _learns(work: AnswerWorking) -> bool:
    return bool(work.layer.weights(*work.inputs))


@slip(PARAMS, 6)
def pooling_has_weights(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Parameters given to a pooling."""
    if work.layer.pools and has_kernel(work) and not _learns(work):
        (x,) = work.inputs
        yield from as_kind(work, "conv", filters=x[-1])
        yield from as_kind(work, "depthwise_conv")
        for one in as_kind(work, "conv", filters=1):
            yield from on_inputs(one, (*x[:-1], 1))


@slip(PARAMS, 7)
def pooled_inputs_as_weights(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A subsampling's pooled inputs counted as weights."""
    if work.layer.pools and has_kernel(work) and _learns(work):
        yield from as_kind(work, "depthwise_conv")


@slip(EXTENT, 23)
def pooling_changes_channels(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Channels changed by a pooling."""
    if work.layer.pools and has_kernel(work):
        (x,) = work.inputs
        kernel = work.layer.geometry(x)[0].kernel
        if x[-1] % kernel == 0:
            yield from on_inputs(work, (*x[:-1], x[-1] // kernel))


@slip(frozenset({"connections"}), 32)
def no_window(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A pooling's window left out of its connections."""
    if work.layer.pools and has_kernel(work):
        placed = replace(work, positions=work.positions or work.layer.output(*work.inputs)[:-1])
        yield from with_options(placed, kernel=1, stride=1, padding=0)
    elif work.layer.pools and work.layer.reads_all:
        (x,) = work.inputs
        yield from on_inputs(work, ((*(1,) * (len(x) - 1), x[-1])))
