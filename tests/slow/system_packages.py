"""Programs of the system that the slow tests need, installed where they are missing and this user may."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def program(package: str, *names: str) -> str:
    """The first of these commands that is there; else that of Debian's package. Raises AssertionError."""
    found = _there(names)
    manager = shutil.which("apt-get")
    if found is None and manager and os.geteuid() == 0:
        # of tests that run side by side one installs, as the package manager serves one at a time
        with (Path(tempfile.gettempdir()) / "cnncalc-tests-install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _there(names) is None:
                environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
                for job in (("update",), ("install", "--no-install-recommends", package)):
                    command = [manager, "-qq", "-y", *job]
                    subprocess.run(command, check=True, capture_output=True, env=environment)
        found = _there(names)
    assert found, f"these tests need {names[0]}: apt-get install {package}"
    return found


def _there(names: tuple[str, ...]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)
