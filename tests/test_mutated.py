"""Files that are changed, cut short or made to harm: the command tells what is wrong, and soon."""

from __future__ import annotations

import io
import json
import random
import resource
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnncalc.built_in import architectures
from cnncalc.cli import main

pytestmark = pytest.mark.usefixtures("all_imported")
SHEET = b"Layer,Activation Shape,# Parameters\nCONV1,28x28x6,456\nFC3,(120),48120\nTotal,,62k\n"
NET = b"input: 3x3x1\nlayers: [conv2-2]\n"
TIMES = 12


def saved() -> dict[str, bytes]:
    """Files of values: weights that fit the network, and inputs."""
    arrays = {"conv1.weight": np.ones((2, 1, 2, 2), np.float32), "conv1.bias": np.ones(2, np.float32)}
    archive, array = io.BytesIO(), io.BytesIO()
    np.savez(archive, **arrays)  # type: ignore[arg-type]
    np.save(array, np.ones((3, 3, 1), np.float32))
    places = {
        "conv1.weight": {"dtype": "F32", "shape": [2, 1, 2, 2], "data_offsets": [0, 32]},
        "conv1.bias": {"dtype": "F32", "shape": [2], "data_offsets": [32, 40]},
    }
    head = json.dumps(places).encode()
    tensors = struct.pack("<Q", len(head)) + head + b"".join(each.tobytes() for each in arrays.values())
    return {
        "w.npz": archive.getvalue(),
        "w.safetensors": tensors,
        "x.npy": array.getvalue(),
        "x.txt": b"1 0 1;0 1 0;1 1 1",
    }


def seeded(text: str) -> random.Random:
    return random.Random(text)  # noqa: S311 - the same changes each time, and no secret


def changed(data: bytes, rng: random.Random) -> bytes:
    """The data cut short, or with bytes or lines in others' places."""
    at = rng.randrange(len(data))
    way = rng.randrange(4)
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + rng.randbytes(rng.randrange(1, 4)) + data[at + rng.randrange(3) :]
    if way == 2:
        signs = (
            b"9",
            b"-",
            b"$(",
            b"[",
            b"{",
            b"&a ",
            b"*a",
            b"\0",
            b"\xed\xa0\x80",
            b": ",
            b"9" * 400,
            b"1e999",
        )
        return data[:at] + rng.choice(signs) + data[at + 1 :]
    lines = data.splitlines(keepends=True)
    lines[rng.randrange(len(lines))] = rng.choice(lines)
    return b"".join(lines)


def status(capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
    """Runs the command; it may be content or not, and tells of its own fault never."""
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    told = capsys.readouterr()
    assert exited.value.code in (0, 1, 2), arguments
    assert "internal" not in told.err, told.err
    assert "Traceback" not in told.err, told.err
    assert bool(told.err) or exited.value.code != 2


@pytest.mark.parametrize("path", sorted(architectures().glob("*.yaml"))[::3], ids=lambda path: path.stem)
def test_changed_specs(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = seeded(path.stem)
    file = tmp_path / "net.yaml"
    for number in range(TIMES):
        file.write_bytes(changed(path.read_bytes(), rng))
        status(
            capsys,
            "params" if number % 2 else "shapes",
            str(file),
            "--format",
            "json" if number % 3 else "table",
        )


@pytest.mark.parametrize("suffix", [".csv", ".md", ".yaml", ".xlsx", ""])
def test_changed_sheets(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = seeded(suffix)
    file = tmp_path / f"sheet{suffix}"
    for _ in range(TIMES):
        file.write_bytes(changed(changed(SHEET, rng) or SHEET, rng))
        status(capsys, "check", "lenet5", str(file))


@pytest.mark.parametrize("name", saved())
def test_changed_values(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = seeded(name)
    net, file = tmp_path / "net.yaml", tmp_path / name
    net.write_bytes(NET)
    flag = "--weights" if name.startswith("w") else "--data"
    file.write_bytes(saved()[name])
    with pytest.raises(SystemExit) as exited:
        main(["run", str(net), flag, str(file)])
    assert exited.value.code == 0
    for _ in range(2 * TIMES):
        file.write_bytes(changed(saved()[name], rng))
        status(capsys, "run", str(net), flag, str(file))


HARM = {
    "repeats.yaml": b"input: 8x8x1\nlayers: "
    + b"[{repeat: {times: 100, layers: " * 20
    + b"[relu]"
    + b"}}]" * 20,
    "brackets.yaml": b"[" * 100_000,
    "texts.yaml": b"input: 8x8x1\nvariables:\n  a0: ab\n"
    + b"".join(b"  a%d: $a%d$a%d\n" % (i, i - 1, i - 1) for i in range(1, 60))
    + b"layers: [$a59]\n",
    "lists.yaml": b"name: &a0 [1]\n"
    + b"".join(b"k%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 60))
    + b"input: *a59\nlayers: [relu]\n",
    "digits.yaml": b"input: " + b"9" * 1_000_000 + b"\nlayers: [relu]\n",
}


@pytest.mark.skipif(sys.platform == "win32", reason="limits are those of Unix")
@pytest.mark.parametrize("name", HARM)
def test_harm_is_refused_in_little_room(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(HARM[name])

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (700 * 2**20,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    command = [sys.executable, "-m", "cnncalc", "shapes", name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, preexec_fn=bounded)
    assert done.returncode == 2, done
    assert b"memory" not in done.stderr
    assert b"internal" not in done.stderr
