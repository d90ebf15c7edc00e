"""Slips of connections, multiply-accumulates and bytes."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from cnncalc.homework.slips import EXTENT, LINKS, slip
from cnncalc.homework.slips.changes import is_sliding, times
from cnncalc.homework.slips.sizes import not_transposed
from cnncalc.homework.working import AnswerWorking


@slip(frozenset({"memory"}), 1)
def units_of_bytes(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Values for bytes, or KiB for KB."""
    yield from times(work, Fraction(1, work.bytes_each))
    yield from times(work, *(Fraction(1000, 1024) ** power for power in (1, 2, 3, -1, -2, -3)))


@slip(frozenset({"macs"}), 4)
def flops_for_macs(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A factor of 2."""
    yield from times(work, 2)


@slip(frozenset({"flops"}), 5)
def macs_for_flops(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A factor of 2."""
    yield from times(work, Fraction(1, 2))


@slip(EXTENT, 14)
def input_not_output(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The input's height and width where the output's belong."""
    if is_sliding(work) and (positions := work.inputs[0][:-1]):
        yield replace(work, positions=positions)


@slip(LINKS, 15)
def no_positions(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Parameters given for connections or MACs."""
    if is_sliding(work):
        yield replace(work, positions=(1,) * (len(work.inputs[0]) - 1))
    yield replace(work, quantity="params", factor=work.factor * (2 if work.quantity == "flops" else 1))


@slip(LINKS, 31)
def output_not_input(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """A transposed convolution's work counted at its output."""
    for forward in not_transposed(work):
        yield replace(forward, positions=work.layer.output(*work.inputs)[:-1])


@slip(frozenset({"macs", "flops"}), 33, same_as="no_positions")
def bias_in_macs(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Biases counted among the MACs."""
    if work.layer.bias:
        factor = work.factor * (2 if work.quantity == "flops" else 1)
        yield replace(work, quantity="connections", factor=factor)


@slip(frozenset({"flops"}), 46, case=("conv5-6", "32x32x3", "flops", "710304"))
def flops_with_bias(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Adding the biases counted among the FLOPs."""
    if work.layer.bias:
        macs, links = (replace(work, quantity=name).value() for name in ("macs", "connections"))
        if isinstance(macs, int) and isinstance(links, int) and macs:
            yield from times(work, Fraction(macs + links, 2 * macs))
