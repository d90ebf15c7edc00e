"""Runs commands of cnncalc where they can do no harm: `python contained.py`, the commands as JSON on stdin.

Each command runs in a process of its own, forked when all is imported, with SECONDS of the processor and
BYTES of memory beyond what the imports take. An audit hook ends it where it starts a process, opens a
socket or a library, unpickles, runs a text as a program, or opens a file for writing. What comes out, on
stdout, is a list with the exit code, what was printed as an error, and what was forbidden, for each command.
The child that keeps a budget (cnncalc/budget.py) is let be: the hook goes with it.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import os
import pkgutil
import resource
import sys
import traceback
import typing
from pathlib import Path
from typing import Any

from cnncalc import budget

SECONDS, BYTES = 10, 400 * 2**20
FORBIDDEN = (
    "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "subprocess.Popen", "pty.spawn",
    "socket.", "pickle.find_class", "ctypes.", "code.__new__", "os.remove", "os.rename", "os.mkdir",
    "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate", "os.putenv", "shutil.",
    "urllib.Request", "webbrowser.open", "tempfile.",
)  # fmt: skip
"""Events that no reader of a file may raise, by how they begin."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def load_all() -> None:
    """Imports whatever a command may import, so that nothing but the files is left to be read."""
    import cnncalc

    for module in pkgutil.walk_packages(cnncalc.__path__, "cnncalc."):
        if module.name != "cnncalc.__main__":
            importlib.import_module(module.name)
    for name in (
        "onnx",
        "onnx.reference",
        "onnx.shape_inference",
        "onnx.numpy_helper",
        "onnx.parser",
        "h5py",
        "PIL.Image",
    ):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for command in (["shapes", "lenet5"], ["run", "lenet5"], ["shapes", "no/such/file"]):
        run(command)
    if (onnx := sys.modules.get("onnx")) is not None:
        graph = onnx.parser.parse_graph("g (float[1] x) => (float[1] y) { y = Abs(x) }")
        onnx.reference.ReferenceEvaluator(onnx.helper.make_model(graph))


def run(command: list[str]) -> tuple[Any, str]:
    """The exit code of a command, or the error that it should not have raised, and what it told of errors."""
    from cnncalc.cli import main

    sys.argv = ["cnncalc", *command]
    errors = io.StringIO()
    code: Any = 0
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            main()
    except SystemExit as end:
        code = end.code
    except BaseException as error:  # noqa: BLE001 - a traceback is what is looked for
        code = f"{type(error).__name__}: {error}"[:200]
    return code, errors.getvalue()


def budgeted(event: str) -> bool:
    """Whether the event is the start of a child with a budget."""
    frame: Any = sys._getframe()
    return event == "os.fork" and any(
        f.f_code.co_filename == budget.__file__ for f, _ in traceback.walk_stack(frame)
    )


def guard(found: list[str]) -> None:
    """Forbids all that a reader has no need of, from here on."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        bad = event.startswith(FORBIDDEN) and not budgeted(event)
        if event == "exec":
            name = getattr(arguments[0], "co_filename", "<text>")
            # typer asks what the annotations of a verb are, which are texts
            ours = sys._getframe(1).f_code.co_filename in (inspect.__file__, typing.__file__)
            bad = name.startswith("<") and not name.startswith("<frozen") and not ours
        if event == "open":
            flags = arguments[2] if len(arguments) > 2 else 0
            bad = isinstance(flags, int) and bool(flags & WRITES)
        if bad:
            found.append(f"{event}{arguments}"[:200])
            raise PermissionError(event)

    sys.addaudithook(hook)


def one(command: list[str], report: int) -> None:
    """Runs a command to its end in this process, and writes what came of it."""
    found: list[str] = []
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + BYTES, size + BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    guard(found)
    code, errors = run(command)
    os.write(report, json.dumps([code, errors, found]).encode())


def main() -> None:
    """Runs the commands."""
    commands = json.load(sys.stdin)
    load_all()
    results = []
    for command in commands:
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            try:
                one(command, write)
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        results.append(json.loads(told) if told else [f"ended by signal {status & 127}", "", []])
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
