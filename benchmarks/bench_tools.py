"""The time to answer: what ResNet-50 costs, by this command and by the tools that count PyTorch models.

Whole processes, from start to end, and the count alone with everything loaded, all by turns. The tools live
in the environment of the slow tests, or in the one that --python names. docs/comparisons.md shows the result.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROUNDS = 3
ROOT = Path(__file__).parents[1]
TOOLS = ("torchinfo", "thop", "fvcore", "calflops", "ptflops", "torch", "keras", "onnx")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=str(ROOT / ".venv-slow/bin/python"))
    python = parser.parse_args().python
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
        for turn in range(ROUNDS + 1):
            for name, words in commands.items():
                start = perf_counter()
                printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
                whole = perf_counter() - start
                if name == "cnncalc":
                    start = perf_counter()
                    subprocess.run(command, check=True, capture_output=True)
                    whole = perf_counter() - start
                told = json.loads(printed)
                totals[name] = told["total"]
                if turn:  # the first round fills the caches of the disk
                    wholes[name].append(whole)
                    alone[name].append(told["seconds"])
    print("| tool | whole process | times cnncalc's | count alone | its number |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in commands:
        times = statistics.median(a / b for a, b in zip(wholes[name], wholes["cnncalc"], strict=True))
        whole, count = statistics.median(wholes[name]), statistics.median(alone[name])
        print(f"| {name} | {whole:.2f} s | {times:.1f} | {count * 1e3:.0f} ms | {totals[name]:,} |")


if __name__ == "__main__":
    main()
