"""The time to answer: what ResNet-50 costs, by this command and by the tools that count PyTorch models.

Whole processes, from start to end, and the count alone with everything loaded, in processor time on one
thread. The tools live in the environment of the slow tests, or in the one that --python names. The page
docs/comparisons.md shows what is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 3
ROOT = Path(__file__).parents[1]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TOOLS = ("torchinfo", "thop", "fvcore", "calflops", "ptflops", "torch", "keras", "onnx")


def processed(command: list[str]) -> tuple[str, float]:
    """What a command prints, and the processor time that it takes, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=ONE_THREAD).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return printed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=str(ROOT / ".venv-slow/bin/python"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    python = given.python
    if not Path(python).exists():
        sys.exit(f"{python} is missing: make .venv-slow/.locked, or --python")
    with tempfile.TemporaryDirectory() as folder:
        for step, interpreter in (("draw", sys.executable), ("export", python)):
            engines = str(Path(__file__).with_name("engines.py"))
            subprocess.run(
                [interpreter, engines, step, "resnet50", "2", folder], check=True, capture_output=True
            )
        script = str(Path(__file__).with_name("tools.py"))
        commands = {
            "cnncalc": [sys.executable, script, "cnncalc"],
            **{tool: [python, script, tool, str(Path(folder, "model.onnx"))] for tool in TOOLS},
        }
        command = [str(Path(sys.executable).parent / "cnncalc"), "summary", "resnet50"]
        wholes: dict[str, list[float]] = {name: [] for name in commands}
        alone: dict[str, list[float]] = {name: [] for name in commands}
        totals: dict[str, int] = {}
        for _ in range(given.rounds):
            for name, words in commands.items():
                printed, whole = processed(words)
                if name == "cnncalc":
                    _, whole = processed(command)
                told = json.loads(printed)
                totals[name] = told["total"]
                wholes[name].append(whole)
                alone[name].append(told["seconds"])
    print("| tool | whole process | times cnncalc's | count alone | its number |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in commands:
        # the least of the rounds: what disturbs a process makes it slower, and never faster
        whole, count = min(wholes[name]), min(alone[name])
        times = whole / min(wholes["cnncalc"])
        print(f"| {name} | {whole:.2f} s | {times:.0f} | {count * 1e3:.0f} ms | {totals[name]:,} |")


if __name__ == "__main__":
    main()
