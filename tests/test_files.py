"""Files of arrays and weights: what is read, what is written, and what is refused."""

import json
import math
import pickle
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncalc
from cnncalc.errors import CnncalcError, UsageError
from cnncalc.execute.executor import draw_weights
from cnncalc.execute.files import read_array, read_weights, tiled, write_arrays
from cnncalc.execute.session import forward
from cnncalc.execute.weights import by_order, check


def safetensors(arrays: dict[str, np.ndarray[Any, Any]], **kinds: str) -> bytes:
    names = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64"}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    values = b""
    for name, array in arrays.items():
        start = len(values)
        values += array.tobytes()
        kind = kinds.get(name, names.get(str(array.dtype), "U8"))
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [start, len(values)]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + values


def test_safetensors(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    arrays = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array([1.5]),
        "c": np.zeros((0, 2), np.float16),
        "half": (np.array([1.0, -2.5], np.float32).view(np.uint32) >> 16).astype(np.uint16),
    }
    file.write_bytes(safetensors(arrays, half="BF16"))
    found = read_weights(str(file))
    assert {name: array.tolist() for name, array in found.items()} == {
        "a": [[0, 1, 2], [3, 4, 5]],
        "b": [1.5],
        "c": [],
        "half": [1.0, -2.5],
    }


def entry(**changed: Any) -> bytes:
    text = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changed}}).encode()
    return struct.pack("<Q", len(text)) + text + bytes(8)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        struct.pack("<Q", 9) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"nope",
        entry(data_offsets=[0, 12]),
        entry(data_offsets=[-8, 0]),
        entry(data_offsets=[8, 0]),
        entry(shape=[3]),
        entry(shape=[-1, -2]),
        entry(shape="2"),
        entry(shape=[10**300] * 5000),
        entry(shape=[2**60]),
        entry(dtype="F8"),
        entry(dtype=None),
        entry()[:-1],
    ],
)
def test_broken_safetensors_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(data)
    with pytest.raises(CnncalcError):
        read_weights(str(tmp_path / "w.safetensors"))


class Bomb:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("opened"),))


