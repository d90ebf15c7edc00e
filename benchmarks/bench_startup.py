"""How long the command takes from start to end, against what it must import: whole processes."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import yaml
from flat import flat
from timing import by_turns, process, ratio, verdict

ROUNDS = 21
IMPORTS = "import typer, rich.console, rich.table, yaml"


def main() -> None:
    """Measure and print."""
    command = str(Path(sys.executable).parent / "cnncalc")
    with tempfile.TemporaryDirectory() as folder:
        spec = flat("resnet152")
        as_json, as_yaml = Path(folder, "flat.json"), Path(folder, "flat.yaml")
        as_json.write_text(json.dumps(spec))
        as_yaml.write_text(yaml.safe_dump(spec, sort_keys=False))
        bars = {
            "shapes lenet5": (["shapes", "lenet5"], 1.15),
            "ResNet-152 flat, JSON to JSON": (["summary", str(as_json), "--format", "json"], 1.45),
            "ResNet-152 flat, YAML to JSON": (["summary", str(as_yaml), "--format", "json"], 1.45),
            "ResNet-152 flat, JSON to table": (["summary", str(as_json)], 2.0),
            "ResNet-152 flat, YAML to table": (["summary", str(as_yaml)], 2.0),
        }
        measured = by_turns(
            {"imports": process(sys.executable, "-c", IMPORTS)}
            | {name: process(command, *arguments) for name, (arguments, _) in bars.items()},
            ROUNDS,
        )
    layers = len(spec["layers"])
    imports = min(measured["imports"]) * 1e3
    print(f"times the bare imports, {imports:.0f} ms; the flat spec has {layers} layers")
    for name, (_, bar) in bars.items():
        verdict(name, ratio(measured[name], measured["imports"]), bar)


if __name__ == "__main__":
    main()
