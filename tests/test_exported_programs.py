"""PyTorch's exported programs read without PyTorch. The figures and values are PyTorch's own.

lenet5, signal1d and resnet18 were exported by torch 2.13, lenet5_torch26 by torch 2.6, whose archive is laid
out otherwise; of resnet18 the weights were left out. resnet18_core was decomposed into Core ATen operators.
rare has what few networks do: an unpooling, attention heads that share their keys, a learned power, values
that are repeated, and nearest pixels by their centres.
"""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import command
import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.interop.outline import Outline, OutlineLayer
from cnncalc.interop.symbols import OpenSizeError, value_of

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("name", "params", "buffers", "macs"),
    [
        ("lenet5", 61706, 0, 416520),
        ("lenet5_torch26", 61706, 0, 416520),
        ("signal1d", 902, 32, 112320),
        ("rare", 149, 0, 10752),
        ("resnet18_core", 11689512, 9600, 1814073344),
    ],
)
def test_counts(name: str, params: int, buffers: int, macs: int) -> None:
    totals = cnncalc.load(DATA / f"{name}.pt2").analyze().totals
    assert (totals.params, totals.buffers, totals.macs) == (params, buffers, macs)


def test_layers_have_the_names_of_their_modules() -> None:
    report = cnncalc.load(DATA / "lenet5.pt2").analyze()
    assert [(row.name, row.kind, row.output_shape) for row in report.layers] == [
        ("c1", "conv", (6, 28, 28)),
        ("tanh", "tanh", (6, 28, 28)),
        ("s2", "avg_pool", (6, 14, 14)),
        ("c3", "conv", (16, 10, 10)),
        ("tanh_2", "tanh", (16, 10, 10)),
        ("s4", "avg_pool", (16, 5, 5)),
        ("c5", "conv", (120, 1, 1)),
        ("tanh_3", "tanh", (120, 1, 1)),
        ("flatten", "flatten", (120,)),
        ("f6", "dense", (84,)),
        ("tanh_4", "tanh", (84,)),
        ("out", "dense", (10,)),
        ("softmax", "softmax", (10,)),
    ]


def test_modules_are_groups() -> None:
    report = cnncalc.load(DATA / "resnet18_core.pt2").analyze()
    names = [row.name for row in report.layers]
    assert names[:4] == ["conv1", "bn1", "relu", "maxpool"]
    assert {"layer1.0.conv1", "layer1.0.relu_2", "layer2.0.downsample.1", "layer1.0.add", "fc"} <= set(names)
    assert [row.name for row in report.rows(depth=1)] == [
        "conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "flatten", "fc",
    ]  # fmt: skip
    assert report["layer1"].params == 147968


def test_open_sizes_are_asked_for_and_then_known() -> None:
    network = cnncalc.load(DATA / "resnet18_dynhw.pt2")
    with pytest.raises(cnncalc.SpecError) as caught:
        network.analyze()
    (fault,) = caught.value.faults
    assert (fault.code, fault.help) == ("open_size", "say them, such as --input 3x224x224")
    assert network.analyze(input="3x224x224").totals.macs == 1814073344
    # what torch counted at this size
    assert network.analyze(input="3x288x352").totals.macs == 3664646144
    with pytest.raises(cnncalc.UsageError) as unfit:
        network.analyze(input="3x230x224")
    assert unfit.value.faults[0].code == "fixed_size"
    assert "x32*s89x32*s99" in unfit.value.faults[0].message


@pytest.mark.parametrize(
    ("file", "values"),
    [("lenet5", "lenet5"), ("lenet5_torch26", "lenet5"), ("signal1d", "signal1d"), ("rare", "rare")],
)
def test_values_with_the_weights_of_the_file(file: str, values: str) -> None:
    wanted = np.load(DATA / f"{values}.npz")
    outputs = cnncalc.load(DATA / f"{file}.pt2").run(wanted["input:x"])
    for number, array in enumerate(outputs.values()):
        expected = wanted[f"output:{number}"]
        assert np.abs(array - expected).max() <= 1e-5 * np.abs(expected).max()


