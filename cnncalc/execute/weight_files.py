"""The arrays that a file holds, of weights alone or of a model: names, shapes and types; no value is read."""

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnncalc.errors import brief
from cnncalc.execute.files import checked, safe_entries, safe_header, unreadable

if TYPE_CHECKING:
    from cnncalc.interop.stored_tensors import Description

MOST_BYTES = 64 * 2**20
"""The bytes of an index of several files."""
MOST_ARRAYS = 200_000
"""The most arrays of a file."""
TYPES = {"F": "float", "I": "int", "U": "uint", "BF": "bfloat", "C": "complex"}
"""The letters before the bits of a type of .safetensors -> the same in NumPy's words."""


class ArrayEntry(NamedTuple):
    """An array of a file: its name, shape, type as NumPy calls it, and the bytes of its values."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int

    @property
    def size(self) -> int:
        """Number of values of the array."""
        return prod(self.shape)


def weight_arrays(file: str, format: str) -> list[ArrayEntry]:
    """The arrays of a file in its order; raises CnncalcError for a file that is damaged.

    The format is one of those that `cnncalc.interop.contents.weights_format` tells.
    """
    if not Path(file).stat().st_size:
        raise unreadable(file, "is empty")
    found: list[ArrayEntry] = checked(file, _READERS[format])
    return found


def _safetensors(file: str) -> list[ArrayEntry]:
    with Path(file).open("rb") as source:
        header, size = safe_header(file, source)
        return [
            ArrayEntry(name, shape, _type(dtype), end - start)
            for name, dtype, shape, start, end in safe_entries(file, header, size)
        ]


def _shards(file: str) -> list[ArrayEntry]:
    """The arrays that an index lists, of the files beside the index."""
    folder = Path(file).parent
    if Path(file).stat().st_size > MOST_BYTES:
        raise unreadable(file, f"is longer than {MOST_BYTES:,} bytes")
    try:
        index = json.loads(Path(file).read_bytes())["weight_map"]
        shards = {str(name): str(shard) for name, shard in index.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise unreadable(file, "is no index: weight_map is to name the file of each array") from None
    found: list[ArrayEntry] = []
    for shard in dict.fromkeys(shards.values()):
        # a name of a file alone: an index may not reach other folders
        if not shard.endswith(".safetensors") or Path(shard).name != shard or not (folder / shard).is_file():
            raise unreadable(file, f"{brief(shard)} is no .safetensors beside the index")
        found += _safetensors(str(folder / shard))
    if missing := shards.keys() - {entry.name for entry in found}:
        raise unreadable(file, f"{brief(min(missing))} is in none of its files")
    return [entry for entry in found if entry.name in shards]


def _type(name: str) -> str:
    """A type of .safetensors in NumPy's words: float32 for F32."""
    letters = name.rstrip("0123456789")
    return f"{TYPES[letters]}{name[len(letters) :]}" if letters in TYPES else name.lower()


def _npy(file: str) -> list[ArrayEntry]:
    with Path(file).open("rb") as source:
        entry = _array(file, Path(file).stem, source)
        if os.fstat(source.fileno()).st_size - source.tell() != entry.bytes:
            raise unreadable(file, "holds more or fewer bytes than its array has")
        return [entry]


def _npz(file: str) -> list[ArrayEntry]:
    if not zipfile.is_zipfile(file):
        raise unreadable(file, "is no .npz, which is an archive of arrays")
    found = []
    with zipfile.ZipFile(file) as archive:
        if len(archive.filelist) > MOST_ARRAYS:
            raise unreadable(file, f"holds more than {MOST_ARRAYS:,} arrays")
        for info in archive.filelist:
            with archive.open(info) as source:
                entry = _array(file, info.filename.removesuffix(".npy"), source)
                if info.file_size - source.tell() != entry.bytes:
                    raise unreadable(file, f"{brief(entry.name)} does not fill its place")
                found.append(entry)
    return found


def _array(file: str, name: str, source: Any) -> ArrayEntry:
    """The array whose header a stream begins with."""
    version = np.lib.format.read_magic(source)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(source)
    if dtype.hasobject:
        raise unreadable(file, f"{brief(name)} holds objects, which are pickled: they are never loaded")
    return ArrayEntry(name, tuple(map(int, shape)), str(dtype), prod(shape) * dtype.itemsize)


def _hdf5(file: str) -> list[ArrayEntry]:
    from cnncalc.execute.against import needed

    h5py = needed("h5py")
    with h5py.File(file, "r") as opened:
        return list(_datasets(h5py, file, opened))


def _datasets(h5py: Any, file: str, opened: Any) -> Iterator[ArrayEntry]:
    """The arrays of an HDF5 file; links to elsewhere are not followed, and nothing is visited twice."""
    pending, seen, count = [("", opened)], set[Any](), 0
    while pending:
        name, item = pending.pop()
        place = h5py.h5o.get_info(item.id).addr
        if place in seen:
            continue
        seen.add(place)
        count += 1
        if count > MOST_ARRAYS:
            raise unreadable(file, f"holds more than {MOST_ARRAYS:,} arrays and groups")
        if isinstance(item, h5py.Dataset):
            yield ArrayEntry(name, tuple(item.shape or ()), str(item.dtype), int(item.nbytes))
            continue
        inner = [key for key in item if isinstance(item.get(key, getlink=True), h5py.HardLink)]
        pending += [(f"{name}/{key}" if name else key, item[key]) for key in reversed(inner)]


def _of_torch(found: "Mapping[str, Description]") -> list[ArrayEntry]:
    entries = []
    for name, each in found.items():
        known = each.dtype and each.dtype != "bf16"
        dtype = str(np.dtype(each.dtype)) if known else "bfloat16" if each.dtype else "unknown"
        item = np.dtype(each.dtype).itemsize if known else 2 if each.dtype else 0
        entries.append(ArrayEntry(name, each.shape, dtype, prod(each.shape) * item))
    return entries


def _checkpoint(file: str) -> list[ArrayEntry]:
    from cnncalc.interop.archive import Archive
    from cnncalc.interop.stored_tensors import checkpoint_tensors

    return _of_torch(checkpoint_tensors(Archive(Path(file), file)))


def _program(file: str) -> list[ArrayEntry]:
    from cnncalc.interop.archive import Archive
    from cnncalc.interop.pt2 import ExportedModel

    return _of_torch(ExportedModel(Archive(Path(file), file)).stored)


def _onnx(file: str) -> list[ArrayEntry]:
    from cnncalc.interop.onnx import OnnxModel, read

    model = read(Path(file), file)
    assert isinstance(model, OnnxModel)
    kinds = model.onnx.TensorProto.DataType
    found = []
    for each in model.model.graph.initializer:
        name = kinds.Name(each.data_type).lower()
        dtype = {"float": "float32", "double": "float64"}.get(name, name)
        bits = int("".join(filter(str.isdigit, dtype)) or 8)
        found.append(ArrayEntry(each.name, tuple(each.dims), dtype, prod(each.dims) * bits // 8))
    return found


def _keras(file: str) -> list[ArrayEntry]:
    from cnncalc.execute.against import needed
    from cnncalc.interop.keras.files import stored

    h5py = needed("h5py")
    found: list[ArrayEntry] = stored(Path(file), file, lambda opened: list(_datasets(h5py, file, opened)))
    return found


_READERS = {
    "safetensors": _safetensors, "shards": _shards, "npz": _npz, "npy": _npy, "hdf5": _hdf5,
    "torch": _checkpoint, "pt2": _program, "onnx": _onnx, "keras": _keras,
}  # fmt: skip
