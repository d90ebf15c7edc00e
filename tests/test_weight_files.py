"""Files of weights alone: what they hold is told by their headers, and damage is one error."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncalc.cli import main
from cnncalc.execute.files import write_arrays
from cnncalc.interop.contents import weights_format

ARRAYS: dict[str, Any] = {
    "stem.conv.weight": np.zeros((4, 3, 3, 3), np.float32),
    "stem.conv.bias": np.zeros(4, np.float32),
    "head.weight": np.zeros((10, 4), np.float64),
    "steps": np.zeros((), np.int64),
}
COUNTS = {"stem.conv.weight": 108, "stem.conv.bias": 4, "head.weight": 40, "steps": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def safetensors(arrays: dict[str, Any], types: dict[str, str] | None = None) -> bytes:
    """The bytes of a .safetensors, as its documentation tells."""
    header, data = {}, b""
    for name, array in arrays.items():
        kind = (types or {}).get(name) or {"f": "F", "i": "I"}[array.dtype.kind] + str(8 * array.itemsize)
        header[name] = {
            "dtype": kind, "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]
        }  # fmt: skip
        data += array.tobytes()
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return len(text).to_bytes(8, "little") + text + data


def run(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exited:
        main(["params", *words])
    out, error = capsys.readouterr()
    return int(str(exited.value.code)), out, error


def test_formats_tell_the_same_of_the_same_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.safetensors").write_bytes(safetensors(ARRAYS))
    Path("without-an-ending").write_bytes(safetensors(ARRAYS))
    write_arrays("w.npz", ARRAYS)
    found = [
        json.loads(run(file, "--format", "json", capsys=capsys)[1])
        for file in ("w.safetensors", "without-an-ending", "w.npz")
    ]
    assert [each.pop("file") for each in found] == ["w.safetensors", "without-an-ending", "w.npz"]
    assert found[0] == found[1] == found[2]
    assert {each["name"]: each["count"] for each in found[0]["arrays"]} == COUNTS
    assert found[0]["arrays"][0] == {
        "name": "stem.conv.weight", "shape": [4, 3, 3, 3], "dtype": "float32", "count": 108, "bytes": 432
    }  # fmt: skip
    assert found[0]["totals"] == {"arrays": 4, "count": 153, "bytes": 432 + 16 + 320 + 8}


TABLE = """\
w.npz
arrays: 4 · values: 153 · 776 bytes
Array       Shape         Type     Values  Bytes
----------  ------------  -------  ------  -----
stem                      float32     112    448
  conv                    float32     112    448
    weight  (4, 3, 3, 3)  float32     108    432
    bias    (4)           float32       4     16
head                      float64      40    320
  weight    (10, 4)       float64      40    320
