"""The energy of a network's operations and of its traffic, by published figures for a technology of 45 nm.

Sources: Horowitz, Computing's energy problem (and what we can do about it), ISSCC 2014, for the operations;
Han et al., Learning both Weights and Connections for Efficient Neural Networks (2015), table 1, for 32 bits
from or to DRAM.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from cnncalc.analysis.bounds import amounts
from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError

PICOJOULES = {"float32": (3.7, 0.9), "float16": (1.1, 0.4), "int8": (0.2, 0.1)}
"""Type of values -> pJ of a multiplication and of an addition; products of int8 are added up in 32 bits."""
OF_A_BYTE = 640 / 4
"""pJ of a byte that is read from DRAM or written there."""


class Energy(NamedTuple):
    """The picojoules of some layers: of their multiply-accumulates and of their traffic."""

    operations: float
    traffic: float

    @property
    def total(self) -> float:
        return self.operations + self.traffic

    def to_dict(self) -> dict[str, Any]:
        return {"operations_pj": self.operations, "traffic_pj": self.traffic, "total_pj": self.total}


class Energies:
    """The energy of a report's layers, for the report's batch and type of values."""

    def __init__(self, report: Report) -> None:
        if report.letters:
            raise UsageError("an energy is of a network at one size of its input")
        dtype = report.settings.dtype
        if dtype not in PICOJOULES:
            known = ", ".join(PICOJOULES)
            raise UsageError(f"no energy is published for {dtype} here", f"known: {known}", "unknown_choice")
        self.report = report
        self.of_a_mac = sum(PICOJOULES[dtype])

    def of(self, span: Iterable[int]) -> Energy:
        """The energy of some layers, by their numbers."""
        operations, moved = 0, 0
        for index in span:
            of_layer = amounts(self.report.facts[index], self.report.settings.batch, self.report.bytes_each)
            operations, moved = operations + of_layer[0], moved + of_layer[1]
        return Energy(operations // 2 * self.of_a_mac, moved * OF_A_BYTE)

    def to_dict(self) -> dict[str, Any]:
        """The energies as data."""
        names = (node.name for node in self.report.graph.nodes)
        return {
            "pj_per_mac": self.of_a_mac,
            "pj_per_byte": OF_A_BYTE,
            "layers": {name: self.of([index]).to_dict() for index, name in enumerate(names)},
            "total": self.of(range(len(self.report.facts))).to_dict(),
        }
