"""Reading a file starts no process, opens no connection, runs and unpickles nothing, and writes nowhere.

Python's audit hook sees what the package does, and what the libraries that it reads with do. Each reader
reads a good file first, by which all modules are loaded.
"""

import io
import json
import pickle
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.execute.files import read_array, read_weights
from cnncalc.homework.sheets import read_sheet

DATA = Path(__file__).parent / "data"
FORBIDDEN = (
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile", "pty.",
    "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "exec", "pickle.", "marshal.load",
    "ctypes.", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod",
    "os.truncate", "shutil.", "tempfile.", "import",
)  # fmt: skip
SHEET = "Layer,# Parameters\nCONV1,456\n"
seen: list[str] | None = None


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if seen is None:
        return
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event.startswith(FORBIDDEN):
        seen.append(f"{event}{arguments}"[:200])


sys.addaudithook(hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Gathers what is forbidden, while it is entered."""
    global seen  # noqa: PLW0603 - a hook can't be taken away
    found: list[str] = []
    seen = found
    try:
        yield found
    finally:
        seen = None


class Runs:
    """Unpickled, this makes a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("unpickled"),)


def spec(file: Path) -> None:
    cnncalc.load(str(file)).analyze().to_dict()


def workbook(text: str = "", part: str = "xl/sharedStrings.xml") -> bytes:
    """A good spreadsheet, with one of its parts in other words."""
    library = pytest.importorskip("openpyxl")
    book = library.Workbook()
    for row in (["Layer", "# Parameters"], ["CONV1", 456]):
        book.active.append(row)
    made, told = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as archive, zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            copy.writestr(name, text if text and name == part else archive.read(name))
    return told.getvalue()


def saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def image() -> bytes:
    library = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    library.new("RGB", (4, 4)).save(file, "PNG")
    return file.getvalue()


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a0 "ha">{LAUGHS}]><sst><si><t>&a11;</t></si></sst>'
ELSEWHERE = (
    '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % y SYSTEM '
    '"http://127.0.0.1/y"> %y;]><sst><si><t>&x;</t></si></sst>'
)


def keras() -> bytes:
    written = min((DATA / "keras").glob("*.json")).read_bytes()
    return json.dumps(json.loads(written)["config"]).encode()


def safetensors() -> bytes:
    header = b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    return len(header).to_bytes(8, "little") + header + bytes(4)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(x) (w) file showpage\n"
LAMBDA = {
    "class_name": "Sequential",
    "config": {"layers": [{"class_name": "Lambda", "config": {"function": ["4wAAAAA=", None, None]}}]},
}
PICKLED = pickle.dumps(Runs())
CALL = "!!python/object/apply:os.system ['touch unpickled']"
Read = Callable[[Path], object]
GOOD: dict[str, tuple[Read, Callable[[], bytes]]] = {
    "net.yaml": (spec, lambda: b"input: 8x8x1\nlayers: [conv3-2, {add: [[relu], []]}]\n"),
    "net.json": (spec, lambda: json.dumps({"input": "8x8x1", "layers": ["conv3-2"]}).encode()),
    "lenet5.pt2": (spec, (DATA / "lenet5.pt2").read_bytes),
    "lenet5_torch26.pt2": (spec, (DATA / "lenet5_torch26.pt2").read_bytes),
    "keras.json": (spec, keras),
    "s.csv": (read_sheet, SHEET.encode),
    "s.yaml": (read_sheet, lambda: b"answers: {CONV1: {params: 456}}\n"),
    "s.json": (read_sheet, lambda: b'{"answers": {"CONV1": {"params": 456}}}'),
    "s.md": (read_sheet, lambda: b"| Layer | # Parameters |\n| --- | --- |\n| CONV1 | 456 |\n"),
    "s.xlsx": (read_sheet, workbook),
    "x.npy": (lambda file: read_array(str(file)), lambda: saved(np.ones((4, 4, 1)))),
    "x.txt": (lambda file: read_array(str(file)), lambda: b"1 2; 3 4"),
    "x.png": (lambda file: read_array(str(file)), image),
    "w.npz": (lambda file: read_weights(str(file)), (DATA / "lenet5.npz").read_bytes),
    "w.safetensors": (lambda file: read_weights(str(file)), safetensors),
}  # fmt: skip
HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a call in a spec": ("net.yaml", f"input: 8x8x1\nlayers: [{CALL}]\n".encode),
    "a call in a sheet": ("s.yaml", f"answers: {{CONV1: {CALL}}}\n".encode),
    "an object in an array": ("x.npy", lambda: saved(np.array([Runs()], object))),
    "a pickle as an array": ("x.npy", lambda: PICKLED),
    "a pickle as weights": ("w.npz", lambda: PICKLED),
    "a pickle as a program": ("lenet5.pt2", lambda: PICKLED),
    "PostScript as a picture": ("x.png", lambda: EPS),
    "entities in a spreadsheet": ("s.xlsx", lambda: workbook(BOMB)),
    "entities in its sheet": ("s.xlsx", lambda: workbook(BOMB, "xl/worksheets/sheet1.xml")),
    "files and addresses in a spreadsheet": ("s.xlsx", lambda: workbook(ELSEWHERE)),
    "files and addresses in its sheet": ("s.xlsx", lambda: workbook(ELSEWHERE, "xl/worksheets/sheet1.xml")),
    "files and addresses in its book": ("s.xlsx", lambda: workbook(ELSEWHERE, "xl/workbook.xml")),
    "a program in a Keras model": ("keras.json", lambda: json.dumps(LAMBDA).encode()),
}


def read_twice(tmp_path: Path, name: str, given: bytes) -> list[str]:
    read, good = GOOD[name]
    file = tmp_path / name
    file.write_bytes(good())
    read(file)
    file.write_bytes(given)
    # modules that only a fault needs are loaded here
    with suppress(CnncalcError):
        read(file)
    with watched() as found, suppress(CnncalcError):
        read(file)
    return found


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read_and_nothing_else(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_twice(tmp_path, name, GOOD[name][1]()) == []
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_runs_nothing(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name, made = HOSTILE[what]
    assert read_twice(tmp_path, name, made()) == []
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_the_hook_sees_what_is_forbidden(tmp_path: Path) -> None:
    with watched() as found:
        (tmp_path / "x").write_text("")
        shutil.copy(tmp_path / "x", tmp_path / "y")
        pickle.loads(pickle.dumps(Path))  # noqa: S301 - of our own making
        exec("1")  # noqa: S102 - of our own making
    assert {event.partition("(")[0] for event in found} >= {
        "open",
        "shutil.copyfile",
        "pickle.find_class",
        "exec",
    }
