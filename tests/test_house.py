"""The plan of the house: which room may know which, and what a start may load."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from cnncalc.layers import aliases, names
from cnncalc.render.writers import formats

PACKAGE = Path(__file__).parents[1] / "cnncalc"

# From the ground up: a room may know those of lower floors, and its neighbours as long as they don't know it.
FLOORS = (
    {
        "errors",
        "expr",
        "formula",
        "installed",
        "languages",
        "number_text",
        "budget",
        "plain_text",
        "quantity",
        "whole_file",
    },
    {"layers"},
    {"spec", "graph"},
    {"analysis"},
    {"convert", "execute", "explain", "export", "figures", "homework", "render", "interop", "page", "solve"},
    {"__init__", "loading", "built_in", "network", "notebook"},  # the Python API
    {"cli", "web", "__main__"},
)
# What comes from outside and costs time has one room that imports it. NumPy may be imported by others, but
# inside a function.
OWNERS = {"yaml": "spec", "rich": "render", "typer": "cli", "numpy": "execute"}

PAGE = PACKAGE.parent / "docs" / "architecture.md"

FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))


def room(module: list[str]) -> str:
    return module[1] if len(module) > 1 else "__init__"


def module_of(file: Path) -> list[str]:
    parts = [PACKAGE.name, *file.relative_to(PACKAGE).with_suffix("").parts]
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {".".join(module_of(file)) for file in FILES}


def statements(tree: ast.AST, *, at_load: bool = True) -> Iterator[tuple[ast.stmt, bool]]:
    """Each statement, and whether it runs as the module is loaded; without `_repr_html_`, for notebooks."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr) or getattr(node, "name", "") == "_repr_html_":
            continue
        if isinstance(node, ast.stmt):
            yield node, at_load
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        only_typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        yield from statements(node, at_load=at_load and not function and not only_typing)


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


@cache
def imports(file: Path) -> list[tuple[int, list[str], bool]]:
    """Line, imported module, whether it is imported as the file is loaded."""
    module = module_of(file)
    package = module if file.name == "__init__.py" else module[:-1]
    found = []
    for node, at_load in statements(tree_of(file)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.split("."), at_load) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            for alias in node.names:
                whole = [*base, alias.name]
                found.append((node.lineno, whole if ".".join(whole) in MODULES else base, at_load))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_down(file: Path) -> None:
    own = room(module_of(file))
    assert own in FLOOR, f"{own} has no floor in {__file__}"
    wrong = []
    for line, module, at_load in imports(file):
        if module[0] == PACKAGE.name:
            other = room(module)
            ok = other == own or FLOOR[other] <= FLOOR[own]
        else:
            late_numpy = module[0] == "numpy" and not at_load
            ok = late_numpy or own == OWNERS.get(module[0], own)
        if not ok:
            wrong.append(f"{file}:{line}: {own} imports {'.'.join(module)}")
    assert not wrong, "\n".join(wrong)


def test_any_module_can_be_the_first_that_is_imported() -> None:
    """No two modules wait for each other as they are loaded: which comes first would decide if they load."""
    reads = {
        ".".join(module_of(file)): {".".join(module) for _, module, at_load in imports(file) if at_load}
        & MODULES - {".".join(module_of(file))}
        for file in FILES
    }
    TopologicalSorter(reads).prepare()  # raises CycleError for a circle, and names it


def test_the_page_of_the_architecture_has_the_floors_and_every_room() -> None:
    page = PAGE.read_text("utf-8")
    floors = re.findall(r"^\| (\d) \| (.*) \|$", page, re.MULTILINE)
    assert {int(number) - 1: set(re.findall(r"`(\w+)`", rooms)) for number, rooms in floors} == dict(
        enumerate(FLOORS)
    )
    explained = re.findall(r"^\| (`.*?) \| \w", page, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(explained))) == set(FLOOR)


def test_neighbours_do_not_know_each_other_mutually() -> None:
    known: dict[str, set[str]] = {}
    for file in FILES:
        own = room(module_of(file))
        others = {room(module) for _, module, _ in imports(file) if module[0] == PACKAGE.name}
        known.setdefault(own, set()).update(others - {own})
    TopologicalSorter(known).prepare()  # raises CycleError, which names the rooms


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import cnncalc", {"numpy", "rich", "typer", "yaml", "pydantic"}),
        ("sys.argv[1:] = ['--help']; from cnncalc.cli import main; main()", {"numpy", "yaml", "pydantic"}),
        ("sys.argv[1:] = ['shapes', 'lenet5']; from cnncalc.cli import main; main()", {"numpy", "pydantic"}),
    ],
)
def test_a_start_loads_little(code: str, unwanted: set[str]) -> None:
    report = "import atexit, sys; atexit.register(lambda: print('LOADED', *sys.modules)); "
    run = subprocess.run([sys.executable, "-c", report + code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.rpartition("LOADED")[2].split())
    assert "cnncalc" in loaded
    assert unwanted & loaded == set()


def _about_a_kind(node: ast.AST) -> bool:
    """Whether an expression is a kind's name: `kind`, `layer.kind`, `self.kind`."""
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) == "kind"


def _texts(node: ast.AST) -> set[Any]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}


def _constants(tree: ast.Module) -> dict[str, set[Any]]:
    """The names that a module gives to values, with the texts that are written in each value."""
    found: dict[str, set[Any]] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            found.update({each.id: _texts(node.value) for each in targets if isinstance(each, ast.Name)})
    return found


