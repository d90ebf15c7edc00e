"""What the documentation says is what happens: every command and every example is run."""

from __future__ import annotations

import ast
import doctest
import importlib
import importlib.util
import json
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import command as shell
import pytest

import cnncalc
from cnncalc.layers import names

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
"""Where the models are that pages name."""
FILE = re.compile(r"^`(\S+)`:\n\n```(?:yaml|csv|python|toml|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""A file that a page shows, under its name."""
PART = re.compile(r"^`(\S+)`, before `([^`]+)`:\n\n```text\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""What a page adds to a file, before the line that begins so."""
METHOD = re.compile(r"^`(\S+)`, in `(\w+)`:\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""What a page adds to a class of a file."""
PACKAGE = "cnncalc"
ENGINE = "--against"
"""What only the slow tests can do."""
COMMANDS = ("cnncalc", "python", "printf", "mkdir")
SHELL = f'cnncalc() {{ "{sys.executable}" -m cnncalc "$@"; }}; python() {{ "{sys.executable}" "$@"; }}; '
"""What a page's commands find in their shell."""
OF_A_SHELL = set("|<>&;$`*?~\n")
"""Signs of a command that needs a shell."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def commands(page: Path) -> list[tuple[str, str]]:
    """The commands of a page's console blocks, each with what it prints there."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            if re.sub(r"^(\w+=\S+ )+", "", command).split()[0] in COMMANDS:
                found.append((command, printed))
    return found


def lay_out(page: Path, folder: Path) -> None:
    """The files that a page shows and the models that it names; a copy of the package around those in it.

    What a page's pyproject.toml builds is installed in the folder's `site`.
    """
    text = page.read_text("utf-8")
    if any(name.startswith(f"{PACKAGE}/") for name, _ in FILE.findall(text)):
        for part in (PACKAGE, "architectures"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    add_to_package(text, folder)
    for name in set(re.findall(r"\b[\w-]+\.(?:pt2|onnx|keras|h5)\b", text)):
        if (DATA / name).exists():
            shutil.copy(DATA / name, folder)
    for name, shown in FILE.findall(text):
        if not name.startswith(f"{PACKAGE}/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(shown, "utf-8")
    if (folder / "pyproject.toml").exists():
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
        subprocess.run(build, cwd=folder, check=True, capture_output=True)
        shutil.unpack_archive(next(folder.glob("dist/*.whl")), folder / "site", "zip")


def add_to_package(text: str, folder: Path) -> None:
    """What a page adds to the package in a folder, unless that has it already."""
    for name, line, part in PART.findall(text):
        before, found, after = (folder / name).read_text("utf-8").partition(f"    {line}")
        assert found, line
        if not before.endswith(part):
            (folder / name).write_text(before + part + found + after, "utf-8")
    for name, in_class, added in METHOD.findall(text):
        known = (folder / name).read_text("utf-8")
        if added in known:
            continue
        lines = known.splitlines(keepends=True)
        (end,) = (
            n.end_lineno for n in ast.parse(known).body if isinstance(n, ast.ClassDef) and n.name == in_class
        )
        lines.insert(end or 0, "\n" + added)
        (folder / name).write_text("".join(lines), "utf-8")
    for name, shown in FILE.findall(text):
        if name.startswith(f"{PACKAGE}/languages/"):  # what a page shows of a catalogue is added to it
            words = {**json.loads((folder / name).read_text("utf-8")), **json.loads(shown)}
            (folder / name).write_text(json.dumps(words, ensure_ascii=False, indent=2) + "\n", "utf-8")
        elif name.startswith(f"{PACKAGE}/"):
            (folder / name).write_text(shown, "utf-8")


def hold(page: Path, chosen: list[tuple[str, str]], folder: Path) -> None:
    """Runs commands of a page in a folder, and holds the page to what they print."""
    lay_out(page, folder)
    path = os.pathsep.join(filter(None, (str(folder / "site"), os.environ.get("PYTHONPATH"))))
    for line, printed in chosen:
        more = {"COLUMNS": "80", "LANGUAGE": "en", "PYTHONPATH": path}
        if line.startswith("cnncalc ") and not set(line) & OF_A_SHELL and not page.name.startswith("adding"):
            done = shell.told(*shlex.split(line)[1:], cwd=folder, environment=more)
        else:
            done = subprocess.run(
                ["sh", "-c", SHELL + line],  # noqa: S607 - the reader's own
                capture_output=True,
                check=False,
                cwd=folder,
                encoding="utf-8",
                env={**os.environ, **more},
            )
        shown = done.stdout + done.stderr
        if "..." in printed:
            # a long output is shown in part: what is shown must be there, in order
            pattern = ".*".join(re.escape(piece.strip()) for piece in printed.split("..."))
            assert re.fullmatch(pattern, shown.strip(), re.DOTALL), f"{line}\n{shown}"
        else:
            assert shown.rstrip() == printed.rstrip(), line


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.slow if page.name.startswith("adding") else ()) for page in PAGES],
    ids=lambda page: page.name,
)
def test_every_command_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    hold(page, [each for each in commands(page) if ENGINE not in each[0]], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(ENGINE in command for command, _ in commands(page))],
    ids=lambda page: page.name,
)
def test_every_command_with_another_engine(page: Path, tmp_path: Path) -> None:
    hold(page, [each for each in commands(page) if ENGINE in each[0]], tmp_path)


LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "build", "dist", "slow"
)


