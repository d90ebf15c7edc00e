"""What is written is there whole or not at all, whatever the disk, the streams and the user do."""

from __future__ import annotations

import os
import pty
import re
import resource
import select
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cnncalc.cli import main

COMMAND = [sys.executable, "-m", "cnncalc"]
SHEET = "Layer,# Parameters\nCONV1,456\n"
# Every verb that writes, with the file that it is told to write as the last word.
WRITERS = [
    *(f"shapes lenet5 --format {format} -o t.txt" for format in ("table", "csv", "markdown")),
    *(f"explain lenet5 CONV1 --format {format} -o t.txt" for format in ("text", "html")),
    "params lenet5 -o t.txt", "connections lenet5 -o t.txt", "cost lenet5 -o t.txt", "rf lenet5 -o t.txt",
    "summary lenet5 -o t.txt", "compare lenet5 vgg16 -o t.txt", "diff lenet5 lenet5 -o t.txt",
    "report lenet5 -o t.html", "draw lenet5 -o t.svg", "draw lenet5 -o t.tex", "convert lenet5 -o t.yaml",
    "sweep lenet5 --input 32x32x1,64x64x1 -o t.txt", "cost lenet5 --device t4 --plot t.svg",
    "quiz --format qti21 -o t.zip",
    "reconcile lenet5 thop ptflops -o t.txt",
    "list -o t.txt", "layers -o t.txt", "show lenet5 -o t.yaml", "export lenet5 -o t.mmd",
    "verify lenet5 -o t.txt",
    "run lenet5 -o t.txt", "run lenet5 --save t.npz",
    *(f"check lenet5 --template -o t.{suffix}" for suffix in ("csv", "md", "yaml", "json", "xlsx")),
    "check lenet5 sheets/a.csv -o t.txt", "grade lenet5 sheets -o t.txt", "grade lenet5 sheets --csv t.csv",
    *(f"quiz --format {format} -o t.txt" for format in ("markdown", "gift", "moodle")),
    "convolve 1,2;3,4 1 -o t.txt", "train 1,2;3,4 fc-1 --weight 1 -o t.txt", "size 7 --kernel 3 -o t.txt",
    "solve --input 227 --kernel 11 --stride 4 --output 55 -o t.txt",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("sheets").mkdir()
    Path("sheets/a.csv").write_text(SHEET)
    return tmp_path


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    # a shell turns it off for what runs in its background, and so for the commands that are tested here
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command in this process says as it fails."""
    with pytest.raises(SystemExit) as exited:
        main(command)
    assert exited.value.code == 2
    said = capsys.readouterr().err
    assert said.count("error[") == 1, said
    return said


@pytest.mark.parametrize("writer", WRITERS)
def test_what_cannot_be_written_is_one_error_and_no_debris(
    writer: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *words, name = writer.split()
    Path("taken").write_text("a file\n")
    Path("as-folder" + Path(name).suffix).mkdir()
    before = everything(folder)
    # also the superuser can't write to these, unlike to what permissions keep from others
    for target in (f"nowhere/{name}", f"taken/{name}", "as-folder" + Path(name).suffix, f"/proc/{name}"):
        assert f"{target}: error[unwritable_file]: can't be written: " in refused([*words, target], capsys)
        assert everything(folder) == before


@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_that_is_full_leaves_what_was_there(
    writer: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *words, name = writer.split()
    Path(name).write_text("before")
    before = everything(folder)
    # a file may grow to 20 bytes and no further
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, usual[1]))
    try:
        said = refused([*words, name], capsys)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert "error[unwritable_file]" in said
    assert everything(folder) == before


@pytest.mark.parametrize("option", ["--feedback", "--gradescope"])
def test_a_folder_that_cannot_be_made(option: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").write_text("a file\n")
    before = everything(folder)
    said = refused(["grade", "lenet5", "sheets", option, "taken/notes"], capsys)
    assert "taken/notes: error[unwritable_folder]: can't be made: not a directory" in said
    assert everything(folder) == before


def test_links_and_permissions_stay(folder: Path) -> None:
    Path("real.csv").write_text("before")
    Path("real.csv").chmod(0o640)
    Path("link.csv").symlink_to("real.csv")
    with pytest.raises(SystemExit) as exited:
        main(["shapes", "lenet5", "--format", "csv", "-o", "link.csv"])
    assert exited.value.code == 0
    assert Path("link.csv").is_symlink()
    assert Path("real.csv").read_text().startswith("Layer,")
    assert stat.S_IMODE(Path("real.csv").stat().st_mode) == 0o640
    assert {path.name for path in folder.iterdir()} == {"link.csv", "real.csv", "sheets"}


def test_a_pipe_is_written_to_and_not_replaced() -> None:
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:  # noqa: S607 - the system's
        with pytest.raises(SystemExit) as exited:
            main(["show", "lenet5", "-o", "pipe"])
        assert exited.value.code == 0
        assert reader.communicate(timeout=60)[0].startswith(b"# yaml-language-server")
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)


def test_a_spec_may_be_written_over() -> None:
    for arguments in (["show", "lenet5", "-o", "n.yaml"], ["shapes", "n.yaml", "-o", "n.yaml"]):
        with pytest.raises(SystemExit) as exited:
            main(arguments)
        assert exited.value.code == 0
    assert Path("n.yaml").read_text().startswith("LeNet-5\n32x32x3 · 7 layers")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("shapes lenet5 >&-", 0),
        ("shapes nothere 2>&-", 2),
        ("shapes lenet5 -o t.txt >&- 2>&- <&-", 0),
        ("shapes - <&-", 2),
        ("check lenet5 - <&-", 2),
        ("--help >&-", 0),
        ("shapes lenet5 >/dev/full", 2),
        ("shapes resnet152 --format csv >/dev/full", 2),
        ("shapes resnet152 | head -1; test ${PIPESTATUS[0]} = 0", 0),
        ("shapes resnet152 --format csv | true; test ${PIPESTATUS[0]} = 0", 0),
    ],
)
def test_streams_that_are_closed_or_full(command: str, code: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"$0" -m cnncalc {command}', sys.executable],  # noqa: S607 - for PIPESTATUS
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == code, done
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.count("error[") == (code == 2 and "2>&-" not in command)


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": None, "TERM": None},
        {"HOME": "/nowhere", "TERM": "dumb"},
        {"TERM": "no-such-terminal", "COLUMNS": "0"},
        {"LC_ALL": "C", "LANG": "C", "COLUMNS": "many"},
        {"PYTHONIOENCODING": "ascii", "COLUMNS": "1"},
    ],
    ids=str,
)
def test_environments(environment: dict[str, str | None]) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in environment}
    given = {name: value for name, value in environment.items() if value is not None}
    done = subprocess.run(
        [*COMMAND, "cost", "lenet5"], capture_output=True, check=False, env={**kept, **given}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    bar = b"###" if "PYTHONIOENCODING" in environment else "███".encode()
    assert b"352,800    705,600  " + bar in done.stdout


def in_terminal(
    arguments: list[str], act: Callable[[subprocess.Popen[bytes]], None], until: bytes
) -> tuple[int, bytes, bool]:
    """Runs the command in a terminal, and acts once something is shown.

    It acts again after a while: Python hears a signal too late that comes just before it waits for a line.

    Gives its code, all that was shown, and whether the terminal is as it was.
    """
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )  # fmt: skip
    shown, acts, hang_guard = b"", 0.0, time.monotonic() + 120
    try:
        while time.monotonic() < hang_guard:
            if select.select([master], [], [], 0.05)[0]:
                shown += os.read(master, 65536)
            elif process.poll() is not None:
                break
            if until in shown and time.monotonic() > acts:
                acts = time.monotonic() + 20
                act(process)
        assert acts, shown
        return process.wait(timeout=60), shown, termios.tcgetattr(slave) == before
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def send(number: signal.Signals) -> Callable[[subprocess.Popen[bytes]], None]:
    return lambda process: process.send_signal(number)


ENDS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.parametrize(("sent", "code"), ENDS)
@pytest.mark.parametrize("command", ["verify vgg16", "run vgg16 --save maps.npz"])
def test_a_run_that_is_interrupted(command: str, sent: signal.Signals, code: int, folder: Path) -> None:
    before = everything(folder)
    found, shown, same = in_terminal(command.split(), send(sent), b"running")
    assert found == code, shown
    assert same
    assert b"Traceback" not in shown
    # the cursor that the bar hid is there again, and nothing but the bar was shown
    assert shown.rfind(b"\033[?25h") > shown.rfind(b"\033[?25l")
    after = re.sub(rb"\033\[[0-9;?]*[A-Za-z]", b"", shown[shown.rfind(b"\033[?25h") :])
    assert len(after.split()) <= 1, after
    assert everything(folder) == before


def test_a_hang_up_that_is_ignored_stays_so() -> None:
    code = """
import os, signal
from cnncalc.cli import main
signal.signal(signal.SIGHUP, signal.SIG_IGN)
import cnncalc.built_in
read = cnncalc.built_in.builtin_path
cnncalc.built_in.builtin_path = lambda name: os.kill(os.getpid(), signal.SIGHUP) or read(name)
main(["show", "lenet5"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done


def test_a_quiz_that_is_interrupted() -> None:
    code, shown, same = in_terminal(["quiz"], send(signal.SIGINT), b"> ")
    assert code == 130, shown
    assert same
    assert b"Traceback" not in shown
