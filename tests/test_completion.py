"""What a shell completes: asked as bash, zsh and fish ask, and through bash and fish themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import command
import pytest
import typer

from cnncalc.cli import app, verbs
from cnncalc.cli.completion import _OF_NAME, _OF_VERB

SPEC = "input: 8x8x1\nvariables: {width: 4}\nlayers: [C1=conv3-$width, {block: {name: b, layers: [fc-2]}}]\n"
BOMB = "input: 8x8x1\nlayers: [{repeat: {times: 1999999, layers: [relu]}}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"mine.yaml": SPEC, "broken.yaml": "input: [\n", "bomb.yaml": BOMB}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "nets").mkdir()
    return tmp_path


def ask(folder: Path, shell: str, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What a shell is told for a line, whose last word is under the cursor."""
    words = line.split(" ")
    how = {"_CNNCALC_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line}
    how |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    return command.told(cwd=folder, environment={**how, **more})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("cnncalc sha", "shapes"),
        ("cnncalc shapes lene", "lenet-28 lenet5 lenet5-1998"),
        ("cnncalc shapes mn", "mnist-cnn"),
        ("cnncalc shapes min", "mine.yaml"),
        ("cnncalc compare vgg16 goog", "googlenet"),
        ("cnncalc show min", ""),
        ("cnncalc layers conv", "conv conv_transpose"),
        ("cnncalc layers maxp", "maxpool"),
        ("cnncalc params --conv", "--convention --conv --conv-transpose"),
        ("cnncalc reconcile resnet50 thop pt", "ptflops"),
        ("cnncalc shapes --format ma", "markdown"),
        ("cnncalc explain lenet5 --format l", "latex"),
        ("cnncalc summary lenet5 --columns name,sh", "name,shape"),
        ("cnncalc summary lenet5 --columns = sh", "shape"),
        ("cnncalc check lenet5 --columns shape,par", "shape,params shape,params_share"),
        ("cnncalc explain --quantity params,o", "params,output"),
        ("cnncalc explain lenet5 CON", "CONV1 CONV2"),
        ("cnncalc explain resnet50 conv2_x.", "conv2_x.bottleneck1 conv2_x.repeat1"),
        ("cnncalc explain mine.yaml ", "b C1"),
        ("cnncalc shapes mine.yaml --set w", "width=4"),
        ("cnncalc rf vgg16 --lay", "--layout"),
        # nothing to tell: the shell completes files, as it does without us
        ("cnncalc shapes nets", ""),
        ("cnncalc shapes ./mi", ""),
        ("cnncalc show lenet5 -o mi", ""),
        ("cnncalc check lenet5 mi", ""),
    ],
)
def test_what_bash_is_told(folder: Path, line: str, told: str) -> None:
    done = ask(folder, "bash", line)
    assert (done.stdout.split(), done.stderr, done.returncode) == (told.split(), "", 0)


def test_zsh_and_fish_are_told_what_it_is_too(folder: Path) -> None:
    zsh = ask(folder, "zsh", "cnncalc sho").stdout
    assert zsh.startswith("_arguments '*: :((")
    assert '"show":"The YAML of a built-in architecture' in zsh
    assert ask(folder, "zsh", "cnncalc show nothing").stdout.strip() == "_files"
    fish = ask(folder, "fish", "cnncalc sho", _TYPER_COMPLETE_FISH_ACTION="get-args").stdout
    assert fish.startswith("show\tThe YAML of a built-in architecture")
    # by this fish knows whether to fall back on files
    for line, code in (("cnncalc sho", 0), ("cnncalc show nothing", 1)):
        assert ask(folder, "fish", line, _TYPER_COMPLETE_FISH_ACTION="is-args").returncode == code


@pytest.mark.parametrize(
    "line",
    [
        "cnncalc nosuch --x ", "cnncalc explain broken.yaml ", "cnncalc explain bomb.yaml ",
        "cnncalc explain nosuch.yaml ", "cnncalc explain - ", "cnncalc explain nets ",
        "cnncalc explain /dev/zero ", "cnncalc shapes broken.yaml --set ", "cnncalc shapes 'conv3-6, ma",
        "cnncalc explain 网络 层", "cnncalc summary lenet5 --columns ,,", "cnncalc --depth x",
        "cnncalc shapes --depth x ",
    ],
)  # fmt: skip
def test_nothing_is_said_of_what_is_wrong(folder: Path, line: str) -> None:
    done = ask(folder, "bash", line, LC_ALL="C")
    assert done.stderr == ""
    assert "error[" not in done.stdout


def parameters(verb: str) -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return {param.name: param for param in group.get_command(None, verb).params}


CLOSED = ["format", "dtype", "optimizer", "layout", "rounding", "against", "lang", "feedback_format", "pool"]


def test_words_are_those_of_the_help() -> None:
    compared = 0
    for verb in verbs():
        for name, param in parameters(verb).items():
            complete = _OF_VERB.get((verb, name)) or _OF_NAME.get(name)
            if name in CLOSED:
                assert complete is not None
                context = typer.Context(typer.main.get_command(app), info_name=verb)
                *words, last = complete(context, "")
                before = ", ".join(words)
                assert re.match(f".*({before} or {last}|{before}, {last})", param.help), f"{verb} --{name}"
                compared += 1
    assert compared > 50


def test_every_entry_completes_something() -> None:
    known = {(verb, name) for verb in verbs() for name in parameters(verb)}
    assert set(_OF_NAME) <= {name for _, name in known}
    assert set(_OF_VERB) <= known


def test_little_is_loaded(folder: Path) -> None:
    report = (
        "import atexit, sys; atexit.register(lambda: print('LOADED', *filter(sys.modules.get, sys.modules)))"
    )
    code = f"{report}; from cnncalc.cli import main; main()"
    for line in (
        "cnncalc s",
        "cnncalc cost --optimizer ",
        "cnncalc explain lenet5 ",
        "cnncalc verify --against ",
    ):
        how = {"_CNNCALC_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line}
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **how}, cwd=folder, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        assert not {"numpy", "rich", "pydantic"} & set(done.stdout.rpartition("LOADED")[2].split()), line


# ---- the shells themselves


def with_command(folder: Path) -> dict[str, str]:
    """An environment in which a shell finds the command that is tested."""
    (folder / "bin").mkdir()
    shim = folder / "bin" / "cnncalc"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnncalc "$@"\n')
    shim.chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / ".config")}


BASH, FISH = shutil.which("bash"), shutil.which("fish")


@pytest.mark.skipif(BASH is None, reason="there is no bash here")
def test_in_bash(folder: Path) -> None:
    script = """
    eval "$(_CNNCALC_COMPLETE=source_bash cnncalc)"
    complete -p cnncalc
    COMP_WORDS=(cnncalc summary mine.yaml --columns name,sha) COMP_CWORD=4
    _cnncalc_completion cnncalc
    echo "${#COMPREPLY[@]} ${COMPREPLY[*]}"
    """
    done = subprocess.run(
        [str(BASH), "--norc", "-c", script],
        env=with_command(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "complete -o default -F _cnncalc_completion cnncalc", "1 name,shape",
    ]  # fmt: skip
    assert done.stderr == ""


@pytest.mark.skipif(FISH is None, reason="there is no fish here")
def test_in_fish(folder: Path) -> None:
    script = "_CNNCALC_COMPLETE=source_fish cnncalc | source; complete -C 'cnncalc layers gl'"
    done = subprocess.run(
        [str(FISH), "-c", script],
        env=with_command(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["global_avg_pool", "global_max_pool"]
