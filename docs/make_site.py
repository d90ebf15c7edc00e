"""Makes the calculator as a static site: the page, Python for browsers, and cnncalc from its wheel.

`make site` runs it, with npm for what docs/pyodide names. Any server of static files can host the folder.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGE = ROOT / "cnncalc" / "web" / "page"
PYTHON = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")
"""The files of the npm package `pyodide` that a browser asks for."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file of the archive, so that the same build is the same bytes."""


def make(site: Path) -> None:
    """Writes the site to a folder, in place of what the folder holds."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        made = work / "site"
        (made / "pyodide").mkdir(parents=True)
        packages = _npm(work)
        for name in PYTHON:
            shutil.copy(packages / "pyodide" / name, made / "pyodide")
        _library(_wheel(work), made / "library.zip")
        _run([_command("node"), str(HERE / "pyodide" / "pack.mjs"), str(made)], work)
        for file in sorted(PAGE.iterdir()):
            if file.name not in ("ask_server.js", "ask_worker.js", "offline.js"):
                shutil.copy(file, made)
        shutil.copy(PAGE / "ask_worker.js", made / "ask.js")
        _keep_offline(made)
        shutil.rmtree(site, ignore_errors=True)
        shutil.move(made, site)


def _npm(work: Path) -> Path:
    """The folder of the npm packages, at the versions of the lock file."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "pyodide" / name, work)
    _run([_command("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], work)
    return work / "node_modules"


def _command(name: str) -> str:
    """The path of a command of Node.js."""
    found = shutil.which(name)
    if found is None:
        sys.exit(f"make site needs {name}, of Node.js")
    return found


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - the commands are those of this file


def _wheel(work: Path) -> Path:
    command = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "wheel", "--no-deps"]
    _run([*command, "--no-build-isolation", "-w", str(work), str(ROOT)], work)
    return next(work.glob("*.whl"))


def _library(wheel: Path, file: Path) -> None:
    """The wheel as it is, and the Python files of PyYAML, whose parser in C has no place in a browser."""
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(wheel) as archive:
        files |= {name: archive.read(name) for name in archive.namelist()}
    folder = Path(yaml.__file__).parent
    files |= {f"yaml/{path.name}": path.read_bytes() for path in folder.glob("*.py")}
    for path in distribution("pyyaml").files or ():
        if path.name in ("METADATA", "LICENSE"):
            files[str(path)] = path.read_binary()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])


def _keep_offline(made: Path) -> None:
    """Names all files in the script that keeps them, and the build by what the files hold."""
    names = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
    script = (PAGE / "offline.js").read_text("utf-8")
    build = hashlib.sha256(script.encode())
    for name in names:
        build.update((made / name).read_bytes())
    script = script.replace("@BUILD@", build.hexdigest()[:16])
    (made / "offline.js").write_text(script.replace("@FILES@", '", "'.join(["./", *names])), "utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "site")
