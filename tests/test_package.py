"""What is shipped: everything that the command needs, by way of the sdist and the wheel made of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True, text=True).stdout


def test_a_wheel_made_of_the_sdist_is_whole(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path), "-t"]
    run(*build, "sdist", cwd=ROOT)
    shutil.unpack_archive(next(tmp_path.glob("*.tar.gz")), tmp_path / "sdist", filter="data")
    run(*build, "wheel", cwd=next((tmp_path / "sdist").iterdir()))
    site = tmp_path / "site"
    shutil.unpack_archive(next(tmp_path.glob("*.whl")), site, "zip")

    built_in = {file.name for file in ROOT.glob("architectures/*")}
    assert {"lenet5.yaml", "schema.json"} <= built_in
    assert built_in == {file.name for file in (site / "cnncalc/architectures").iterdir()}
    assert (site / "cnncalc/py.typed").exists()
    for ending in ("html", "css", "js"):
        parts = {file.name for file in ROOT.glob(f"cnncalc/page/*.{ending}")}
        assert parts == {file.name for file in (site / "cnncalc/page").glob(f"*.{ending}")} != set()

    show = "import cnncalc, sys; print(cnncalc.__file__); from cnncalc.cli import main; sys.exit(main())"
    printed = run(sys.executable, "-c", show, "shapes", "lenet5.yaml", cwd=tmp_path, PYTHONPATH=str(site))
    assert printed.startswith(str(site))
    assert "62,006" in printed  # LeNet-5's parameters


@pytest.mark.slow
@pytest.mark.parametrize(
    "tool",
    ["calflops", "fvcore.nn", "keras", "onnx", "onnxruntime", "ptflops", "thop", "torch", "torchinfo"],
)
def test_a_locked_tool_can_be_imported(tool: str) -> None:
    # as tests/slow/run_tool.py does: what the tools import if it is there may not load beside every PyTorch
    hidden = "import sys; sys.modules.update(torchvision=None, timm=None)"
    subprocess.run([sys.executable, "-c", f"{hidden}; import {tool}"], check=True)
