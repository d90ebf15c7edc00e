"""Load and analysis of long specs, given as a mapping, against reading the same spec as YAML text."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from itertools import pairwise
from time import perf_counter

from timing import by_turns, ratio, verdict

LENGTHS = (1_000, 10_000, 100_000)
ROUNDS = 5
MILLION = {"input": [14, 14, 64], "layers": [{"repeat": {"times": 250_000, "layers": [
    {"conv": {"filters": 64, "kernel": 3, "padding": 1}}, "batch_norm", "relu", {"dropout": 0.1},
]}}]}  # fmt: skip


def load(length: int) -> float:
    """Seconds from the mapping to its totals."""
    from flat import chain

    import cnncalc

    cnncalc.load(chain(10)).analyze()  # loads the modules that it takes
    spec = chain(length)
    start = perf_counter()
    cnncalc.load(spec).analyze().totals.to_dict()
    return perf_counter() - start


def read(length: int) -> float:
    """Seconds from the text to the mapping, by libyaml."""
    import yaml
    from flat import chain

    text = yaml.dump(chain(length), Dumper=yaml.CSafeDumper, sort_keys=False)
    start = perf_counter()
    yaml.load(text, Loader=yaml.CSafeLoader)
    return perf_counter() - start


def million() -> float:
    """Peak memory in GB of a process that loads and analyses a million layers."""
    import cnncalc

    report = cnncalc.load(MILLION).analyze()
    assert len(report.layers) == 1_000_000
    assert report.totals.params
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def apart(what: str, length: int = 0) -> float:
    """One of the functions above in a process of its own, whose memory holds nothing else."""
    command = [sys.executable, __file__, what, str(length)]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def main() -> None:
    """Measure and print."""
    candidates = {
        f"{what} {length}": lambda what=what, length=length: apart(what, length)
        for length in LENGTHS
        for what in ("load", "read")
    }
    measured = by_turns(candidates, ROUNDS)
    for length in LENGTHS:
        own, text = measured[f"load {length}"], measured[f"read {length}"]
        print(f"{length:,} layers: {min(own) * 1e3:.1f} ms, CSafeLoader {min(text) * 1e3:.0f} ms")
        verdict("load and analysis, times CSafeLoader's reading", ratio(own, text), 0.25)
    for less, more in pairwise(LENGTHS):
        growth = ratio(measured[f"load {more}"], measured[f"load {less}"]) / (more / less)
        verdict(f"time a layer at {more:,}, times that at {less:,}", growth, 1.25)
    verdict("a million layers by repeat, peak memory", apart("million"), 1.5, unit=" GB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        what, length = sys.argv[1], int(sys.argv[2])
        print(million() if what == "million" else {"load": load, "read": read}[what](length))
    else:
        main()
