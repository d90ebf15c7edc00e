"""The pager: for what is longer than the screen of a terminal, never for pipes, and never an error."""

from __future__ import annotations

import os
import signal
import struct
import sys
from pathlib import Path
from typing import Any

import command
import pytest

pty = pytest.importorskip("pty")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

PAGER = """\
import sys
text = sys.stdin.read()
print("PAGED", len(text.splitlines()), "conv1" in text)
"""


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes what the machine says of pagers and screens out of the environment."""
    for name in ("PAGER", "CNNCALC_PAGER", "COLUMNS", "LINES", "LESS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pager(tmp_path: Path) -> str:
    file = tmp_path / "pager.py"
    file.write_text(PAGER)
    return f"{sys.executable} {file}"


def seen(*words: str, lines: int = 24, **environment: Any) -> tuple[int, str]:
    """The exit code of a command on a terminal of so many lines, and what is to be seen there."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 100, 0, 0))
    kept = {"TERM": "xterm", "LANG": "en_US.UTF-8", **environment}
    with open(other, "wb", buffering=0) as terminal:  # noqa: PTH123 - the terminal has no path
        child = command.start(words, (terminal, terminal, terminal), environment=kept)
    out = b""
    try:
        while piece := os.read(main, 65536):
            out += piece
    except OSError:
        pass
    os.close(main)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), out.decode()


def test_what_is_longer_than_the_screen_goes_to_the_pager(pager: str) -> None:
    code, out = seen("summary", "resnet50", PAGER=pager)
    assert code == 0
    assert out.startswith("PAGED ")
    assert "True" in out


def test_what_fits_the_screen_is_printed(pager: str) -> None:
    for words, lines in ((["shapes", "lenet5"], 24), (["summary", "resnet50"], 200)):
        code, out = seen(*words, lines=lines, PAGER=pager)
        assert (code, "PAGED" in out) == (0, False)
        assert "conv1" in out or "CONV1" in out


@pytest.mark.parametrize(
    "environment",
    [
        {"PAGER": "cat"}, {"PAGER": ""}, {"PAGER": "no-such-pager"}, {"PAGER": "'"},
        {"CNNCALC_PAGER": "", "PAGER": "false"}, {"PAGER": "/"},
    ],
)  # fmt: skip
def test_without_a_pager_all_is_printed(environment: dict[str, Any]) -> None:
    code, out = seen("summary", "resnet50", **environment)
    assert code == 0
    assert out.startswith("ResNet-50") or "ResNet-50" in out[:20]
    assert "25,557,032" in out


def test_the_pager_of_cnncalc_goes_before_that_of_all(pager: str) -> None:
    assert "PAGED" in seen("summary", "resnet50", CNNCALC_PAGER=pager, PAGER="false")[1]


def test_no_pager_means_none(pager: str) -> None:
    assert "PAGED" not in seen("summary", "resnet50", "--no-pager", PAGER=pager)[1]


def test_a_reader_who_leaves_early_and_an_interrupt_are_no_errors(tmp_path: Path) -> None:
    leaves = tmp_path / "leaves.py"
    leaves.write_text("print('LEFT')\n")
    code, out = seen("shapes", "densenet121", "--all", "--no-color", PAGER=f"{sys.executable} {leaves}")
    assert (code, out.strip()) == (0, "LEFT")
    # an interrupt reaches cnncalc while the pager is read
    stops = tmp_path / "stops.py"
    stops.write_text(
        "import os, sys\n"
        f"os.kill(os.getppid(), {int(signal.SIGINT)})\n"
        "print('READ', len(sys.stdin.read()) >= 0)\n"
    )
    code, out = seen("summary", "resnet50", PAGER=f"{sys.executable} {stops}")
    assert (code, out.startswith("READ True")) == (0, True)


def test_a_limit_that_is_passed_is_told_under_the_pager(pager: str) -> None:
    code, out = seen("summary", "resnet50", "--max-params", "5M", PAGER=pager)
    assert code == 1
    assert out.index("PAGED") < out.index("25,557,032 parameters")
