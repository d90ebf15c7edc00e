"""What goes wrong around the program: runs at once, an end at any moment, files that shrink, odd installs."""

import compileall
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipapp
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.execute.files import read_array, read_weights

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="what is sent is a signal of POSIX")


def command(*arguments: object, flags: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, *flags, "-m", "cnncalc", *map(str, arguments)]


def start(*arguments: object, cwd: Path) -> "subprocess.Popen[bytes]":
    quiet = subprocess.DEVNULL
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command(*arguments), cwd=cwd, stdout=quiet, stderr=quiet, env=environment)


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    folder = tmp_path / "sheets"
    folder.mkdir()
    for number in range(12):
        (folder / f"student{number}.csv").write_text(f"Layer,# Parameters\nCONV1,456\nCONV2,{number}\n")
    return folder


def whole(file: Path) -> None:
    """Holds a file that was written to what it should end with."""
    text = file.read_text("utf-8")
    if file.suffix == ".csv":
        assert {len(row) for row in csv.reader(text.splitlines(), strict=True)} == {11}
        assert len(text.splitlines()) == 13
    elif file.suffix == ".json":
        json.loads(text)
    else:
        assert text.endswith("\n")
        assert "| **Marks** |" in text


@pytest.mark.slow
def test_fifty_runs_that_write_one_file_leave_one_whole_file(tmp_path: Path) -> None:
    running = [
        start("shapes", name, "--format", "json", "-o", "one.json", cwd=tmp_path)
        for name in ("lenet5", "alexnet") * 25
    ]
    while any(each.poll() is None for each in running):
        # at any moment the file is one of the results, or not there yet
        with suppress(FileNotFoundError):
            assert json.loads((tmp_path / "one.json").read_text())["network"] in ("LeNet-5", "AlexNet")
        time.sleep(0.01)
    assert {each.returncode for each in running} == {0}
    assert [file.name for file in tmp_path.iterdir()] == ["one.json"]


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(20))
def test_a_marking_that_is_killed_leaves_no_half_a_file(moment: int, sheets: Path, tmp_path: Path) -> None:
    given = ["grade", "lenet5", sheets, "--csv", "marks.csv", "--feedback", "fb", "--gradescope", "g"]
    if moment % 2:
        assert start(*given, cwd=tmp_path).wait() == 0
    running = start(*given, cwd=tmp_path)
    time.sleep(random.Random(moment).uniform(0.1, 1.5))  # noqa: S311 - a moment is no secret
    running.send_signal(signal.SIGKILL)
    running.wait()
    # nobody can clear up after SIGKILL: what was begun has a name that begins with a dot
    written = [file for file in tmp_path.rglob("*") if file.is_file() and sheets not in file.parents]
    for file in written:
        if not file.name.startswith("."):
            whole(file)
    assert start(*given, cwd=tmp_path).wait() == 0
    whole(tmp_path / "marks.csv")
    assert len(list((tmp_path / "fb").glob("[!.]*"))) == 12


WRITES = (
    "draw resnet18 -o t.svg", "report lenet5 -o t.html", "quiz lenet5 --seed 1 --format qti21 -o t.zip",
    "sweep lenet5 --input 32x32x1,64x64x1 --plot t.svg", "export vgg16 --to pytorch -o t.py",
    "convert resnet18 -o t.yaml",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("line", WRITES)
def test_a_run_that_is_killed_beside_another_leaves_the_old_file_or_the_new_one(
    line: str, tmp_path: Path
) -> None:
    given = line.split()
    target = tmp_path / given[-1]
    assert start(*given, cwd=tmp_path).wait() == 0
    new = target.read_bytes()
    for moment in range(2):
        target.write_bytes(b"old")
        killed, other = (start(*given, cwd=tmp_path) for _ in range(2))
        time.sleep(random.Random(f"{line}{moment}").uniform(0.1, 0.8))  # noqa: S311 - a moment is no secret
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert target.read_bytes() in (b"old", new)
        assert other.wait() == 0
        assert target.read_bytes() == new


@pytest.mark.parametrize("name", ["w.safetensors", "w.npz", "x.npy", "net.json"])
def test_a_file_that_shrinks_while_it_is_read_is_one_error(name: str, tmp_path: Path) -> None:
    file, full = tmp_path / name, tmp_path / f"full-{name}"
    large = np.zeros(2_000_000, np.float32)
    if name.endswith(".npz"):
        np.savez(full, a=large)
    elif name.endswith(".npy"):
        np.save(full, large)
    elif name.endswith(".json"):
        full.write_text(json.dumps({"input": "8x8x1", "layers": ["relu"] * 20_000}))
    else:
        header = json.dumps({"a": {"dtype": "F32", "shape": [large.size], "data_offsets": [0, large.nbytes]}})
        full.write_bytes(len(header).to_bytes(8, "little") + header.encode() + large.tobytes())
    size = full.stat().st_size
    for moment in range(8):
        shutil.copy(full, file)
        shrink = threading.Timer(moment / 2000, os.truncate, (file, size // 3))
        shrink.start()
        with suppress(CnncalcError):
            if name.endswith(".npy"):
                read_array(str(file))
            elif name.endswith(".json"):
                cnncalc.load(str(file))
            else:
                read_weights(str(file))
        shrink.join()


@pytest.mark.parametrize("flags", [("-I",), ("-O",), ("-OO",), ("-E",)])
@pytest.mark.parametrize("line", ["explain lenet5", "shapes lenet5 --format json", "quiz --count 3 --seed 1"])
def test_the_ways_to_start_python_change_nothing(flags: tuple[str, ...], line: str) -> None:
    plain, odd = (
        subprocess.run(command(*line.split(), flags=given), capture_output=True, check=True).stdout
        for given in ((), flags)
    )
    assert plain == odd


def test_two_runs_give_the_same_bytes(sheets: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        given = ["grade", "lenet5", sheets, "--csv", "m.csv", "--feedback", "fb", "--gradescope", "g"]
        for line in (
            given,
            ["run", "lenet5", "--save", "m.npz"],
            ["cost", "lenet5", "-o", "c.html", "--format", "html"],
        ):
            environment = {**os.environ, "PYTHONHASHSEED": str(len(folder) + ord(folder))}
            subprocess.run(
                command(*line), cwd=tmp_path / folder, check=True, capture_output=True, env=environment
            )
    first, second = (
        {file.relative_to(tmp_path / folder): file.read_bytes() for file in (tmp_path / folder).rglob("*.*")}
        for folder in ("a", "b")
    )
    assert first == second
    assert len(first) == 3 + 2 * 12


@pytest.mark.parametrize("way", ["archive", "no sources"])
def test_an_install_that_has_no_files_to_look_for_says_so(way: str, tmp_path: Path) -> None:
    package = tmp_path / "app"
    shutil.copytree(ROOT / "cnncalc", package / "cnncalc", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__main__.py").write_text("from cnncalc.cli import main\nmain()\n")
    started = package
    if way == "archive":
        started = tmp_path / "cnncalc.pyz"
        zipapp.create_archive(package, started)
    else:
        compileall.compile_dir(package, legacy=True, quiet=1)
        for source in package.rglob("*.py"):
            source.unlink()
    done = subprocess.run(
        [sys.executable, "-I", started, "shapes", "lenet5"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[system]: cnncalc runs from a folder that holds its source files" in done.stderr
