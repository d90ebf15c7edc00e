"""Every verb on every built-in network: none stops for the depth, the size or the kinds of a network."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.built_in import builtin_names
from cnncalc.cli import main, verbs

pytestmark = pytest.mark.slow

LINES = {
    "check": ["check {} --template", "check {} sheet.csv --explain --show-answers"],
    "compare": ["compare {} lenet5"],
    "connections": ["connections {}"],
    "convert": ["convert {}"],
    "cost": ["cost {}", "cost {} --symbolic", "cost {} --training --checkpoint 3"],
    "diff": ["diff {} lenet5"],
    "draw": ["draw {}"],
    "explain": [
        "explain {}",
        "explain {} --lang zh --format html",
        "explain {} --format latex --quantity params",
    ],
    "export": ["export {} --to mermaid", "export {} --to dot"],
    "grade": ["grade {} sheets"],
    "params": ["params {}"],
    "quiz": ["quiz {} --count 4", "quiz {} --count 4 --type number --format moodle"],
    "receptive-field": ["receptive-field {}"],
    "reconcile": ["reconcile {} thop ptflops"],
    "report": ["report {}", "report {} --lang zh"],
    "run": ["run {}"],
    "shapes": ["shapes {} --format json", "shapes {} --symbolic"],
    "show": ["show {}"],
    "summary": ["summary {}", "summary {} --batch 8 --dtype float16 --layout chw --format markdown"],
    "verify": ["verify {}"],
}
ROOT = Path(__file__).parents[2]
SHEET = "Layer,Shape,# Parameters,MACs,Receptive field\nTotal,,1,2,\n"
NO_NETWORK = {"convolve", "error", "layers", "list", "schema", "serve", "size", "solve", "sweep", "train"}


LINES |= {verb: [f"{verb} {{}}"] for verb in verbs() if verb not in {*LINES, *NO_NETWORK}}


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("line", [line for lines in LINES.values() for line in lines])
def test_a_verb_on_a_network(
    line: str, name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    monkeypatch.chdir(folder)
    (folder / "sheets").mkdir()
    for file in ("sheet.csv", "sheets/ann.csv"):
        (folder / file).write_text(SHEET)
    out, error = io.StringIO(), io.StringIO()
    streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(error)
    with streams[0], streams[1], pytest.raises(SystemExit) as stopped:
        main(shlex.split(line.format(name)))
    assert (stopped.value.code, "error" in error.getvalue()) in ((0, False), (1, False)), error.getvalue()
    assert out.getvalue().strip()


def _other_pythons() -> list[str]:
    """The Pythons of this machine that cnncalc runs on, besides the one of the tests; the newest last."""
    folders = [*map(Path, os.get_exec_path()), *Path.home().glob(".pyenv/versions/*/bin")]
    found: dict[int, str] = {}
    for folder in folders:
        for path in folder.glob("python3.*"):
            minor = re.fullmatch(r"python3\.(\d+)", path.name)
            # a command may be there that only says which version is to be chosen
            if minor and int(minor[1]) >= 11 and int(minor[1]) not in (sys.version_info.minor, *found):
                runs = subprocess.run(
                    [path, "-c", "import venv, ensurepip"], check=False, capture_output=True
                )
                if runs.returncode == 0:
                    found[int(minor[1])] = str(path)
    return [found[minor] for minor in sorted(found)]


def test_each_verb_and_each_network_on_the_newest_python(tmp_path: Path) -> None:
    # a machine that tests has the lowest Python, which is run on all above
    pythons = _other_pythons()
    if not pythons:
        pytest.skip("no other Python that is new enough is on this machine")
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([pythons[-1], "-m", "venv", python.parents[1]], check=True)
    install = [str(python), "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"]
    locked = ["-c", str(ROOT / "tests" / "requirements.txt"), "typer", "rich", "pyyaml", "numpy"]
    subprocess.run([*install, *locked], check=True)
    (tmp_path / "sheets").mkdir()
    for file in ("sheet.csv", "sheets/ann.csv"):
        (tmp_path / file).write_text(SHEET)
    shutil.copytree(ROOT / "cnncalc", tmp_path / "library" / "cnncalc")
    shutil.copytree(ROOT / "architectures", tmp_path / "library" / "architectures")
    every = [line for lines in LINES.values() for line in lines]
    networks = builtin_names()
    # each line meets two networks or three, and each network a line or two
    lines = [
        line.format(name)
        for at, line in enumerate(every)
        for place, name in enumerate(networks)
        if (at + place) % 23 == 0
    ]
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("run_lines.py"))],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "library")},
    )
    version, wrong = json.loads(done.stdout)
    assert not version.startswith(sys.version.split()[0])
    assert wrong == []