steps       ()            int64         1      8
----------  ------------  -------  ------  -----
Total                                 153    776
"""


def test_the_look_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    write_arrays("w.npz", ARRAYS)
    assert run("w.npz", capsys=capsys)[1] == TABLE
    folded = run("w.npz", "--depth", "1", capsys=capsys)[1].splitlines()
    assert [line.split()[0] for line in folded[4:7]] == ["stem", "head", "steps"]


def test_a_long_table_is_folded_and_data_never(capsys: pytest.CaptureFixture[str]) -> None:
    write_arrays("w.npz", {f"blocks.{n}.{part}": np.zeros(2) for n in range(50) for part in "ab"})
    assert run("w.npz", capsys=capsys)[1].count("\n") < 10
    assert run("w.npz", "--all", capsys=capsys)[1].count("\n") == 6 + 1 + 50 + 100
    assert run("w.npz", "--format", "csv", capsys=capsys)[1].count("\n") == 1 + 100 + 1


def test_types_that_are_not_computed_with_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    halves = {"a": np.zeros(6, np.int16), "b": np.zeros(3, np.int8)}
    Path("w.safetensors").write_bytes(safetensors(halves, {"a": "BF16", "b": "F8_E4M3"}))
    found = json.loads(run("w.safetensors", "--format", "json", capsys=capsys)[1])
    assert [(each["dtype"], each["bytes"]) for each in found["arrays"]] == [("bfloat16", 12), ("f8_e4m3", 3)]


def test_one_array(capsys: pytest.CaptureFixture[str]) -> None:
    write_arrays("kernel.npy", {"k": np.zeros((2, 3), np.float32)})
    found = json.loads(run("kernel.npy", "--format", "json", capsys=capsys)[1])
    assert found["arrays"] == [
        {"name": "kernel", "shape": [2, 3], "dtype": "float32", "count": 6, "bytes": 24}
    ]


def test_values_are_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    """A file of 64 GiB, of which only the header is there, is told at once."""
    size = 2**36
    entry = {"dtype": "F32", "shape": [2**17, 2**17], "data_offsets": [0, size]}
    text = json.dumps({"w": entry}).encode()
    with Path("w.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + size)
    assert "17,179,869,184" in run("w.safetensors", capsys=capsys)[1]


GOOD = safetensors(ARRAYS)


@pytest.mark.parametrize("cut", [*range(9, 60, 5), len(GOOD) - 1])
def test_a_cut_file_is_one_error(cut: int, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.safetensors").write_bytes(GOOD[:cut])
    code, out, error = run("w.safetensors", capsys=capsys)
    assert (code, out, error.count("error[unreadable_file]")) == (2, "", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [-1]}, {"shape": "x"}, {"shape": [2**70]}, {"data_offsets": [4, 8]}, {"data_offsets": [0]},
        {"data_offsets": [0, 2**70]}, {"dtype": None, "shape": [[]]}, {"shape": [3]},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_that_lies_is_one_error(change: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **change}}).encode()
    Path("w.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    code, out, error = run("w.safetensors", capsys=capsys)
    assert (code, out, error.count("error[unreadable_file]")) == (2, "", 1)


def test_a_damaged_archive_and_objects_are_one_error(capsys: pytest.CaptureFixture[str]) -> None:
    write_arrays("w.npz", ARRAYS)
    Path("cut.npz").write_bytes(Path("w.npz").read_bytes()[:-30])
    np.savez("objects.npz", a=np.array([{}], dtype=object))
    with zipfile.ZipFile("short.npz", "w") as archive:
        archive.writestr("a.npy", Path("w.npz").read_bytes()[40:100])
    Path("empty.npy").write_bytes(b"")
    for file in ("cut.npz", "objects.npz", "short.npz", "empty.npy"):
        code, out, error = run(file, capsys=capsys)
        assert (code, out, error.count(f"{file}: error[unreadable_file]")) == (2, "", 1), file


def test_a_pickle_is_refused_with_how_to_save_safely(capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.pth").write_bytes(pickle.dumps({"a": 1}))
    code, _, error = run("w.pth", capsys=capsys)
    assert code == 2
    assert "w.pth: error[pickled_model]" in error
    assert "safetensors.torch.save_file(model.state_dict(), 'net.safetensors')" in error


@pytest.mark.parametrize("ending", ["pt", "pth", "pkl", "npz", "npy", "safetensors"])
def test_a_file_that_holds_nothing_or_text_is_told_so(
    ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, told in (("", "is empty"), ("notes\n", "")):
        Path(f"w.{ending}").write_text(text)
        code, out, error = run(f"w.{ending}", capsys=capsys)
        assert (code, out) == (2, "")
        assert f"w.{ending}: error[unreadable_file]: {told}" in error
        assert "zip file" not in error
    # the first way of writing pickles, which has no mark at its beginning
    Path("old.pt").write_bytes(pickle.dumps({"a": 1}, protocol=0))
    assert "old.pt: error[pickled_model]" in run("old.pt", capsys=capsys)[2]


def test_arrays_alone_are_no_network(capsys: pytest.CaptureFixture[str]) -> None:
    write_arrays("w.npz", ARRAYS)
    header = b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    Path("w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\xc2\0\0\0")
    np.save("w.npy", np.zeros((3, 4)))
    for file in ("w.npz", "w.safetensors", "w.npy"):
        with pytest.raises(SystemExit) as stopped:
            main(["diff", "lenet5", file])
        out, error = capsys.readouterr()
        assert (stopped.value.code, out) == (2, "")
        assert f"{file}: error[unreadable_file]: holds arrays, and no network" in error
        assert "cnncalc params tells them" in error


def checkpoint(file: str, *steps: bytes) -> None:
    """A file as torch.save writes it, of the given steps of a pickle."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x02" + b"".join(steps) + b".")
        archive.writestr("net/data/0", bytes(48))


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


STORAGE = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x0ctQ"
TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE
    + b"K\x00K\x03K\x04\x86K\x04K\x01\x86\x89ccollections\nOrderedDict\n)RtR"
)  # fmt: skip
"""The steps that make a tensor of 3 by 4."""


