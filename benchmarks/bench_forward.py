"""The forward of built-in networks, batch 1, float32, against PyTorch, ONNX Runtime and ONNX's own evaluator.

Each engine has a process of its own, and all take turns. The others live in the environment of the slow
tests, or in the one that --python names.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from timing import verdict

NETWORKS = ("lenet5", "alexnet", "resnet18", "vgg16", "resnet50", "mobilenet-v2", "googlenet", "densenet121")
EACH, MEAN, MEAN_OF_TWO, TIMES_FASTER, ERROR = 1.3, 1.1, 1.6, 6, 1e-5
ROUNDS = 9
SLOW_ROUNDS = 2  # of an engine that is far from the bar
ROOT = Path(__file__).parents[1]
ENGINES = Path(__file__).with_name("engines.py")


class Engine:
    """A process that runs one engine."""

    def __init__(self, name: str, network: str, threads: int, folder: Path, python: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, str(ENGINES), name, network, str(threads), str(folder)],
            env=environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.ready = self._answer() == "ready"

    def ask(self, question: str) -> float:
        """The answer to `turn` or `peak`."""
        assert self._process.stdin is not None
        print(question, file=self._process.stdin, flush=True)
        return float(self._answer())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class Found(NamedTuple):
    """What was measured of one network: engine -> seconds in each round, peak in bytes, output."""

    times: Mapping[str, list[float]]
    peaks: Mapping[str, float]
    outputs: Mapping[str, np.ndarray]

    def to_torch(self) -> float:
        """The ratio to the better of PyTorch's layouts, each in its best round: the rest is others' doing."""
        return min(self.times["own"]) / min(self.times["torch"] + self.times["torch_last"])


def environment(threads: int) -> dict[str, str]:
    """The threads of every kind of library, and the checkout for an environment that has no cnncalc."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, str(threads)), "PYTHONPATH": str(ROOT)}


def prepare(network: str, folder: Path, python: str) -> None:
    """Weights, an input and the ONNX file: by others, since a process inherits its parent's peak memory."""
    for step, interpreter in (("draw", sys.executable), ("export", python)):
        command = [interpreter, str(ENGINES), step, network, "1", str(folder)]
        subprocess.run(command, check=True, env=environment(2), capture_output=True)


def measure(network: str, threads: int, folder: Path, python: str, names: list[str]) -> Found:
    """All engines on one network, by turns."""
    engines = []
    for name in names:
        engine = Engine(name, network, threads, folder, sys.executable if name == "own" else python)
        if engine.ready:
            engines.append(engine)
        else:
            engine.close()
    times: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for number in range(ROUNDS):
        for engine in engines:
            if engine.name != "onnx_reference" or number < SLOW_ROUNDS:
                times[engine.name].append(engine.ask("turn"))
    peaks = {engine.name: engine.ask("peak") for engine in engines}
    outputs = {engine.name: np.load(folder / f"{engine.name}.npy") for engine in engines}
    for engine in engines:
        engine.close()
    return Found(times, peaks, outputs)


def report(network: str, threads: int, found: Found) -> None:
    """Print a network's figures."""
    figures = [
        f"{name} {min(times) * 1e3:.2f} ms {found.peaks[name] / 1e6:.0f} MB"
        for name, times in found.times.items()
    ]
    print(f"{network}, {threads} thread{'s' * (threads > 1)}: {', '.join(figures)}")


def judge(network: str, found: Found) -> None:
    """Hold one network with one thread to its bars."""
    verdict(f"{network}, times PyTorch's better layout", found.to_torch(), EACH)
    if reference := found.times.get("onnx_reference"):
        faster = min(reference) / min(found.times["own"])
        verdict(f"{network}, times faster than onnx.reference", faster, TIMES_FASTER, at_least=True)
    else:
        print(f"      {network}: onnx.reference can't run it")
    wanted = found.outputs["torch"]
    error = float(np.abs(found.outputs["own"] - wanted).max() / np.abs(wanted).max())
    verdict(f"{network}, max|a-b|/max|b| to PyTorch", error, ERROR)
    least = min(found.peaks["torch"], found.peaks["torch_last"])
    verdict(f"{network}, peak memory, times PyTorch's process", found.peaks["own"] / least, 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=str(ROOT / ".venv-slow/bin/python"))
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    given = parser.parse_args()
    if not Path(given.python).exists():
        sys.exit(f"{given.python} is missing: make .venv-slow/.locked, or --python")
    print(f"the best of {ROUNDS} rounds")
    ratios: dict[int, list[float]] = {1: [], 2: []}
    for network in given.networks:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(network, folder, given.python)
            for threads, to_torch in ratios.items():
                names = ["own", "torch", "torch_last", "onnxruntime", *["onnx_reference"][: threads == 1]]
                found = measure(network, threads, folder, given.python, names)
                to_torch.append(found.to_torch())
                report(network, threads, found)
                if threads == 1:
                    judge(network, found)
    verdict("one thread, geometric mean of the ratios to PyTorch", statistics.geometric_mean(ratios[1]), MEAN)
    print("      two threads: " + ", ".join(f"{value:.2f}" for value in ratios[2]))
    verdict("two threads, geometric mean", statistics.geometric_mean(ratios[2]), MEAN_OF_TWO)


if __name__ == "__main__":
    main()