@pytest.fixture(scope="module")
def with_all_additions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, to which every how-to page makes its additions, and what is made from those."""
    copy = tmp_path_factory.mktemp("added") / "project"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
    for page in sorted((ROOT / "docs").glob("adding-a-*.md")):
        add_to_package(page.read_text("utf-8"), copy)
    # `make docs`, and the schema of `make format`
    run_in(copy, sys.executable, "-m", "docs.make")
    run_in(copy, sys.executable, "-m", PACKAGE, "schema", "-o", "architectures/schema.json")
    return copy


def run_in(project: Path, *command: str) -> None:
    """Runs a command on a copy of the project, and holds it to exit 0."""
    env = {**os.environ, "PYTHONPATH": str(project)}
    done = subprocess.run(command, capture_output=True, check=False, cwd=project, encoding="utf-8", env=env)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_all_that_the_pages_add_passes_the_linters_and_the_type_checker(with_all_additions: Path) -> None:
    ruff = str(Path(sys.executable).parent / "ruff")
    run_in(with_all_additions, ruff, "check")
    run_in(with_all_additions, ruff, "format", "--check")
    run_in(with_all_additions, sys.executable, "-m", "mypy")


CONCERNED = {
    "a kind, a kernel": (
        "convention_tables.py",
        "documentation.py::test_the_page_of_the_kinds_has_each_once_and_every_link_leads_somewhere",
        "documentation.py::test_what_is_made_is_fresh",
        "execute.py",
        "explain.py",
        "layers.py",
        "schema.py",
    ),
    "a quantity, a slip, a convention": (
        "cost.py",
        "counting.py",
        "homework_marking.py",
        "homework_quiz.py",
        "homework_sheets.py",
        "homework_slips.py",
        "homework_templates.py",
        "json.py",
        "languages.py",
        "quantity.py",
    ),
    "a format, a verb": (
        "cli.py",
        "completion.py",
        "error_page.py",
        "formats.py",
        "house.py",
        "options.py::test_each_option_changes_the_outcome_or_is_refused[kinds net.yaml]",
    ),
}
"""The tests of `make test` that go over what the pages add, in three runs that can go on side by side."""


@pytest.mark.slow
@pytest.mark.parametrize("added", CONCERNED)
def test_all_that_the_pages_add_passes_every_test_that_concerns_it(
    added: str, with_all_additions: Path
) -> None:
    """With nothing left out of these tests."""
    tests = [f"tests/test_{name}" for name in CONCERNED[added]]
    run_in(with_all_additions, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_example_runs(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    lay_out(page, tmp_path)
    text = page.read_text("utf-8")
    examples = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, page.name, str(page), 0)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


def test_the_readme_shows_the_main_commands() -> None:
    shown = {shlex.split(command)[1] for command, _ in commands(ROOT / "README.md")}
    assert {"shapes", "params", "summary", "compare", "explain", "verify", "cost", "check"} <= shown


def maker() -> Any:
    """docs/make.py, which is a script."""
    spec = importlib.util.spec_from_file_location("make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", maker().MADE)
def test_what_is_made_is_fresh(name: str) -> None:
    made = "".join(maker().MADE[name]())
    assert (ROOT / "docs" / name).read_text("utf-8") == made, "make docs"


def test_the_picture_is_whole_in_itself() -> None:
    picture = (ROOT / "docs" / "terminal.svg").read_text("utf-8")
    # the one address is the name of SVG itself
    assert re.findall(r"[a-z]+://[^\s\"')]*", picture) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in picture
    assert "<image" not in picture
    printed = re.sub(r"<[^>]*>", "", picture)
    assert "62,006" in printed


def test_the_page_of_the_kinds_has_each_once_and_every_link_leads_somewhere() -> None:
    page = (ROOT / "docs" / "kinds.md").read_text("utf-8")
    assert sorted(re.findall(r"^### (\S+)$", page, re.MULTILINE)) == list(names())
    assert sorted(re.findall(r"\(#(\w+)\)", page)) == list(names())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


MODULES = sorted(module.name for module in pkgutil.walk_packages(cnncalc.__path__, "cnncalc."))


@pytest.mark.parametrize("name", MODULES)
def test_every_docstring_example(name: str) -> None:
    if not name.endswith("__main__"):
        result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
        assert result.failed == 0
