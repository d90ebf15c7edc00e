"""What a file is, by its contents where they say, else by its ending; and the reader of its format."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.errors import Fault, Place, SpecError

if TYPE_CHECKING:
    from cnncalc.interop.model import Model

READERS = {
    "onnx": "cnncalc.interop.onnx",
    "pt2": "cnncalc.interop.pt2",
    "keras": "cnncalc.interop.keras.files",
}
"""A format -> the module whose `read(path, name)` opens such a file as a `Model`."""
OBJECTS = {
    **dict.fromkeys(("keras", "tf_keras"), "cnncalc.interop.keras.files"),
    "torch": "cnncalc.interop.torch_objects",
}
"""A framework's package -> the module whose `read_object(model, input)` takes its models as `Model`s."""

_LOOKED_AT = 4096
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt")
_HOLDS = {
    ".pt2": "a program that torch.export.save wrote",
    ".onnx": "a model of ONNX",
    ".keras": "a model that Keras saved",
    ".h5": "a model that Keras saved",
    ".hdf5": "a model that Keras saved",
    **dict.fromkeys(_PICKLES, "what torch.save or pickle wrote"),
}
"""Ending -> the content that a file of that ending should have."""

_PICKLE = Fault(
    "pickled_model",
    "is a pickle, which is a program: to read it would run it",
    "export the model: torch.export.save(torch.export.export(model, (x,)), 'net.pt2'); "
    "its weights alone: safetensors.torch.save_file(model.state_dict(), 'net.safetensors')",
)


def open_model(path: Path, name: str) -> "Model | None":
    """The model in a file; None where the file is text, a spec. Raises SpecError where it is neither.

    `name` is what errors call the file.
    """
    found = _what_is(path)
    if found is None:
        return None
    if isinstance(found, Fault):
        raise SpecError(found._replace(place=Place(name)))
    model: Model = import_module(READERS[found]).read(path, name)
    return model


def weights_format(file: str, *, of_models: bool = False) -> str | None:
    """The format of a file of weights alone: safetensors, npz, npy, hdf5, torch; None for other files.

    The index of a model in several .safetensors, model.safetensors.index.json, is `shards`.

    With `of_models`, also that of a file that holds a model: a key of READERS.
    """
    path = Path(file)
    try:
        with path.open("rb") as source:
            start = source.read(_LOOKED_AT)
    except (OSError, ValueError):
        return None
    found = _format_of_arrays(path, start, path.suffix.lower())
    if found is None and of_models:
        model = _what_is(path)
        return model if isinstance(model, str) else None
    return found


def _format_of_arrays(path: Path, start: bytes, ending: str) -> str | None:
    if start.startswith(b"\x93NUMPY") or ending == ".npy":
        return "npy"
    if start.startswith(b"PK"):
        is_npz = ending == ".npz" or _holds_arrays(path)
        return "npz" if is_npz else "torch" if _zip(path) is _PICKLE else None
    if start.startswith(b"\x89HDF"):
        return "hdf5" if path.name.lower().endswith(".weights.h5") else None
    # the length of the header in 8 bytes, which no text begins with, then JSON
    if path.name.lower().endswith(".safetensors.index.json"):
        return "shards"
    is_safe = start[8:9] == b"{" and b"\0" in start[:8]
    return "safetensors" if is_safe or ending == ".safetensors" else "npz" if ending == ".npz" else None


def _holds_arrays(path: Path) -> bool:
    """Whether an archive holds arrays of NumPy and nothing else."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def _what_is(path: Path) -> str | Fault | None:
    """The format of a file; None for text, and for a file that can't be opened, a fault of the spec."""
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
    except (OSError, ValueError):
        return None
    ending = path.suffix.lower()
    found = _by_contents(path, start, ending)
    arrays = _format_of_arrays(path, start, ending) if start and not isinstance(found, str) else None
    if arrays in ("safetensors", "npz", "npy"):
        return Fault("unreadable_file", "holds arrays, and no network", "cnncalc params tells them")
    if found is None and ending in _HOLDS:
        told = "does not begin as such a file does" if start else "is empty"
        return Fault("unreadable_file", f"{told}: {ending} is for {_HOLDS[ending]}")
    return found


def _by_contents(path: Path, start: bytes, ending: str) -> str | Fault | None:
    """The format of a file that begins so; None where it is none of a model."""
    if start.startswith(b"PK\x03\x04"):
        return _zip(path)
    if start.startswith(b"\x89HDF\r\n\x1a\n") or (start.lstrip()[:1] == b"{" and b'"class_name"' in start):
        return "keras"
    if start.startswith(b"\x08") or (start and ending == ".onnx"):
        return "onnx"  # text does not begin with what a model of ONNX does
    pickled = start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05"
    # the oldest pickles have no beginning of their own: they end with a full stop
    return _PICKLE if pickled or (ending in _PICKLES and _last_byte(path) == b".") else None


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 1, 0))
        return file.read(1)


def _zip(path: Path) -> str | Fault:
    """The format of an archive, by the names of its files."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names: Sequence[str] = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        return Fault("unreadable_file", f"is a damaged archive: {str(error).lower()}")
    files = {name.rpartition("/")[2] for name in names}
    if "serialized_exported_program.json" in files or any("models/" in name for name in names):
        return "pt2"
    if {"config.json", "metadata.json"} <= files:
        return "keras"
    if "data.pkl" in files:
        return _PICKLE
    return Fault("unreadable_file", "is an archive, and no model that can be read")


def open_object(model: Any, input: Any) -> "Model | None":
    """The model that a Python object is, such as a framework's module; None where it is none of those.

    `input` is what the framework may need to trace it: a shape, or a mapping name -> shape.
    """
    for cls in type(model).__mro__:
        reader = OBJECTS.get(cls.__module__.partition(".")[0])
        if reader is not None:
            opened: Model = import_module(reader).read_object(model, input)
            return opened
    return None
