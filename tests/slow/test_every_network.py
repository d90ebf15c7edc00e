"""Every verb on every built-in network: none stops for the depth, the size or the kinds of a network."""

import contextlib
import io
import shlex

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
NO_NETWORK = {"convolve", "error", "layers", "list", "schema", "serve", "size", "solve", "sweep", "train"}


def test_every_verb_is_here() -> None:
    assert {*LINES, *NO_NETWORK} == {*verbs()}


@pytest.mark.parametrize("name", builtin_names())
@pytest.mark.parametrize("line", [line for lines in LINES.values() for line in lines])
def test_a_verb_on_a_network(
    line: str, name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    monkeypatch.chdir(folder)
    (folder / "sheets").mkdir()
    sheet = "Layer,Shape,# Parameters,MACs,Receptive field\nTotal,,1,2,\n"
    for file in ("sheet.csv", "sheets/ann.csv"):
        (folder / file).write_text(sheet)
    out, error = io.StringIO(), io.StringIO()
    streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(error)
    with streams[0], streams[1], pytest.raises(SystemExit) as stopped:
        main(shlex.split(line.format(name)))
    assert (stopped.value.code, "error" in error.getvalue()) in ((0, False), (1, False)), error.getvalue()
    assert out.getvalue().strip()
