"""The contract of the kernels: every implementation is held to it by the type checker, and by name."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.execute.framework_kernels import FrameworkKernels
from cnncalc.execute.numpy_kernels import NumpyKernels
from cnncalc.execute.probe import Probe
from cnncalc.layers.support.kernels import UNIT_KERNELS, Toolkit

ROOT = Path(__file__).parent.parent
IMPLEMENTATIONS = {
    "numpy_kernels": "largest_of",
    "probe": "filtered",
    "framework_kernels": "stamped",
    "arrays": "permute",
}
"""A file of cnncalc/execute, and a kernel that it has."""


def test_siblings_share_no_numeric_kernel() -> None:
    for sibling in (Probe, FrameworkKernels):
        assert not issubclass(sibling, NumpyKernels)
    assert set(UNIT_KERNELS) <= vars(NumpyKernels).keys() & vars(Probe).keys() & vars(FrameworkKernels).keys()


def test_kernels_that_count_links_are_marked() -> None:
    assert {"filtered", "product", "matmul", "sum_of", "biased"} <= set(UNIT_KERNELS)
    assert not {"total", "largest", "reshape", "exp"} & set(UNIT_KERNELS)
    assert all(hasattr(Toolkit, name) for name in UNIT_KERNELS)


@pytest.mark.slow
def test_a_kernel_renamed_in_one_implementation_fails_the_type_checker(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    shutil.copytree(ROOT / "cnncalc", tmp_path / "cnncalc", ignore=shutil.ignore_patterns("__pycache__"))

    def checked() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "cnncalc/execute"],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            encoding="utf-8",
        )

    assert checked().returncode == 0
    for name, kernel in IMPLEMENTATIONS.items():
        file = tmp_path / "cnncalc" / "execute" / f"{name}.py"
        text = file.read_text("utf-8")
        assert f"def {kernel}(" in text
        file.write_text(text.replace(f"def {kernel}(", f"def {kernel}_renamed("), "utf-8")
        found = checked()
        assert found.returncode == 1
        assert kernel in found.stdout, name
        file.write_text(text, "utf-8")
