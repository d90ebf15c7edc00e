"""A sweep over the variants of ResNet-50, against the same variants loaded and analysed one by one."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

from timing import by_turns, ratio, verdict

import cnncalc
from cnncalc.quantity import QUANTITIES
from cnncalc.solve import Measured, measured

WIDTHS = [number / 20 for number in range(5, 15)]
INPUTS = [f"{side}x{side}x3" for side in range(64, 224, 16)]
ROUNDS = 5
THOUSAND = {"width": [number / 40 for number in range(10, 50)]}
WANTED = [QUANTITIES[name] for name in ("params", "macs", "memory.running")]


def swept(widths: Mapping[str, list[float]], inputs: list[str]) -> list[Measured]:
    """The numbers of every combination."""
    return list(measured(cnncalc.load("resnet50").sweep(widths, inputs), WANTED))


def sweep() -> float:
    """Seconds of a sweep over 100 variants."""
    start = perf_counter()
    swept({"width": WIDTHS}, INPUTS)
    return perf_counter() - start


def alone() -> float:
    """Seconds of the same variants, each loaded and analysed by itself."""
    start = perf_counter()
    for width in WIDTHS:
        for input in INPUTS:
            totals = cnncalc.load("resnet50", input=input, variables={"width": width}).analyze().totals
            for quantity in WANTED:
                totals.value(quantity)
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    found = by_turns({"sweep": sweep, "alone": alone}, ROUNDS)
    verdict("a sweep over 100 variants, times each by itself", ratio(found["sweep"], found["alone"]), 0.4)
    start = perf_counter()
    count = len(swept(THOUSAND, [f"{side}x{side}x3" for side in range(64, 264, 8)]))
    print(f"{count:,} variants of ResNet-50: {perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
