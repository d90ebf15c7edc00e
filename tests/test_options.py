"""No option is accepted and passed over: each changes what comes out, or is refused by name."""

from __future__ import annotations

import re
import shlex
import sys
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer

from cnncalc import cli

NETWORK = """\
name: net
input: 12x12x3
variables: {n: 10, k: 5}
blocks:
  unit: {layers: [{conv: {filters: 4, kernel: 3, padding: 1}}, bn, relu]}
layers:
- conv: {name: first, filters: $k, kernel: 3, stride: 2}
- repeat: {times: $n, layers: [unit]}
- fc-40001
"""
# a shape with its channels first, a slip that comes twice, a rounded count, a heading of the teacher's own
SHEET = """\
Layer,Activation shape,# Parameters,MACs,Memory (bytes),Extra
first,"(5, 5, 5)",135,3.4k,400,1
repeat1.1.unit1.conv1,"(4, 5, 5)",180,4600,400,
dense1,"(40001, 1)",4.04M,4.00M,160004,
Total,,,4040375,,
"""
ONE_LAYER = "--conv 3x3x3 --filters 6 --stride 2"
WITH_INPUT = f"{ONE_LAYER} --input 12x12x3"
IMAGE = '"1 2 3 4; 5 6 7 8; 9 8 7 6" "1 0; 0 -1"'

CASES = {
    **{
        verb: ["net.yaml", WITH_INPUT, *more]
        for verb, *more in (
            ("shapes", "net.yaml --symbolic"), ("params", ONE_LAYER, "net.yaml --symbolic"),
            ("cost", "net.yaml --symbolic", "net.yaml --training"), ("connections",),
            ("receptive-field", ONE_LAYER, "net.yaml --at 0,1", "net.yaml --pixel 3,4"),
        )
    },
    "summary": ["net.yaml"],
    "report": ["net.yaml -o page.html"],
    "explain": ["net.yaml", "net.yaml first", WITH_INPUT, ONE_LAYER],
    "check": [
        "net.yaml a.csv",
        f'{WITH_INPUT} --answer params=162 --answer "shape=(6, 5, 5)" --answer macs=4k',
        f'--convolve {IMAGE} --answer "5 5 5; 3 1 -1"',
        f'--convolve {IMAGE} --gradient 1 --answer "Y=-5 -5 -5; -3 -1 1" --answer "dW=24 30; 42 42"',
        '--convolve "1 2 3; 4 5 6" "1 0; 0 -1" --matrix --answer "1 0 0 0 -1 0; 0 1 0 0 0 -1"',
        "net.yaml --template",
    ],
    "grade": ["net.yaml sheets", "net.yaml sheets --feedback notes --show-answers"],
    "compare": ["net.yaml lenet5"],
    "diff": ["net.yaml lenet5", "resnet18 resnet34"],
    "reconcile": ["net.yaml thop ptflops"],
    "verify": ["net.yaml"],
    "run": ["net.yaml --save maps.npz", "net.yaml --data cat.png --fit crop --save maps.npz"],
    "convert": ["net.yaml"],
    "draw": ["net.yaml", "net.yaml first"],
    "export": ["net.yaml --to mermaid"],
    "convolve": [
        IMAGE, '"1 2 3 4; 5 6 7 8" 2 --pool max', '"1 2; 3 4" "1 0; 0 -1" --transposed',
        f"{IMAGE} --matrix", f"{IMAGE} --im2col", f"{IMAGE} --gradient 1",
        f"{IMAGE} --animate -o walk.svg",
    ],
    "train": [
        '"1 2; 3 4" "conv2-1 relu, fc-1" --weight "1 0; 0 1" --weight 2 --target 12',
        '"1 2; 3 4" "conv2-1 relu, fc-1" --weight "1 0; 0 1" --weight 2 --gradient 3',
    ],
    "size": ["8 --kernel 3 --stride 3", "8 --kernel 3 --transposed"],
    "solve": [
        "--input 32 --output 16", "--transposed --input 7 --output 14", "net.yaml --output-of first 5x5",
        '"conv3-4, conv3-8" --input 12x12x3 --output-of conv2 5x5',
        "--conv 3x3x3 --params 168", "--kernel 3 --field 31", "net.yaml --set k=? --max-params 2M",
    ],
    "sweep": ["net.yaml --set k=4,5 --by macs,-params --input 12x12x3"],
    "quiz": [
        "", "--format json", "--format gift", "--variants 2 -o out",
        "net.yaml", "net.yaml --type number --ask rf,params", "net.yaml --type table",
    ],
    "layers": ["", "conv"],
    "list": [""],
    "show": ["lenet5"],
    "schema": ["", "marking"],
    "serve": ["net.yaml"],
    "error": ["window_too_large"],
}  # fmt: skip

