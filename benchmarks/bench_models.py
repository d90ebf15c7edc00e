"""How long `shapes` of a model of 100 MB takes, against the command's bare imports, and how much memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import by_turns, process, ratio, verdict

ROUNDS = 15
IMPORTS = "import typer, rich.console, rich.table, yaml"
SLOW = Path(".venv-slow/bin/python")
EXPORT = Path(__file__).with_name("export_resnet50.py")


def main() -> None:
    """Measure and print."""
    command = str(Path(sys.executable).parent / "cnncalc")
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "resnet50.pt2"))
        subprocess.run([str(SLOW), str(EXPORT), file], check=True, capture_output=True)
        measured = by_turns(
            {
                "imports": process(sys.executable, "-c", IMPORTS),
                "shapes": process(command, "shapes", file),
            },
            ROUNDS,
        )
        size = Path(file).stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
    print(print(f"ResNet-50 in a .pt2 of {size:.0f} MB; the largest process, the export, took {peak:.0f} MB"))
    verdict(
        "shapes resnet50.pt2, times the bare imports", ratio(measured["shapes"], measured["imports"]), 2.0
    )


if __name__ == "__main__":
    main()
