"""Paired measurements: all candidates by turns in one run, so that what disturbs one disturbs the others."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable, Mapping
from time import perf_counter


def by_turns(candidates: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each candidate measured in each round, after a round that doesn't count."""
    for measure in candidates.values():
        measure()
    measured: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, measure in candidates.items():
            measured[name].append(measure())
    return measured


def process(*command: str) -> Callable[[], float]:
    """How long a command takes, in seconds; its output is read as a pipe would."""

    def measure() -> float:
        start = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return perf_counter() - start

    return measure


def ratio(measured: list[float], base: list[float]) -> float:
    """The median of the ratios of each round."""
    return statistics.median(one / other for one, other in zip(measured, base, strict=True))


def verdict(what: str, value: float, bar: float, *, at_least: bool = False, unit: str = "") -> bool:
    """Print a figure beside its bar."""
    held = value >= bar if at_least else value <= bar
    sign = ">=" if at_least else "<="
    print(f"{'pass' if held else 'FAIL'}  {what:<64} {value:9.3g}{unit} {sign} {bar:g}{unit}", flush=True)
    return held