def test_nothing_heavy_is_loaded() -> None:
    code = "import sys; sys.argv[1:] = ['shapes', sys.argv[1]]; from cnncalc.cli import main; main()"
    report = "import atexit, sys; atexit.register(lambda: print('LOADED', *sys.modules)); "
    file = str(DATA / "resnet18_core.pt2")
    run = subprocess.run(
        [sys.executable, "-c", report + code, file], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.rpartition("LOADED")[2].split())
    assert {"numpy", "torch", "onnx"} & loaded == set()


# ---- files that are damaged, or made to harm

Document = dict[str, Any]


def altered(tmp_path: Path, change: Callable[[Document], Any]) -> Path:
    """The file of lenet5 with another program in it."""
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(DATA / "lenet5.pt2") as source, zipfile.ZipFile(path, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename.endswith("model.json"):
                document = json.loads(data)
                data = change(document) or json.dumps(document).encode()
            target.writestr(info.filename, data)
    return path


def nodes(document: Document) -> Any:
    return document["graph_module"]["graph"]["nodes"]


def cycle(document: Document) -> None:
    nodes(document)[0]["inputs"][0]["arg"] = {"as_tensor": {"name": "softmax"}}


def huge(document: Document) -> None:
    document["graph_module"]["graph"]["tensor_values"]["p_c1_weight"]["sizes"][0] = {"as_int": 10**18}


def negative(document: Document) -> None:
    document["graph_module"]["graph"]["tensor_values"]["x"]["sizes"][2] = {"as_int": -5}


def unknown(document: Document) -> None:
    nodes(document)[1]["target"] = "torch.ops.aten.fft_rfft.default"


def wrong_argument(document: Document) -> None:
    nodes(document)[0]["inputs"][3]["arg"] = {"as_string": "wide"}


def no_graph(document: Document) -> None:
    document["graph_module"]["graph"]["nodes"] = 5


def no_output(document: Document) -> None:
    document["graph_module"]["signature"]["output_specs"] = []


def deep(_: Document) -> bytes:
    return b"[" * 5000 + b"]" * 5000


def no_json(_: Document) -> bytes:
    return b"\x80\x02}."


def wrong_shape(document: Document) -> None:
    document["graph_module"]["graph"]["tensor_values"]["conv2d"]["sizes"][2] = {"as_int": 30}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (cycle, "unreadable_file"),
        (huge, "unreadable_file"),
        (negative, "unreadable_file"),
        (unknown, "unknown_operator"),
        (wrong_argument, "unreadable_file"),
        (no_graph, "unreadable_file"),
        (no_output, "unreadable_file"),
        (deep, "unreadable_file"),
        (no_json, "unreadable_file"),
        (wrong_shape, "shape_differs"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_program_that_can_not_be_is_an_error(
    change: Callable[[Document], Any], code: str, tmp_path: Path
) -> None:
    path = altered(tmp_path, change)
    with pytest.raises(CnncalcError) as caught:
        cnncalc.load(path).analyze()
    assert {fault.code for fault in caught.value.faults} <= {code, "bad_value", "too_large"}
    assert all(fault.place and fault.place.file == str(path) for fault in caught.value.faults)


def test_names_stay_unique_where_a_module_is_told_without_those_around_it() -> None:
    outline = Outline()
    for calls in ([("a", "a"), ("a.b", "b")], [("c", "c")], [("a.b alone", "a.b")]):
        outline.enter(calls)
        for _ in range(2):
            outline.add(OutlineLayer(kind="relu"))
    layers = outline.layers()
    graph = cnncalc.load({"input": "4", "layers": layers}).graph()
    assert [node.name for node in graph.nodes] == [
        "a.b.relu", "a.b.relu_2", "c.relu", "c.relu_2", "a.b_2.relu", "a.b_2.relu_2",
    ]  # fmt: skip


def test_an_opaque_operator_marks_what_is_not_counted(tmp_path: Path) -> None:
    path = altered(tmp_path, unknown)
    report = cnncalc.load(path, opaque=True).analyze()
    (row,) = (row for row in report.layers if row.kind == "opaque")
    assert (row.output_shape, row.params, row.origin["op"]) == ((6, 28, 28), 0, "aten.fft_rfft")
    assert report.totals.params == 61706
    assert report.totals.macs == 416520

    table = command.told("summary", path, "--opaque")
    assert table.returncode == 0
    assert "at least" in table.stdout
    data = json.loads(command.told("summary", path, "--opaque", "--format", "json").stdout)
    assert data["complete"] is False
    # a limit that the layers known keep can't be said to be kept
    assert command.run("summary", path, "--opaque", "--max-params", "10M").returncode == 1
    # the tanh is opaque in one of the two networks alone
    other = command.told("diff", path, str(DATA / "lenet5.pt2"), "--opaque")
    assert (other.returncode, "tanh" in other.stdout) == (1, True)
    refused = command.told("summary", path)
    assert refused.returncode == 2
    assert "aten.fft_rfft: at tanh, models.py" in refused.stderr


@pytest.mark.parametrize("ending", ["pt2", "onnx", "keras", "h5"])
@pytest.mark.parametrize(("contents", "told"), [(b"", "is empty"), (b"input: 3\n", "does not begin as")])
def test_a_file_that_holds_no_model_is_told_as_one(
    ending: str, contents: bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / f"net.{ending}"
    path.write_bytes(contents)
    if ending == "onnx" and contents:
        pytest.importorskip("onnx")
        told = "model of ONNX"
    with pytest.raises(CnncalcError) as caught:
        cnncalc.load(path)
    assert caught.value.faults[0].code == "unreadable_file"
    assert told in caught.value.faults[0].message


def test_damaged_archives_are_errors(tmp_path: Path) -> None:
    whole = (DATA / "lenet5.pt2").read_bytes()
    path = tmp_path / "net.pt2"
    for length in (4, 100, 5000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CnncalcError) as caught:
            cnncalc.load(path).analyze()
        assert caught.value.faults[0].code == "unreadable_file"


def test_a_bomb_is_refused_before_a_byte_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.pt2"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("net/models/model.json", b" " * 50_000_000)

    def unpack(self: zipfile.ZipExtFile, _most: int = -1) -> bytes:
        raise AssertionError(self.name)

    monkeypatch.setattr(zipfile.ZipExtFile, "read", unpack)
    with pytest.raises(CnncalcError, match="unpacks to 50,000,000 bytes"):
        cnncalc.load(path)


@pytest.mark.parametrize("name", ["net.pt", "net.pth", "net.pkl", "net.pt2", "net.yaml"])
def test_pickles_are_refused_whatever_they_are_called(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00echo\x85R.")
    with pytest.raises(CnncalcError) as caught:
        cnncalc.load(path)
    assert caught.value.faults[0].code == "pickled_model"


def test_a_state_dict_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt2"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("archive/data.pkl", b"\x80\x02}.")
    path.write_bytes(buffer.getvalue())
    with pytest.raises(CnncalcError) as caught:
        cnncalc.load(path)
    assert caught.value.faults[0].code == "pickled_model"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "Symbol('s9')",
        "(lambda: 1)()",
        "Pow(Integer(9), Integer(10**9))",
        "Add(" * 300,
        "9" * 3000,
    ],
)
def test_expressions_run_nothing(text: str) -> None:
    with pytest.raises(OpenSizeError):
        value_of(text, {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Integer(7)", 7),
        ("Add(Integer(1), FloorDiv(Add(Integer(-1), Symbol('s', positive=True)), Integer(2)))", 5),
        ("TruncToInt(Mul(Float('2.0', precision=53), ToFloat(Symbol('s', positive=True))))", 18),
        ("Mod(Symbol('s'), Integer(4))", 1),
    ],
)
def test_expressions(text: str, value: int) -> None:
    assert value_of(text, {"s": 9}) == value