VALUES = {
    "--ask": "macs", "--layers": "conv1", "quiz --type": "number", "quiz net.yaml --type": "table",
    "--activation": "relu", "--against": "torch", "--answer": "params=162", "--avg-pool": "2", "--batch": "2",
    "--batch-norm": "3", "--bias": "2", "--columns": "shape", "--conv": "3x3x3", "--convention": "thop",
    "--conv-transpose": "3x3x3", "--count": "2", "--csv": "marks.csv", "--data": "cat.png", "--dense": "432",
    "--depth": "1", "--device": "t4", "--depthwise-conv": "3x3x3", "--dilation": "2", "--dtype": "float64",
    "--feedback": "notes2", "--feedback-format": "json", "--filters": "7", "--fit": "1MiB",
    "--format": "json", "--gradescope": "results", "--gradient": "1", "--groups": "3",
    "--heading": "Extra=macs", "--input": "24x24x3", "--kernel": "2", "--lang": "zh", "--layout": "chw",
    "--level": "1", "--local-conv": "3x3x3",
    "--marking": "marking.yaml", "--marks": "params=3", "--max-macs": "10",
    "--max-memory": "10", "--max-params": "10", "--max-pool": "2", "--mean": "0.5", "--multiplier": "2",
    "--optimizer": "adam", "--output": "out.txt", "-o": "out.txt", "--output-of": "dense1 1",
    "--output-padding": "1", "--padding": "1", "--partial": "0.5", "--pool": "max",
    "--quantity": "macs", "--rounding": "ceil", "--save": "maps.npz", "--seed": "5", "--set": "n=2",
    "--separable-conv": "3x3x3", "--target": "5", "--loss": "mse", "--rate": "0.1", "--weight": "3",
    "train --bias": "conv1=1", "--std": "0.5",
    "--stride": "3", "--students": "names.txt", "--subsample": "2x2x3", "--units": "7",
    "--tolerance": "5%", "--variants": "2", "--weights": "none.npz", "--weights-by": "order",
    "--white": "255", "explain --set": "k=6", "solve --output": "5", "run --fit": "crop",
    "--params": "252", "--at": "1,1", "--pixel": "5,5", "--field": "99", "solve --conv": "3x3x2",
    "solve --dense": "5", "solve --max-macs": "3M", "solve --max-memory": "9M", "--step": "3",
    "--by": "params", "--checkpoint": "3", "sweep --columns": "peak", "--plot": "plot.svg",
    "serve --port": "8765", "--bytes-in": "MB",
}  # fmt: skip

# what a command line may say although this result doesn't depend on it
EXCUSED = {
    ".": "--no-color --no-pager",  # said once and for all, and many results have no colours, or are short
    # an exam question tells a layer whole, and its numbers don't depend on all that is told
    "shapes --conv": "--groups --no-bias",
    "(params|receptive-field) --conv": "--padding --dilation --groups --no-bias",
    "(params|cost) net.yaml --(symbolic|device|memory|energy)": "--layout",  # shapes stand in the JSON alone
    "explain (--conv|net.yaml first)": "--dtype",  # bytes are told by --long and --quantity
    "explain --conv .* 2$": "--long",  # without an input parameters are all that there is
    "check .* --template": "--input",  # compact text needs an input
    "check --convolve .*dW=": "--partial",  # no slip of the usual ones is there, or all is right
    "check --convolve .*--matrix": "--partial --bias --activation",  # the matrix multiplies alone
    "diff net.yaml lenet5": "--all",  # no layer is the same in both
    "check --conv": "--exact",  # the default, below 10^6
    "grade": "--rounded",  # the default
    "grade net.yaml sheets$": "--layout",  # goes with --strict-layout
    "receptive-field net.yaml --at": "--rounding",  # a unit sees as much, however sizes are rounded
    "verify": "--input --rounding --seed",  # as many numbers are held to what happens, on whatever values
    "quiz --format json": "--lang",  # data is in English
}


