"""docs/errors.md: a section for every error code in the source, with an example and what it prints.

tests/test_documentation.py runs the examples; here the page is held to the source, and what no command can
show is shown.
"""

import ast
import errno
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_documentation import commands

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import FOLLOWS, CnncalcError
from cnncalc.execute.files import read_image
from cnncalc.interop.aten import AtenReader
from cnncalc.interop.model import Model, Origin, Reading
from cnncalc.loading import load_model
from cnncalc.render.problems import told

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errors.md"
SECTIONS = dict(
    re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
)
# Who makes a fault, and at which place its code stands.
MAKERS = {"Fault": 0, "LayerError": 0, "ExpressionError": 0, "blame": 0, "fault": 0, "UsageError": 2}


def codes() -> Iterator[tuple[str, str]]:
    """Each code that the source gives a fault, and where it does."""
    for file in sorted((ROOT / "cnncalc").rglob("*.py")):
        text = file.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if any(f"{maker}(" in text for maker in MAKERS) else ():
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name not in MAKERS:
                continue
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            given += node.args[MAKERS[name] : MAKERS[name] + 1]
            for value in given:
                for part in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                    # others pass on a code that was given elsewhere
                    if isinstance(part, ast.Constant):
                        yield str(part.value), f"{file.relative_to(ROOT)}:{node.lineno}"


def test_every_code_has_its_section_and_every_section_its_code() -> None:
    found = dict(codes())
    assert set(found) - {FOLLOWS} == set(SECTIONS)
    assert all(re.fullmatch("[a-z]+[a-z0-9_]*", code) for code in SECTIONS), found


@pytest.mark.parametrize("code", SECTIONS)
def test_every_section_stores_what_its_error_looks_like(code: str) -> None:
    assert f"error[{code}]: " in SECTIONS[code]


def test_json_has_the_codes_that_the_terminal_shows() -> None:
    ((as_text, shown), (as_json, data), *_) = commands(PAGE)
    assert as_json == f"{as_text} --format json"
    places = [
        (f"{error['file']}:{error['line']}:{error['column']}: error[{error['code']}]: {error['message']}")
        for error in json.loads(data)["errors"]
    ]
    assert places == [line for line in shown.splitlines() if "error[" in line]


def stored(code: str) -> str:
    """What the page says of a fault that no command shows everywhere."""
    (text,) = re.findall(r"^```text\n(.*?)^```", SECTIONS[code], re.MULTILINE | re.DOTALL)
    assert isinstance(text, str)
    return text


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(CnncalcError) as caught:
        read_image("x.png")
    assert told(caught.value.faults[0]) == stored("missing_library")


class _Opened(Model):
    """A model as a reader would have opened it, of one convolution."""

    file = "net.keras"

    def __init__(self, size: int | None) -> None:
        self.inputs = {"image": (size, size, 3)}

    def reading(self, inputs: Mapping[str, tuple[int, ...]], *, opaque: bool = False) -> Reading:
        layers = [{"conv": {"name": "conv1", "filters": 8, "kernel": 3}}]
        recorded = {"conv1": (*inputs["image"][:-1], 8)}
        origins = {"conv1": Origin("aten.conv2d", "conv2d", "model.py:12")}
        value = {"input": dict(inputs), "layers": layers}
        return Reading(value, recorded, origins=origins)


def test_a_model_that_leaves_sizes_open() -> None:
    with pytest.raises(CnncalcError) as caught:
        load_model(_Opened(None)).analyze()
    assert told(caught.value.faults[0]) == stored("open_size")


def test_a_model_whose_file_records_another_shape() -> None:
    model = _Opened(32)
    model.file = "net.pt2"
    with pytest.raises(CnncalcError) as caught:
        load_model(model).analyze()
    assert told(caught.value.faults[0]) == stored("shape_differs")


def test_an_input_of_another_size_than_the_file_fixes() -> None:
    with pytest.raises(CnncalcError) as caught:
        cnncalc.load(ROOT / "tests" / "data" / "lenet5.pt2").analyze(input="1x32x32")
    assert told(caught.value.faults[0]) == stored("fixed_size")


def test_operators_that_no_kind_says() -> None:
    reader = AtenReader.__new__(AtenReader)
    reader.model, reader.faults = SimpleNamespace(file="net.pt2"), []  # type: ignore[assignment]
    reader.unknown = {
        "aten.fft_rfft": (2, "fft_rfft, model.py:31"),
        "aten.bucketize": (1, "bucketize, model.py:40"),
    }
    with pytest.raises(CnncalcError) as caught:
        reader.tell()
    assert told(caught.value.faults[0]) == stored("unknown_operator")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("internal", ZeroDivisionError("division by zero")),
        ("system", OSError(errno.ENOSPC, "No space left on device", "/dev/full")),
    ],
)
def test_what_the_command_did_not_foresee(
    code: str, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise error

    monkeypatch.delenv("CNNCALC_DEBUG", raising=False)
    monkeypatch.setattr("cnncalc.cli.list_.run", fails)
    with pytest.raises(SystemExit) as exited:
        main(["list"])
    assert exited.value.code == 2
    assert capsys.readouterr().err == stored(code)