@pytest.mark.parametrize("name", ["w.npz", "w.npy", "w.pt", "w.safetensors", "w.txt"])
def test_nothing_pickled_is_loaded(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Path(name).open("wb") as file:
        bomb = np.array([Bomb()], dtype=object)
        {"w.npz": np.savez, "w.npy": np.save}.get(name, pickle.dump)(
            *((bomb, file) if name[2:] not in ("npz", "npy") else (file, bomb))
        )
    for read in (read_weights, read_array):
        with pytest.raises(CnncalcError):
            read(name)
    assert not Path("opened").exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "x.npy",
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99,), }\n" + bytes(8),
        ),
        ("x.npz", b"PK\x03\x04 and nothing more"),
        ("x.csv", b"\xff\xfe\x00"),
        ("x.txt", b"1 2\n3"),
        ("x.txt", b""),
    ],
)
def test_broken_arrays_are_refused(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CnncalcError):
        read_array(str(tmp_path / name))
    with pytest.raises(CnncalcError):
        read_array(str(tmp_path / f"no-{name}"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_matrices_of_every_system(end: str, tmp_path: Path) -> None:
    (tmp_path / "k.txt").write_bytes(end.join(["1 0", "0 1", "", "2 2", "3 3", ""]).encode())
    assert read_array(str(tmp_path / "k.txt"))[..., 1].tolist() == [[2, 2], [3, 3]]


def test_arrays_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("\ufeff1, 2\n3, 4\n")
    assert read_array(str(tmp_path / "x.csv")).tolist() == [[1, 2], [3, 4]]
    write_arrays(str(tmp_path / "x.npy"), {"x": np.eye(2)})
    assert read_array(str(tmp_path / "x.npy")).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(CnncalcError, match="one array"):
        write_arrays(str(tmp_path / "y.npy"), {"x": np.eye(2), "y": np.eye(2)})
    with pytest.raises(CnncalcError, match="can't be written"):
        write_arrays(str(tmp_path / "no" / "y.npy"), {"x": np.eye(2)})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.csv", "x.npy"]


def test_a_run_from_files(tmp_path: Path) -> None:
    net = cnncalc.load("conv3-2, batch_norm, relu", input="5x4x1")
    report = net.analyze()
    weights = draw_weights(report.graph, report.facts, 4).arrays
    x = np.random.default_rng(0).standard_normal((5, 4))
    np.save(tmp_path / "x.npy", x)
    kept = {"any": np.array(3), **{f"0.{n}": array for n, array in enumerate(weights.values())}}
    kept["1.num_batches_tracked"] = kept.pop("any")
    (tmp_path / "w.safetensors").write_bytes(safetensors(kept))
    session = forward(
        report,
        dtype="float64",
        data=[str(tmp_path / "x.npy")],
        weights=str(tmp_path / "w.safetensors"),
        by="order",
        save=str(tmp_path / "maps.npz"),
    )
    wanted = net.run(x[..., None], weights)["relu1"]
    # a run that keeps all maps folds nothing: the last bits differ
    assert np.allclose(session.outputs["relu1"], wanted, rtol=1e-13, atol=0)
    with np.load(tmp_path / "maps.npz") as maps:
        assert set(maps) == {"conv1", "batch_norm1", "relu1"}
        assert np.allclose(maps["relu1"], wanted, rtol=1e-13, atol=0)
    write_arrays(str(tmp_path / "w.npz"), weights)
    again = forward(report, data=[str(tmp_path / "x.npy")], weights=str(tmp_path / "w.npz"))
    np.testing.assert_allclose(again.outputs["relu1"], wanted, rtol=1e-5, atol=1e-6)
    with pytest.raises(CnncalcError, match="the order of the layers"):
        forward(
            cnncalc.load("conv3-2, batch_norm", input="5x4x2").analyze(),
            weights=str(tmp_path / "w.safetensors"),
            by="order",
        )


def test_weights_by_other_names_are_sent_to_the_order() -> None:
    report = cnncalc.load("conv3-2, conv3-2", input="9x9x1").analyze()
    first, second = np.zeros((2, 1, 3, 3), np.float32), np.zeros((2, 2, 3, 3), np.float32)
    given: dict[str, np.ndarray[Any, Any]] = {
        "0.weight": first,
        "0.bias": np.zeros(2),
        "2.weight": second,
        "2.bias": np.zeros(2),
    }
    with pytest.raises(UsageError) as raised:
        check(given, report.graph, report.facts)
    helps = [fault.help for fault in raised.value.faults]
    assert [fault.code for fault in raised.value.faults] == ["missing_weight"] * 4 + ["surplus_weight"] * 4
    assert "--weights-by order" in helps[0]
    assert not any(helps[1:])
    assert list(by_order(given, report.graph, report.facts)) == [
        "conv1.weight",
        "conv1.bias",
        "conv2.weight",
        "conv2.bias",
    ]
    del given["0.bias"]
    with pytest.raises(UsageError, match="holds 3 tensors, and the layers take 4") as raised:
        by_order(given, report.graph, report.facts)
    assert raised.value.faults[0].help == "2.weight is 2x2x3x3, and in its place comes conv1.bias: 2"


def test_an_array_in_the_other_layout_is_told_as_that(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((2, 3, 8, 6), np.float32))
    report = cnncalc.load("conv3-2", input="8x6x3").analyze()
    with pytest.raises(UsageError) as raised:
        forward(report, data=[str(tmp_path / "x.npy")])
    assert raised.value.faults[0].help == "it is chw: --layout chw"


def test_maps_are_tiled() -> None:
    maps = {"a": np.arange(24.0).reshape(2, 3, 4), "b": np.arange(5.0), "c": np.zeros((2, 2, 2, 1))}
    picture = tiled(maps)
    assert picture.dtype == np.uint8
    assert (picture.min(), picture.max()) == (0, 255)
    assert tiled({"a": maps["a"]}).size >= 24 + math.prod((2, 3))


def test_images(tmp_path: Path) -> None:
    image: Any = pytest.importorskip("PIL.Image")
    image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(tmp_path / "x.png")
    array = read_array(str(tmp_path / "x.png"))
    assert array.shape == (4, 4, 3)
    assert array.max() == pytest.approx(47 / 255)
    assert read_array(str(tmp_path / "x.png"), channels=1).shape == (4, 4, 1)
    net = cnncalc.load("conv3-2", input="4x4x3")
    forward(net.analyze(), data=[str(tmp_path / "x.png")], save=str(tmp_path / "maps.png"))
    with image.open(tmp_path / "maps.png") as picture:
        assert picture.mode == "L"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int) -> bytes:
    """A black image in as few bytes as can be."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = zlib.compress(bytes(height * (-(-width // 8) + 1)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(4097, 4096), (14000, 14000)])
def test_an_image_that_would_fill_the_memory_is_refused(size: tuple[int, int], tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    (tmp_path / "bomb.png").write_bytes(png(*size))
    with pytest.raises(CnncalcError, match="pixels"):
        read_array(str(tmp_path / "bomb.png"))
    (tmp_path / "image.png").write_bytes(png(40, 30))
    assert read_array(str(tmp_path / "image.png")).shape == (30, 40, 1)


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros(20 * 2**20, np.float32))
    with pytest.raises(CnncalcError, match="unpacks to 80 MiB"):
        read_weights(str(tmp_path / "bomb.npz"))
    np.savez_compressed(tmp_path / "small.npz", a=np.zeros(2**20, np.float32))
    assert read_weights(str(tmp_path / "small.npz"))["a"].shape == (2**20,)


def test_arrays_that_lie_over_one_another_are_refused(tmp_path: Path) -> None:
    place = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    text = json.dumps({f"a{i}": place for i in range(3)}).encode()
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(16))
    with pytest.raises(CnncalcError, match="over one another"):
        read_weights(str(tmp_path / "w.safetensors"))


def test_an_archive_of_other_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.npz", "w") as archive:
        archive.writestr("conv1.weight", b"hello")
    with pytest.raises(CnncalcError, match="no array"):
        read_weights(str(tmp_path / "w.npz"))


def test_numbers_that_are_too_large_raise_no_warning(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.full((3, 3, 1), 1.7e308))
    found = forward(cnncalc.load("conv2-2", input="3x3x1").analyze(), data=[str(tmp_path / "x.npy")])
    assert found.outputs["conv1"].shape == (2, 2, 2)


def test_arrays_that_python_2_wrote_raise_no_warning(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 3, 1)))
    newer = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(newer.replace(b"(3, 3, 1)", b"(3L,3, 1)"))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.write(tmp_path / "x.npy", "x.npy")
    assert read_array(str(tmp_path / "x.npy")).sum() == 9
    assert read_weights(str(tmp_path / "x.npz"))["x"].sum() == 9
