"""The command, run as the shell runs it, in a process forked from the tests' own: nothing is imported anew.

What only a new interpreter shows (start-up, flags of Python, keys pressed) is tested by `subprocess`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import cnncalc
from cnncalc import cli


def run(
    *arguments: Any,
    given: bytes | str = b"",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> CompletedProcess[bytes]:
    """What `cnncalc ARGUMENTS` prints and its exit code; `environment` comes on top of the tests'."""
    words = [str(argument) for argument in arguments]
    data = given.encode() if isinstance(given, str) else given
    if not hasattr(os, "fork"):
        return _by_subprocess(words, data, cwd, environment or {})
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(data)
        stdin.seek(0)
        child = start(words, (stdin, out, err), cwd=cwd, environment=environment)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return CompletedProcess(words, os.waitstatus_to_exitcode(status), out.read(), err.read())


def told(*arguments: Any, **options: Any) -> CompletedProcess[str]:
    """As `run`, with what is printed as text."""
    done = run(*arguments, **options)
    return CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def start(
    words: Sequence[str],
    streams: tuple[Any, Any, Any],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """The number of a process that runs `cnncalc WORDS` with three open files as its streams."""
    import_all()
    if (child := os.fork()) == 0:
        _child([*words], streams, cwd, environment or {})
    return child


@cache
def import_all() -> None:
    """Imports what any verb may import, once for all commands and for all processes that commands start."""
    import numpy as np  # noqa: F401 - by far the largest

    for module in pkgutil.walk_packages(cnncalc.__path__, "cnncalc."):
        if module.name != "cnncalc.__main__":
            importlib.import_module(module.name)


def _child(
    words: list[str], streams: tuple[Any, Any, Any], cwd: Path | None, environment: Mapping[str, str]
) -> None:
    """Runs the command in this process, which ends with it."""
    code: Any = 70
    try:
        os.environ.update(environment)
        os.chdir(cwd or Path.cwd())
        encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
        for number, file in enumerate(streams):
            os.dup2(file.fileno(), number)
        sys.stdin = TextIOWrapper(BufferedReader(FileIO(0)), encoding)
        sys.stdout = TextIOWrapper(BufferedWriter(FileIO(1, "w")), encoding)
        sys.stderr = TextIOWrapper(BufferedWriter(FileIO(2, "w")), encoding, errors="backslashreplace")
        cli.main(words)
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 - a traceback is what the tests look for
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 1)


def _by_subprocess(
    words: list[str], given: bytes, cwd: Path | None, environment: Mapping[str, str]
) -> CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cnncalc", *words],
        input=given,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
    )
