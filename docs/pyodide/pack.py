"""Makes archives small and quick to load, in the Python that browsers will run: pack.mjs calls `pack`.

Of Python's own library those modules stay that cnncalc can reach. What the first answers load comes compiled,
as else each visit compiles that anew, and without the tables of line numbers, half of all compiled code.
"""

import ast
import io
import shutil
import sys
import zipfile
from collections.abc import Iterator
from importlib._bootstrap_external import _code_to_hash_pyc
from importlib.util import source_hash
from types import CodeType
from typing import Any

# Modules that Python's library alone imports, in functions which nothing calls here: for other systems,
# processes, servers, command lines, and stand-ins for modules in C, which a browser's Python has.
UNUSED = frozenset({
    "_aix_support", "_android_support", "_ios_support", "_osx_support", "_pydatetime", "_pydecimal",
    "_pyio", "_pyrepl", "argparse", "asyncio.proactor_events", "asyncio.windows_events",
    "asyncio.windows_utils", "cProfile", "cmd", "code", "ctypes", "doctest",
    "email._header_value_parser", "ftplib", "getopt", "getpass", "html.parser", "http.cookiejar",
    "http.server", "multiprocessing", "netrc", "nturl2path", "optparse", "pdb", "pickletools",
    "platform", "plistlib", "profile", "pstats", "pydoc", "socketserver", "sysconfig", "tarfile",
    "unittest", "webbrowser", "xmlrpc",
})  # fmt: skip
LIBRARY = "/library"
"""Where the page's Worker unpacks cnncalc."""
ENCODINGS = tuple(f"encodings.{name}" for name in ("ascii", "idna", "latin_1", "utf_16", "utf_32"))
# What reads models, runs networks and serves commands is of no use to the page, which has files of its own.
LEFT_OUT = tuple(
    f"cnncalc/{name}"
    for name in (
        "architectures/schema.json", "cli", "execute", "export", "page", "solve", "web/page", "web/server.py",
    )
)  # fmt: skip
ANSWERS = "cnncalc.web.answers"
FOUND = tuple(
    f"cnncalc.{name}."
    for name in (
        "analysis.conventions", "figures", "homework.readers", "homework.slips", "layers", "render.writers",
    )
)  # fmt: skip
"""The folders whose files are found by their names, which no import says."""


def pack(python: Any, library: Any) -> list[bytes]:
    """The archives of Python's own library and of cnncalc, given as bytes of JavaScript, made small.

    Of cnncalc those modules stay that the answers can reach.
    """
    own = {name: data for name, data in _files(python).items() if name.endswith(".py")}
    ours = {name: data for name, data in _files(library).items() if not name.startswith(LEFT_OUT)}
    ours = {name: data for name, data in ours.items() if not name.endswith("/RECORD")}
    _answer_first(ours)
    # the kinds of layers are found as files of source
    loaded = {name for name in sys.modules if not name.startswith("cnncalc.layers.")}
    sources = {_module(name): (name, data) for name, data in ours.items() if name.endswith(".py")}
    used = _reached([ANSWERS, *loaded, *(name for name in sources if name.startswith(FOUND))], sources)
    ours = {name: data for name, data in ours.items() if not name.endswith(".py") or _module(name) in used}
    wanted = [*loaded, *ENCODINGS]
    for module in used:
        wanted += _imports(*sources[module])
    reached = _reached(wanted, {_module(name): (name, data) for name, data in own.items()})
    own = {name: data for name, data in own.items() if _module(name) in reached}
    place = next(path for path in sys.path if path.endswith(".zip"))
    return [
        # no docstring of Python's library is shown, and no assertion of Python's library can fail
        _archive(_compiled(own, place, reached, optimize=2)),
        _archive(_compiled(ours, LIBRARY, loaded, optimize=0)),
    ]


def _answer_first(library: dict[str, bytes]) -> None:
    """Asks what a visitor asks first, so that the modules are loaded which the answers take."""
    with zipfile.ZipFile(io.BytesIO(_archive(library))) as archive:
        archive.extractall(LIBRARY)
    sys.path.insert(0, LIBRARY)
    from cnncalc.web.answers import answer

    text = answer({"ask": "example", "name": "lenet5"})["text"]
    for question in (
        {"ask": "start", "language": "zh"},
        {"ask": "network", "text": text},
        {"ask": "working", "text": text, "layer": "CONV1"},
        {"ask": "blank", "text": text},
        {"ask": "mark", "text": text, "sheet": "layer,params\nCONV1,450\n", "only_given": True},
        {"ask": "network", "text": "input: 32x32x3\nlayers:\n- conv: {kernal: 5}\n"},
        {"ask": "network", "text": "input 32x32x3, conv5-6 relu, fc-10"},
    ):
        reply = answer(question)
        assert all(fault["code"] != "internal" for fault in reply.get("faults", ())), reply
    shutil.rmtree(LIBRARY)


def _files(archive: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive.to_bytes())) as opened:
        return {name: opened.read(name) for name in opened.namelist() if not name.endswith("/")}


def _archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compresslevel=9) as archive:
        for name, data in sorted(files.items()):
            # one time for all files, so that the same build is the same bytes
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return made.getvalue()


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(file: str, source: bytes) -> Iterator[str]:
    """The names of modules, and perhaps of what they hold, that a file imports anywhere."""
    folders = file.split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outer = folders[: len(folders) - node.level + 1] if node.level else []
            base = ".".join([*outer, *filter(None, [node.module])])
            yield from (base if alias.name == "*" else f"{base}.{alias.name}" for alias in node.names)


def _reached(names: list[str], sources: dict[str, tuple[str, bytes]]) -> set[str]:
    """Of the modules of `sources`, the named ones and all that they import in turn, but for unused ones."""
    found: set[str] = set()
    while names:
        parts = names.pop().split(".")
        new = sources.keys() & {".".join(parts[:count]) for count in range(1, len(parts) + 1)} - found
        found |= new
        inner = (name for module in new for name in _imports(*sources[module]))
        names += (name for name in inner if not UNUSED.intersection((name, name.partition(".")[0])))
    return found


def _compiled(files: dict[str, bytes], folder: str, modules: set[str], optimize: int) -> dict[str, bytes]:
    """The files, those of some modules as compiled code."""
    made = {}
    for name, data in files.items():
        if name.endswith(".py") and _module(name) in modules:
            code = compile(data, f"{folder}/{name}", "exec", dont_inherit=True, optimize=optimize)
            made[f"{name}c"] = bytes(_code_to_hash_pyc(_without_lines(code), source_hash(data), False))
        else:
            made[name] = data
    return made


def _without_lines(code: CodeType) -> CodeType:
    inner = (_without_lines(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_consts=tuple(inner), co_linetable=b"")
