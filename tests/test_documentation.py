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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
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


ADDED = {
    "adding-a-kind.md": (
        "test_convention_tables.py",
        "test_documentation.py::test_the_page_of_the_kinds_has_each_once_and_every_link_leads_somewhere",
        "test_documentation.py::test_what_is_made_is_fresh",
        "test_execute.py",
        "test_explain.py",
        "test_house.py",
        "test_languages.py",
        "test_layers.py",
        "test_schema.py",
    ),
    "adding-a-convention.md": ("test_convention_tables.py", "test_house.py", "test_languages.py"),
    "adding-a-quantity.md": (
        "test_completion.py",
        "test_cost.py",
        "test_counting.py",
        "test_documentation.py::test_what_is_made_is_fresh",
        "test_explain.py",
        "test_homework_sheets.py",
        "test_homework_templates.py",
        "test_house.py",
        "test_json.py",
        "test_languages.py",
        "test_quantity.py",
        "test_schema.py",
    ),
    "adding-a-slip.md": (
        "test_documentation.py::test_what_is_made_is_fresh",
        "test_homework_marking.py",
        "test_homework_quiz.py",
        "test_homework_slips.py",
        "test_house.py",
        "test_languages.py",
    ),
}
"""The pages that add a file to the package, and the tests of `make test` that go over what is added."""


@pytest.mark.slow
@pytest.mark.parametrize("page", ADDED)
def test_what_a_page_adds_passes_every_test_that_concerns_it(page: str, tmp_path: Path) -> None:
    lay_out(ROOT / "docs" / page, tmp_path)
    for part in ("tests", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / part, tmp_path)

    def python(*arguments: str) -> None:
        env = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(
            command, capture_output=True, check=False, cwd=tmp_path, encoding="utf-8", env=env
        )
        assert done.returncode == 0, done.stdout + done.stderr

    # `make docs` and the schema of `make format`
    python("docs.make")
    python("cnncalc", "schema", "-o", "architectures/schema.json")
    python("pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{test}" for test in ADDED[page]))


OF_ONE_FILE = {
    "adding-a-format.md": ("formats", "completion", "error_page", "house"),
    "adding-a-verb.md": ("formats", "cli", "completion", "house"),
}
"""The pages that add one file, each with the tests that concern what is added."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "concerned"), OF_ONE_FILE.items())
def test_what_a_page_adds_in_one_file_passes_the_tests(
    name: str, concerned: tuple[str, ...], tmp_path: Path
) -> None:
    """In a copy of the project, where nothing is left out of these tests."""
    page = ROOT / "docs" / name
    lay_out(page, tmp_path)
    for part in ("tests", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / part, tmp_path)
    ((added, _),) = FILE.findall(page.read_text("utf-8"))
    assert not (ROOT / added).exists()
    ruff, python = str(Path(sys.executable).parent / "ruff"), (sys.executable, "-m")
    for command in (
        (ruff, "check", added),
        (ruff, "format", "--check", added),
        (*python, "mypy", PACKAGE),
        (*python, "pytest", "-q", *(f"tests/test_{each}.py" for each in concerned)),
    ):
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=tmp_path,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )
        assert done.returncode == 0, done.stdout + done.stderr


LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "build", "dist"
)


@pytest.mark.slow
def test_a_project_with_all_that_the_pages_add_passes_the_linters_and_the_type_checker(
    tmp_path: Path,
) -> None:
    """In one copy of the project, to which every page makes its additions; the tests above run the tests."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND)
    for page in sorted((ROOT / "docs").glob("adding-a-*.md")):
        add_to_package(page.read_text("utf-8"), copy)
    ruff, python = str(Path(sys.executable).parent / "ruff"), (sys.executable, "-m")
    for command in (
        # `make docs`, and the schema of `make format`
        (*python, "docs.make"),
        (*python, PACKAGE, "schema", "-o", "architectures/schema.json"),
        # what `make test` begins with
        (ruff, "check"),
        (ruff, "format", "--check"),
        (*python, "mypy"),
    ):
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=copy,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(copy)},
        )
        assert done.returncode == 0, done.stdout + done.stderr


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
