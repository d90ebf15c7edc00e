"""Slips of connections, multiply-accumulates and bytes."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from cnncalc.homework.slips import EXTENT, LINKS, slip
from cnncalc.homework.slips.changes import is_sliding, times
from cnncalc.homework.slips.sizes import not_transposed
from cnncalc.homework.working import AnswerWorking

TRAFFIC = frozenset({"memory", "bytes_read", "bytes_written"})


@slip(TRAFFIC, 1)
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


@slip(frozenset({"accesses"}), 3, case=("conv1-128", "28x28x64", "accesses", "58496"))
def output_not_written(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Memory accesses without the writing of the output."""
    yield replace(work, quantity="bytes_read", factor=Fraction(1, work.bytes_each))


@slip(frozenset({"accesses"}), 4, case=("conv1-128", "28x28x64", "accesses", "150528"))
def weights_not_read(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Memory accesses, or bytes read, of the activations alone."""
    read, written = (replace(work, quantity=name).value() for name in ("values_read", "values_written"))
    every = work.value()
    if isinstance(read, int) and isinstance(written, int) and isinstance(every, int) and every:
        yield from times(work, Fraction(read + written, every))


@slip(frozenset({"bytes_read"}), 4, case=("conv1-128", "28x28x64", "bytes_read", "200704"))
def inputs_alone_read(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The bytes of the input alone: the weights are read too."""
    yield replace(work, quantity="values_read", factor=work.bytes_each)


@slip(frozenset({"accesses"}), 5, case=("conv1-128", "28x28x64", "accesses", "635392"))
def bytes_for_accesses(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """Bytes for values."""
    yield from times(work, work.bytes_each)


@slip(frozenset({"intensity"}), 5, case=("conv1-2 nobias", "1x1x2", "intensity", "1/8"))
def macs_for_each_byte(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """MACs for FLOPs in an arithmetic intensity."""
    yield from times(work, Fraction(1, 2))


@slip(frozenset({"intensity"}), 6, case=("conv1-2 nobias", "1x1x2", "intensity", "1"))
def values_for_each_byte(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """FLOPs for each value that moves, and not for each byte."""
    yield from times(work, work.bytes_each)


@slip(
    frozenset({"training_macs", "backward_input_macs"}),
    5,
    case=("conv5-6", "32x32x3", "training_macs", "1058400"),
)
def gradient_of_the_data(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The gradient of the input counted where nobody wants that: the network's input is data."""
    yield replace(work, quantity="macs", factor=3 if work.quantity == "training_macs" else 1)


@slip(frozenset({"training_macs"}), 6, case=("conv5-6", "32x32x3", "training_macs", "352800"))
def forward_alone(work: AnswerWorking) -> Iterator[AnswerWorking]:
    """The forward pass alone."""
    yield replace(work, quantity="macs")