def _looked_up(node: ast.AST) -> list[ast.AST]:
    """The values that a node compares, looks up in a table, or matches."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Match):
        return [node.subject, *(case.pattern for case in node.cases)]
    if isinstance(node, ast.Subscript):
        return [node.slice, node.value]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return [*node.args, node.func.value]
    return []


def _asks_for_a_kind(node: ast.AST, known: set[str], constants: Mapping[str, set[Any]]) -> bool:
    """Whether a node asks which kind a layer is, fishes for an attribute, or casts to the kernels."""

    def names_kinds(*parts: ast.AST) -> bool:
        """Whether parts of the node say kinds by name, also through a constant of the module."""
        used = [part.id for each in parts for part in ast.walk(each) if isinstance(part, ast.Name)]
        said = set().union(*map(_texts, parts), *(constants.get(name, set()) for name in used))
        return bool(said & known)

    if isinstance(node, ast.ImportFrom):
        # the classes of kinds are for the layers alone; what kinds share is for all
        module = (node.module or "").split(".")
        return module[:2] == [PACKAGE.name, "layers"] and len(module) > 2 and module[2] != "support"
    looked_up = _looked_up(node)
    if any(map(_about_a_kind, looked_up)):
        return names_kinds(*looked_up)
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute):
        return called.attr in ("endswith", "startswith", "removesuffix") and _about_a_kind(called.value)
    if isinstance(called, ast.Name) and called.id == "cast" and "Toolkit" in ast.unparse(node.args[0]):
        return True
    fishes = isinstance(called, ast.Name) and called.id in ("getattr", "hasattr", "vars")
    # of `getattr(type(row.layer), name)` the last name is the layer, too
    fished = re.findall(r"\w+", ast.unparse(node.args[0])) if fishes and node.args else [""]
    return fished[-1] == "layer"


def test_no_room_but_the_layers_asks_for_a_kind() -> None:
    """What a kind is, others learn from its traits: so a new kind needs no edit elsewhere."""
    known = {*names(), *aliases()}
    asking = []
    for file in FILES:
        # the readers of other people's models write specs, and so name the kinds that they write
        if room(module_of(file)) in ("layers", "interop"):
            continue
        tree = tree_of(file)
        constants = _constants(tree)
        asking += [
            f"{file}:{node.lineno}: {ast.unparse(node)[:200]}"
            for node in ast.walk(tree)
            if isinstance(node, ast.expr | ast.Match | ast.ImportFrom)
            and _asks_for_a_kind(node, known, constants)
        ]
    assert not asking, "\n".join(asking)


def _about_a_format(node: ast.AST) -> bool:
    """Whether an expression is the name of a format: `format`, `output.format`, `feedback_format`."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", getattr(node, "arg", ""))
    return str(name).endswith("format")


def _names_a_format(node: ast.AST) -> bool:
    """Whether a node compares the name of a format with a text, or gives one as a default."""
    sides: list[ast.AST] = []
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
    elif isinstance(node, ast.BoolOp):
        sides = [*node.values]
    elif isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        sides = [*targets, node.value]
    elif isinstance(node, ast.arguments):
        plain = [*node.posonlyargs, *node.args]
        given = [*plain[len(plain) - len(node.defaults) :], *node.kwonlyargs]
        pairs = zip(given, [*node.defaults, *node.kw_defaults], strict=True)
        return any(_about_a_format(arg) and value and _texts(value) & {*formats()} for arg, value in pairs)
    texts = [side for side in sides if isinstance(side, ast.Constant | ast.Tuple | ast.Set | ast.List)]
    return any(map(_about_a_format, sides)) and bool(set().union(*map(_texts, texts)) & {*formats()})


def test_formats_are_named_by_their_writers_alone() -> None:
    naming = [
        f"{file}:{getattr(node, 'lineno', '')}: {ast.unparse(node)[:100]}"
        for file in FILES
        # the formats of answer sheets and of models have the readers of these
        if file.parent.name != "writers" and not {"interop", "homework"} & {room(module_of(file))}
        if "format" in file.read_text("utf-8")
        for node in ast.walk(tree_of(file))
        if _names_a_format(node)
    ]
    assert not naming, "\n".join(naming)


@pytest.mark.parametrize(
    ("code", "names_one"),
    [
        ('if output.format != "json": pass', True),
        ('format in ("json", "csv")', True),
        ('format = given_format or "markdown"', True),
        ('def run(format: str = "text") -> None: ...', True),
        ('class Options:\n    format: str = "table"', True),
        ("def run(format: str = SPOKEN) -> None: ...", False),
        ('format == "gift"', False),
    ],
)
def test_the_ways_to_name_a_format_are_known(code: str, names_one: bool) -> None:
    assert any(map(_names_a_format, ast.walk(ast.parse(code)))) == names_one


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ('layer.kind == "conv"', True),
        ('POOLS = ("max_pool", "avg_pool")\nlayer.kind in POOLS', True),
        ('TABLE = {"conv": 1}\nTABLE[row.kind]', True),
        ('TABLE = {"conv": 1}\nTABLE.get(kind, 0)', True),
        ("from cnncalc.layers.conv import Conv", True),
        ('match layer.kind:\n    case "conv" | "dense": pass', True),
        ('getattr(row.layer, "groups", 1)', True),
        ('getattr(type(row.layer), "groups", 1)', True),
        ("vars(layer)", True),
        ('layer.kind.endswith("_pool")', True),
        ("from cnncalc.layers.support.base import Layer\nlayer.kind == other.kind", False),
        ('TABLE = {"lines": 1}\nTABLE[row.kind]', False),
        ('layer.pools == "max"', False),
    ],
)
def test_the_ways_to_ask_for_a_kind_are_known(code: str, asks: bool) -> None:
    tree = ast.parse(code)
    known = {*names(), *aliases()}
    found = [_asks_for_a_kind(node, known, _constants(tree)) for node in ast.walk(tree)]
    assert any(found) == asks
