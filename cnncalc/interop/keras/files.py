"""Files that hold a Keras model: `.keras`, `.h5`, and the JSON of `model.to_json()`; and models in Python.

A `.keras` is a zip of config.json and model.weights.h5. Configurations are read without h5py, arrays with
it, each when a run needs it.
"""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import IO, Any

from cnncalc.budget import OverBudgetError, within_budget
from cnncalc.errors import CnncalcError, Fault, Place, SpecError, UsageError, brief
from cnncalc.interop.keras.reader import KerasModel
from cnncalc.interop.keras.spec_builder import Variable
from cnncalc.spec.source import LARGEST_FILE, decode, read_text

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
HDF5 = b"\x89HDF\r\n\x1a\n"
"""How an HDF5 file begins."""
LOCAL_HEADER = struct.Struct("<26xHH")
"""What stands before a file in an archive, last the lengths of its name and of a field behind it."""
SMALL = 64 * 2**20
"""So many bytes an array may have in any case."""
SECONDS_FOR_TEXTS = 1
"""The most processor time for a text in an HDF5 file, whose library walks some damaged heaps for ever."""
MOST_PACKED = 20
"""How many times the bytes that it takes in the file a larger one may have."""


def read(path: Path, name: str) -> KerasModel:
    """The model in a file, which errors call `name`; raises SpecError where the file holds none."""
    with path.open("rb") as file:
        start = file.read(len(HDF5))
    if start == HDF5:
        return _read_h5(path, name)
    if start[:2] == b"PK":
        return _read_zip(path, name)
    return KerasModel(name, parsed(read_text(path, name), name))


def parsed(text: str, name: str) -> Any:
    """The value of a JSON text; raises SpecError where the text is none."""
    try:
        return json.loads(text)
    except RecursionError:
        raise SpecError(Fault("too_deep", "nests too deep to be a model", "", Place(name))) from None
    except ValueError as error:
        line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
        message = f"is no JSON: {getattr(error, 'msg', str(error)).lower()[:100]}"
        raise SpecError(Fault("bad_syntax", message, "", Place(name, line, column))) from None


def _wrong(name: str, message: str, help: str = "") -> SpecError:
    """The error for a file of another content than it should have."""
    return SpecError(Fault("unreadable_file", message, help, Place(name)))


def stored(path: Path, name: str, read: Callable[[Any], Any]) -> Any:
    """The result of `read` on the HDF5 file of a model's arrays; SpecError where there is no such file."""
    if zipfile.is_zipfile(path):
        return _Arrays(path, name, WEIGHTS).taken("its arrays", read)
    if path.suffix.lower() == ".json":
        raise _wrong(name, "holds no arrays", "they are in the .keras or the .h5 of the model")
    return _Arrays(path, name).taken("its arrays", lambda file: read(_inside(file, "model_weights")))


# ---- .keras


def _read_zip(path: Path, name: str) -> KerasModel:
    try:
        with zipfile.ZipFile(path) as archive:
            config = parsed(_member(archive, CONFIG, name), name)
            metadata = parsed(_member(archive, METADATA, name), name)
            members = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise _wrong(name, f"is a damaged archive: {str(error).lower()[:100]}") from None
    version = metadata.get("keras_version") if isinstance(metadata, Mapping) else None
    fetch = _Arrays(path, name, WEIGHTS).by_path if WEIGHTS in members else None
    return KerasModel(name, config, version if isinstance(version, str) else "", fetch)


def _member(archive: zipfile.ZipFile, member: str, name: str) -> str:
    """A text of an archive, which is unpacked no further than a spec may be long."""
    try:
        with archive.open(member) as file:
            return decode(file.read(LARGEST_FILE + 1), f"{name}/{member}")
    except KeyError:
        raise _wrong(name, f"holds no {member}: it is no .keras") from None
    except SpecError:
        raise
    except Exception as error:  # noqa: BLE001 - each way of packing has errors of its own
        raise _wrong(name, f"{member} can't be unpacked: {brief(str(error), 100)}") from None


# ---- .h5


def _read_h5(path: Path, name: str) -> KerasModel:
    arrays = _Arrays(path, name)
    config, version = arrays.attribute("model_config"), arrays.attribute("keras_version")
    if config is None:
        help = (
            "save the model whole, model.save('net.keras'), or give its architecture and these as --weights"
        )
        raise _wrong(name, "holds weights alone, and no model", help)
    backend = arrays.attribute("backend") or ""
    return KerasModel(name, parsed(config, name), version or "", arrays.by_order, backend)