def test_a_checkpoint_is_looked_at_and_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    state = b"}" + text("fc.weight") + TENSOR + b"s"
    checkpoint("w.pth", state)
    rates = b"](" + b"G" + bytes(8) + b"N" + b"e"
    checkpoint(
        "all.pt", b"}(" + text("epoch") + b"K\x03" + text("rates") + rates + text("model") + state + b"u"
    )
    for file, name in (("w.pth", "fc.weight"), ("all.pt", "model.fc.weight")):
        found = json.loads(run(file, "--format", "json", capsys=capsys)[1])["arrays"]
        wanted = {"name": name, "shape": [3, 4], "dtype": "float32", "count": 12, "bytes": 48}
        assert found == [wanted], file
    # a program, a mapping that holds itself, a mapping without arrays
    checkpoint("run.pt", b"cos\nsystem\n(" + text("touch here") + b"tR")
    checkpoint("self.pt", b"}q\x00" + text("again") + b"h\x00s")
    checkpoint("empty.pt", b"}")
    for file, code in (
        ("run.pt", "pickled_model"),
        ("self.pt", "pickled_model"),
        ("empty.pt", "unreadable_file"),
    ):
        done, out, error = run(file, capsys=capsys)
        assert (done, out, error.count(f"{file}: error[{code}]")) == (2, "", 1), file
    assert not Path("here").exists()


def test_the_arrays_of_models(capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(__file__).parent / "data"
    for file in ("lenet5.pt2", "lenet5_torch26.pt2"):
        found = json.loads(run(str(data / file), "--arrays", "--format", "json", capsys=capsys)[1])
        assert found["totals"] == {"arrays": 10, "count": 61706, "bytes": 4 * 61706}
        first = {"name": "c1.weight", "shape": [6, 1, 5, 5], "dtype": "float32", "count": 150, "bytes": 600}
        assert found["arrays"][0] == first
    code, out, error = run("lenet5", "--arrays", capsys=capsys)
    assert (code, out, "--arrays tells" in error) == (2, "", True)


def test_the_arrays_of_models_that_need_a_library(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("h5py")
    data = Path(__file__).parent / "data"
    for file, count in (
        ("onnx/siamese.onnx", 10749),
        ("keras2/course.h5", 907),
        ("keras2/course.keras", 907),
    ):
        found = json.loads(run(str(data / file), "--arrays", "--format", "json", capsys=capsys)[1])
        assert (found["totals"]["count"], found["totals"]["bytes"]) == (count, 4 * count)


@pytest.mark.parametrize("option", ["--batch=2", "--symbolic", "--stride=2", "--input=3x3"])
def test_options_of_networks_say_nothing_to_a_file(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_arrays("w.npz", ARRAYS)
    code, _, error = run("w.npz", option, capsys=capsys)
    assert (code, f"{option.partition('=')[0]} says nothing to a file of weights" in error) == (2, True)


def test_specs_and_models_are_no_files_of_weights() -> None:
    data = Path(__file__).parent / "data"
    Path("net.yaml").write_text("input: 8x8x1\nlayers: [conv3-2]\n")
    Path("net.json").write_text('       {"input": "8x8x1", "layers": ["conv3-2"]}')
    for file in ("net.yaml", "net.json", str(data / "lenet5.pt2"), "nowhere.npz", "lenet5", "-"):
        assert weights_format(file) is None, file


def test_an_index_tells_the_arrays_of_the_files_beside_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = list(ARRAYS)
    for number, part in enumerate((names[:2], names[2:])):
        (folder / f"part{number}.safetensors").write_bytes(safetensors({name: ARRAYS[name] for name in part}))
    index = folder / "model.safetensors.index.json"
    shards = {name: f"part{int(number > 1)}.safetensors" for number, name in enumerate(names)}
    index.write_text(json.dumps({"metadata": {"total_size": 776}, "weight_map": shards}))
    with pytest.raises(SystemExit) as exited:
        main(["params", index.name, "--format", "json"])
    assert exited.value.code == 0
    told = json.loads(capsys.readouterr().out)["arrays"]
    assert {each["name"]: each["count"] for each in told} == COUNTS
    for wrong, message in (
        ("{", "is no index"),
        ('{"weight_map": [1]}', "is no index"),
        ('{"weight_map": {"a": "../part0.safetensors"}}', "is no .safetensors beside the index"),
        ('{"weight_map": {"a": "absent.safetensors"}}', "is no .safetensors beside the index"),
        ('{"weight_map": {"a": "part0.safetensors"}}', "is in none of its files"),
    ):
        index.write_text(wrong)
        with pytest.raises(SystemExit) as exited:
            main(["params", index.name])
        assert exited.value.code == 2
        assert message in capsys.readouterr().err
