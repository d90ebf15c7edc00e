"""The least time that a device allows for the layers of a network: the roofline.

Source: Williams, Waterman, Patterson, Roofline: An Insightful Visual Performance Model for Multicore
Architectures (2009).
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from cnncalc.analysis.counts import LayerCounts
from cnncalc.analysis.devices import Device
from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError
from cnncalc.expr import product
from cnncalc.quantity import Limit, Quantity


class Bound(NamedTuple):
    """The least seconds for some layers: of their operations at the peak, of their bytes at the bandwidth.

    A layer takes at least the larger of both, several layers one after another the sum.
    """

    operations: int
    moved: int
    """Bytes."""
    compute: float
    memory: float
    least: float

    @property
    def limited_by(self) -> str:
        """The resource that the device waits for, compute or memory; "" where there is nothing to do."""
        return "" if not self.least else "compute" if self.compute >= self.memory else "memory"

    @property
    def share_of_peak(self) -> float:
        """The largest part of the peak that can be reached: the operations' time over the least time."""
        return self.compute / self.least if self.least else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "flops": self.operations,
            "bytes": self.moved,
            "compute_seconds": self.compute,
            "memory_seconds": self.memory,
            "least_seconds": self.least,
            "limited_by": self.limited_by or None,
            "share_of_peak": self.share_of_peak,
        }


def together(bounds: Iterable[Bound]) -> Bound:
    """The bound of layers that run one after another."""
    every = list(bounds)
    return (
        Bound(*(sum(column) for column in zip(*every, strict=True))) if every else Bound(0, 0, 0.0, 0.0, 0.0)
    )


def amounts(facts: Any, batch: Any, bytes_each: int) -> tuple[Any, Any]:
    """The operations of a layer, and the bytes that it moves: of numbers, or of letters for explanations.

    The inputs of every sample are read from memory and its outputs written there, the weights read once.
    """
    values = (facts.values_read + facts.values_written) * batch + facts.weights_read
    return 2 * facts.macs * batch, values * bytes_each


def least_time(device: Device) -> Quantity:
    """The least seconds that a device allows for a network, layer by layer, as a quantity of networks."""
    return Quantity(
        "least_time",
        f"of a network: the least seconds on {device.name}, layer by layer",
        unit="seconds",
        of=lambda totals: Bounds(totals.report, device).total.least,
        key="",
        letters=False,
        limit=Limit("time", "time", "seconds at least"),
    )


class Bounds:
    """The bounds of a report's layers on a device, for the report's batch and type of values."""

    def __init__(self, report: Report, device: Device) -> None:
        if report.letters:
            raise UsageError("a bound is of a network at one size of its input")
        self.report, self.device = report, device
        self.peak = device.operations(report.settings.dtype)
        self._known: dict[LayerCounts, Bound] = {}

    def _of(self, operations: int, moved: int) -> Bound:
        compute = operations / self.peak
        memory = moved / self.device.bandwidth(moved)
        return Bound(operations, moved, compute, memory, max(compute, memory))

    def of_layer(self, index: int) -> Bound:
        """The bound of a layer: its inputs and weights are read from memory, its output is written there."""
        facts, report = self.report.facts[index], self.report
        if facts not in self._known:
            self._known[facts] = self._of(*amounts(facts, report.settings.batch, report.bytes_each))
        return self._known[facts]

    def of(self, span: Iterable[int]) -> Bound:
        """The bound of some layers, by their numbers, one after another."""
        return together(map(self.of_layer, span))

    @cached_property
    def total(self) -> Bound:
        """The bound of the network, layer by layer."""
        return self.of(range(len(self.report.facts)))

    @cached_property
    def fused(self) -> Bound:
        """The bound of any way to run the network: its inputs, weights and outputs alone are moved."""
        report = self.report
        graph, batch = report.graph, report.settings.batch
        read = [0] * len(graph.inputs)
        for node, facts in zip(graph.nodes, report.facts, strict=True):
            for number in set(node.inputs):
                if number < len(read):
                    read[number] += facts.values_read
        inputs = sum(min(n, product(source.shape)) for n, source in zip(read, graph.inputs, strict=True))
        first = len(graph.inputs)
        outputs = sum(
            report.facts[number - first].activation_size for number in set(graph.outputs) if number >= first
        )
        weights = sum(
            facts.weights_read
            for node, facts in zip(graph.nodes, report.facts, strict=True)
            if node.shared is None
        )
        values = (inputs + outputs) * batch + weights
        return self._of(2 * report.totals.macs, values * report.bytes_each)

    def bottlenecks(self, most: int = 3) -> list[tuple[int, int, float]]:
        """The layers with most of the time, equal ones together: number, count, share."""
        alike: dict[LayerCounts, list[int]] = {}
        for index, facts in enumerate(self.report.facts):
            alike.setdefault(facts, []).append(index)
        shares = [
            (each[0], len(each), self.of(each).least / self.total.least)
            for each in alike.values()
            if self.of_layer(each[0]).least
        ]
        return sorted(shares, key=lambda share: -share[2])[:most]

    @property
    def waiting(self) -> float:
        """The part of the least time that goes to layers which wait for memory."""
        waits = (bound.least for bound in self._each() if bound.limited_by == "memory")
        return sum(waits) / self.total.least if self.total.least else 0.0

    def _each(self) -> Iterator[Bound]:
        return map(self.of_layer, range(len(self.report.facts)))

    def to_dict(self) -> dict[str, Any]:
        """The bounds as data: of each layer by its name, and both of the network."""
        return {
            "device": self.device.to_dict(),
            "layers": {
                node.name: bound.to_dict()
                for node, bound in zip(self.report.graph.nodes, self._each(), strict=True)
            },
            "total": self.total.to_dict(),
            "fused": self.fused.to_dict(),
        }
