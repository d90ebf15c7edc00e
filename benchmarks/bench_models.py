"""How long `shapes` of models of 100 MB takes, against the command's bare imports, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from timing import by_turns, process, ratio, verdict

ROUNDS = 15
IMPORTS = "import typer, rich.console, rich.table, yaml"
SLOW = Path(".venv-slow/bin/python")
EXPORT = Path(__file__).with_name("export_resnet50.py")


def peak(*command: str) -> float:
    """The most memory that a command takes, in MB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss / 1e3


def main() -> None:
    """Measure and print."""
    python, command = sys.executable, str(Path(sys.executable).parent / "cnncalc")
    endings = ["pt2", "keras", *(["onnx"] if find_spec("onnx") else [])]
    with tempfile.TemporaryDirectory() as folder:
        files = {ending: str(Path(folder, f"resnet50.{ending}")) for ending in endings}
        environment = os.environ | {"KERAS_BACKEND": "torch"}
        subprocess.run(
            [str(SLOW), str(EXPORT), *files.values()], check=True, capture_output=True, env=environment
        )
        candidates = {"imports": process(python, "-c", IMPORTS)}
        candidates |= {ending: process(command, "shapes", file) for ending, file in files.items()}
        if "onnx" in files:
            candidates["import onnx"] = process(python, "-c", f"{IMPORTS}; import onnx")
        measured = by_turns(candidates, ROUNDS)
        for ending, file in files.items():
            size, memory = Path(file).stat().st_size / 1e6, peak(command, "shapes", file)
            print(f"      ResNet-50 in a .{ending} of {size:.0f} MB takes {memory:.0f} MB of memory")
    for ending in ("pt2", "keras"):
        value = ratio(measured[ending], measured["imports"])
        verdict(f"shapes resnet50.{ending}, times the bare imports", value, 2.0)
    if "onnx" not in files:
        print("      shapes resnet50.onnx is measured where onnx is installed")
        return
    more = [own - bare for own, bare in zip(measured["onnx"], measured["import onnx"], strict=True)]
    value = ratio(more, measured["imports"])
    verdict("shapes resnet50.onnx less import onnx, times the bare imports", value, 2.0)


if __name__ == "__main__":
    main()