class _Arrays:
    """The arrays of an HDF5 file, which may stand in an archive. The file is open while one is read."""

    def __init__(self, path: Path, name: str, member: str = "") -> None:
        self.path, self.name, self.member = path, name, member

    def by_path(self, variable: Variable) -> Any:
        """An array of a weights file of Keras 3."""
        return self.taken(variable, lambda file: _array(file, variable.path.split("/")))

    def by_order(self, variable: Variable) -> Any:
        """An array of an .h5: the layer's group lists the names of its arrays in order."""

        def group(file: Any) -> Any:
            return _inside(_inside(file, "model_weights"), variable.top)

        names = self._text(variable, lambda file: _listed(group(file), "weight_names"))

        def read(file: Any) -> Any:
            if variable.number >= len(names):
                raise KeyError(f"{len(names)} arrays")
            return _array(group(file), names[variable.number].split("/"))

        return self.taken(variable, read)

    def attribute(self, name: str) -> str | None:
        """A text that the file keeps beside its arrays."""

        def read(file: Any) -> str | None:
            value = file.attrs.get(name)
            value = value.decode() if isinstance(value, bytes) else value
            if isinstance(value, str) and len(value) > LARGEST_FILE:
                raise ValueError("too long")
            return value if isinstance(value, str) else None

        found: str | None = self._text(name, read)
        return found

    def _text(self, what: Variable | str, read: Callable[[Any], Any]) -> Any:
        """The texts that `read` takes from the file, within a budget."""
        _library(self.member)
        try:
            return within_budget(lambda: self.taken(what, read), SECONDS_FOR_TEXTS)
        except OverBudgetError as over:
            raise _wrong(self.name, f"{_said(what)} {over}") from None

    def taken(self, what: Variable | str, read: Callable[[Any], Any]) -> Any:
        """The values that `read` takes from the file; any error of `read` is told as the file's fault."""
        h5py = _library(self.member)
        try:
            if not self.member:
                with h5py.File(self.path, "r") as file:
                    return read(file)
            with (
                zipfile.ZipFile(self.path) as archive,
                _opened(archive, self.member) as unpacked,
                h5py.File(unpacked, "r") as file,
            ):
                return read(file)
        except CnncalcError:
            raise
        except Exception as error:  # noqa: BLE001 - a broken file fails in as many ways as there are bytes
            raise _wrong(self.name, f"{_said(what)} can't be read: {brief(str(error), 100)}") from None


def _library(member: str) -> Any:
    """The library that reads HDF5; raises UsageError where there is none."""
    try:
        import h5py
    except ImportError:
        message = "the arrays of a Keras model need h5py" if member else "an .h5 needs h5py"
        raise UsageError(message, "pip install 'cnncalc[keras]'", "missing_library") from None
    return h5py


def _said(what: Variable | str) -> str:
    return what if isinstance(what, str) else f"the array {brief(what.path)} of {brief(what.top)}"


def _opened(archive: zipfile.ZipFile, member: str) -> IO[bytes]:
    """A file of an archive, in which one can go back and forth: zipfile reads all anew to go back."""
    info = archive.getinfo(member)
    _unpacks_to(info.file_size, info.compress_size)
    assert archive.fp is not None
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        return io.BytesIO(archive.read(info))
    archive.fp.seek(info.header_offset)
    header = archive.fp.read(LOCAL_HEADER.size)
    start = info.header_offset + LOCAL_HEADER.size + sum(LOCAL_HEADER.unpack(header))
    return io.BufferedReader(_Part(archive.fp, start, info.compress_size))


class _Part(io.RawIOBase):
    """The bytes of a file from `start` on, `size` of them, as a file."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self.file, self.start, self.size, self.at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = max(offset + (0, self.at, self.size)[whence], 0)
        return self.at

    def readinto(self, target: Any) -> int:
        self.file.seek(self.start + self.at)
        data = self.file.read(max(min(len(target), self.size - self.at), 0))
        target[: len(data)] = data
        self.at += len(data)
        return len(data)


def _array(group: Any, parts: Sequence[str]) -> Any:
    """An array by its path, as long as it is in this file, holds numbers and has the bytes it says."""
    for part in parts:
        group = _inside(group, part)
    if getattr(group, "shape", None) is None or group.dtype.kind not in "fiu":
        raise ValueError("no array of numbers")
    if group.external or group.is_virtual:
        raise ValueError("an array in another file")
    _unpacks_to(prod(group.shape) * group.dtype.itemsize, group.id.get_storage_size())
    return group[()]


def _unpacks_to(size: int, stored: int) -> None:
    """Raises ValueError for an array that claims to be far larger than the bytes that it takes."""
    if size > SMALL + MOST_PACKED * stored:
        raise ValueError(f"it unpacks to {size // 2**20:,} MiB")


def _inside(group: Any, part: str) -> Any:
    """What stands in a group; a link to elsewhere is not followed."""
    import h5py

    if not isinstance(group, h5py.Group) or not isinstance(group.get(part, getlink=True), h5py.HardLink):
        raise KeyError(f"no {part}")
    return group[part]


def _listed(group: Any, name: str) -> list[str]:
    """The texts of an attribute; a long list is kept in pieces: name0, name1, ..."""
    pieces = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(pieces)}" in group.attrs:
        pieces.append(group.attrs[f"{name}{len(pieces)}"])
    return [text.decode() if isinstance(text, bytes) else str(text) for piece in pieces for text in piece]


# ---- models in Python


def read_object(model: Any, input: Any) -> KerasModel:  # noqa: ARG001 - a Keras model knows its inputs
    """A model of the user's Keras, by its configuration; its arrays are taken as they are asked for."""
    text = getattr(model, "to_json", None)
    if text is None:
        raise UsageError(f"a {type(model).__name__} is no model", "a keras.Model")
    name = f"<{model.name}>"
    try:
        config = parsed(text(), name)
    except NotImplementedError:
        help = "build it of keras.Model(inputs, outputs), or export it as ONNX"
        message = f"{type(model).__name__} says no configuration: its graph is in its program"
        raise SpecError(Fault("no_graph", message, help, Place(name))) from None

    def fetch(variable: Variable) -> Any:
        layer = model.get_layer(variable.top)
        return (layer.trainable_weights + layer.non_trainable_weights)[variable.number].numpy()

    return KerasModel(name, config, "", fetch, _backend(model))


def _backend(model: Any) -> str:
    """The backend of the Keras that made a model: torch, tensorflow, jax; tensorflow before Keras 3."""
    import sys

    package = sys.modules.get(type(model).__module__.partition(".")[0])
    backend = getattr(getattr(package, "backend", None), "backend", None)
    return str(backend()) if callable(backend) else ""