class Terminal(StringIO):
    """What a command prints, as if on a terminal: there are colours."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a network, answer sheets and a picture."""
    from PIL import Image

    (tmp_path / "sheets").mkdir()
    for name, text in {
        "net.yaml": NETWORK, "a.csv": SHEET, "sheets/ann.csv": SHEET, "names.txt": "Ann\nBo\n",
        "marking.yaml": "columns: [params]\nmarks: {params: 4}\n",
        "sheets/bo.csv": "Layer,# Parameters\nfirst,112\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    Image.effect_mandelbrot((14, 12), (-2, -1, 1, 1), 9).convert("RGB").save(tmp_path / "cat.png")
    monkeypatch.chdir(tmp_path)
    for name, value in {"COLUMNS": "100", "TERM": "xterm-256color", "LANG": "en_US.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdin", StringIO())
    monkeypatch.setattr("webbrowser.open", lambda _: (tmp_path / "opened").touch())
    monkeypatch.setattr("cnncalc.web.server.Server.serve_forever", _interrupted)
    return tmp_path


def _interrupted(_: Any) -> None:
    raise KeyboardInterrupt


def outcome(folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> tuple[Any, ...]:
    """The exit code of a command, what it prints, and the files that it writes."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with monkeypatch.context() as patch:
        out, error = Terminal(), Terminal()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", error)
        code: Any = 1
        with suppress(SystemExit):
            code = cli._status(words)
    written = {}
    for path in sorted(folder.rglob("*"), reverse=True):
        if before.get(path) != path.stat().st_mtime_ns and path.is_file():
            written[str(path)] = path.read_bytes()
            path.unlink()
    # a bar of progress, which is drawn and wiped away again, differs from run to run
    told = re.sub(r"\x1b\[\?25l.*?\x1b\[\?25h(?:\r?\x1b\[1A\x1b\[2K)*", "", error.getvalue(), flags=re.DOTALL)
    return code, out.getvalue(), told, written


def command(verb: str) -> Any:
    """The command of a verb, with the help and the options."""
    app = typer.main.get_command(cli.app)
    return app.get_command(typer.Context(app), verb)  # type: ignore[attr-defined]


def options(verb: str) -> list[tuple[str, bool]]:
    """The options of a verb, each as it is typed, and whether it is without a value."""
    return [
        (flag, param.is_flag)
        for param in command(verb).params
        if param.param_type_name == "option" and param.name != "help"
        for flag in (
            next((word for word in param.opts if word.startswith("--")), param.opts[0]), *param.secondary_opts
        )
    ]  # fmt: skip


def cases(verb: str) -> list[str]:
    """The command lines on which a verb's options are tried; without CASES, the network or its examples."""
    if verb in CASES:
        return CASES[verb]
    if any(param.name == "spec" for param in command(verb).params):
        return ["net.yaml"]
    return re.findall(rf"^\s*cnncalc {verb}(.*)", command(verb).help, re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"{verb} {case.strip()}".strip(), marks=pytest.mark.slow if at else ())
        for verb in cli.verbs()
        for at, case in enumerate(cases(verb))
    ],
)
def test_each_option_changes_the_outcome_or_is_refused(
    line: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verb, *words = shlex.split(line)
    plain = outcome(folder, monkeypatch, [verb, *words])
    assert plain[0] in (0, 1), plain
    excused = {
        flag for pattern, flags in EXCUSED.items() if re.match(pattern, line) for flag in flags.split()
    }
    for flag, is_flag in options(verb):
        if flag not in words and flag not in excused:
            value = [] if is_flag else VALUES.get(f"{verb} {flag}", VALUES.get(flag, "5")).split(" ")
            found = outcome(folder, monkeypatch, [verb, *words, flag, *value])
            assert found != plain, f"{flag} is accepted and passed over"
            assert found[0] in (0, 1, 2)
            assert "error[internal]" not in found[2]


def test_every_verb_is_tried() -> None:
    assert set(CASES) <= set(cli.verbs())
    assert all(map(cases, cli.verbs()))
