"""Arrays and weights in files: .npy, .npz, .safetensors, text, images. Nothing pickled is ever loaded."""

import json
import math
import operator
import os
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cnncalc.errors import CnncalcError, Fault, Place, UsageError, brief, reason_of
from cnncalc.execute.values import Numbers
from cnncalc.whole_file import write_whole

SAFE_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
"""The formats that an image may be of, whatever its name: for others the library may start a program."""
LARGEST_HEADER = 20_000_000
LARGEST_TEXT = 10_000_000
SMALL = 64 * 2**20
"""So many bytes an archive may unpack to in any case."""
MOST_PACKED = 20
"""How many times its own size a larger one may: weights hardly pack."""
MOST_AXES = 32
MOST_PIXELS = 2**24
"""The most pixels of an image: 4096x4096, which take 300 MB."""
MOST_TILES = 4096
"""The most maps of one picture."""


def unreadable(file: str, why: str, help: str = "") -> CnncalcError:
    """The error for a file of another content than it should have."""
    return CnncalcError(Fault("unreadable_file", why, help, Place(file)))


def read_weights(file: str) -> dict[str, Numbers]:
    """The arrays of an .npz or a .safetensors file, by their names."""
    suffix = Path(file).suffix.lower()
    if suffix in (".safetensors", ".npz"):
        arrays: dict[str, Numbers] = checked(
            file, _read_safetensors if suffix == ".safetensors" else _read_npz
        )
        return arrays
    raise unreadable(
        file, "is no file of weights", "an .npz or a .safetensors; nothing pickled is ever loaded"
    )


def checked(file: str, read: Callable[[str], Any]) -> Any:
    """The result of `read` on a file; any error in its bytes is told as a fault of the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what libraries think of a file is theirs, or refused below
            return read(file)
    except CnncalcError:
        raise
    except OSError as error:
        raise unreadable(file, reason_of(error)) from None
    except MemoryError:
        raise unreadable(file, "is too large for this machine's memory") from None
    except Exception as error:  # noqa: BLE001 - a broken archive fails in as many ways as there are bytes
        raise unreadable(file, f"can't be read: {brief(str(error), 100)}") from None


def _read_npy(file: str) -> Numbers:
    with Path(file).open("rb") as source:
        array: Numbers = np.load(source, allow_pickle=False)
    return array


def _read_npz(file: str) -> dict[str, Numbers]:
    with Path(file).open("rb") as source, np.load(source, allow_pickle=False) as arrays:
        inside = sum(info.file_size for info in arrays.zip.infolist())
        if inside > SMALL + MOST_PACKED * Path(file).stat().st_size:
            told = f"unpacks to {inside // 2**20:,} MiB, far more than weights do"
            raise unreadable(file, told, "numpy.savez writes them as they are")
        found = dict(arrays)
    for name, array in found.items():
        if not isinstance(array, np.ndarray):
            raise unreadable(file, f"{brief(name)} is no array")
    return found


def _read_safetensors(file: str) -> dict[str, Numbers]:
    # read, and not mapped: of a mapped file that somebody shortens meanwhile, the system ends the process
    arrays: dict[str, Numbers] = {}
    with Path(file).open("rb") as source:
        header, size = safe_header(file, source)
        for name, dtype, shape, start, end in safe_entries(file, header, size):
            if dtype not in SAFE_TYPES:
                raise unreadable(file, f"{brief(name)} is of a type that is not read: {brief(dtype)}")
            kind = np.dtype(SAFE_TYPES[dtype])
            data = source.read(end - start)
            if len(data) < end - start:
                raise unreadable(file, f"ends before {brief(name)} does")
            array = np.frombuffer(data, kind).reshape(shape)
            if dtype == "BF16":  # the upper half of a float32
                array = (array.astype(np.uint32) << 16).view(np.float32)
            arrays[name] = array
    return arrays


def safetensors_of(arrays: Mapping[str, Numbers]) -> Iterator[bytes | memoryview]:
    """The bytes of a .safetensors, in pieces: the length of the header, the header, and the arrays."""
    types = {np.dtype(kind): name for name, kind in SAFE_TYPES.items() if name != "BF16"}
    header: dict[str, Any] = {}
    stored: list[Numbers] = []
    end = 0
    for name, given in arrays.items():
        array = np.ascontiguousarray(given).reshape(np.shape(given))
        array = array if array.dtype in types else array.astype(np.float32)
        start, end = end, end + array.nbytes
        header[name] = {"dtype": types[array.dtype], "shape": array.shape, "data_offsets": [start, end]}
        stored.append(array)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for array in stored:
        yield array.tobytes()


def safe_header(file: str, source: BinaryIO) -> tuple[dict[str, Any], int]:
    """The header of a .safetensors and the bytes behind it, where the stream stands afterwards.

    8 bytes say how long the header is; the header, JSON, says of each array its type, shape and place.
    """
    size = os.fstat(source.fileno()).st_size
    length = int.from_bytes(source.read(8), "little")
    if size < 8 or length > min(size - 8, LARGEST_HEADER):
        raise unreadable(file, "is no .safetensors: the length of its header is wrong")
    header: dict[str, Any] = json.loads(source.read(length))
    return header, size - 8 - length


def safe_entries(
    file: str, header: Mapping[str, Any], size: int
) -> Iterator[tuple[str, str, tuple[int, ...], int, int]]:
    """Name, type, shape, start and end of the arrays of a .safetensors, which hold `size` bytes in all.

    They lie one after another, without a hole.
    """
    placed = 0
    entries = [entry for entry in header.items() if entry[0] != "__metadata__"]
    for name, entry in sorted(entries, key=lambda each: operator.index(each[1]["data_offsets"][0])):
        shape = tuple(map(operator.index, entry["shape"]))
        start, end = map(operator.index, entry["data_offsets"])
        dtype = str(entry["dtype"])
        if min(shape, default=0) < 0 or not 0 <= start <= end <= size:
            raise unreadable(file, f"{brief(name)} lies outside of the file")
        if start != placed:
            raise unreadable(file, "its arrays lie over one another, or leave a hole")
        placed = end
        if len(shape) > MOST_AXES or max(shape, default=0) > 2**40:
            raise unreadable(file, f"{brief(name)} is of a shape that can't be")
        if dtype in SAFE_TYPES and end - start != math.prod(shape) * np.dtype(SAFE_TYPES[dtype]).itemsize:
            raise unreadable(file, f"{brief(name)} does not fill its place")
        yield name, dtype, shape, start, end
    if placed != size:
        raise unreadable(file, "holds bytes that are of no array")


def read_array(file: str, channels: int | None = None) -> Numbers:
    """An array from .npy, from text or CSV, or an image as (H, W, C) between 0 and 1."""
    suffix = Path(file).suffix.lower()
    if suffix in IMAGES:
        array: Numbers = read_image(file, channels)
    elif suffix == ".npy":
        array = checked(file, _read_npy)
    elif suffix == ".npz":
        arrays = read_weights(file)
        if len(arrays) != 1:
            raise unreadable(file, f"holds {len(arrays)} arrays, and one is wanted")
        (array,) = arrays.values()
    else:
        array = checked(file, _read_text)
    if array.dtype.kind not in "fiub":
        raise unreadable(file, f"holds {array.dtype} and no numbers")
    return array


def _read_text(file: str) -> Numbers:
    with Path(file).open("rb") as source:
        data = source.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise unreadable(file, f"is longer than {LARGEST_TEXT:,} bytes", "an .npy has no such limit")
    try:
        lines = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        return read_matrix(lines)
    except UsageError as error:
        raise unreadable(file, error.faults[0].message, error.faults[0].help) from None


def read_matrix(text: str) -> Numbers:
    """Numbers as they are typed: rows parted by ; or lines, maps by | or empty lines; or lists in lists.

    A single row is a signal, (W,) or with its maps (W, C); else the array is (H, W) or (H, W, C).

    >>> read_matrix("1 0 1; 0 1 0").tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    >>> read_matrix("4, 8, 0, 4").shape
    (4,)
    >>> read_matrix("[[1, 0, 1], [0, 1, 0]]").shape
    (2, 3)
    """
    text = unicodedata.normalize("NFKC", text).translate(_MINUS)
    maps = [part for part in re.split(r"\||\n\s*\n", text.strip()) if part.strip()]
    matrices = [_read_rows(part) for part in maps or [""]]
    if len({matrix.shape for matrix in matrices}) > 1:
        raise UsageError("the maps differ in size", code="bad_matrix")
    if len(matrices) > 1 and matrices[0].ndim > 2:
        raise UsageError("maps are parted by | or stand in one list, not both", code="bad_matrix")
    if is_signal(text):
        matrices = [matrix[0] for matrix in matrices]
    return np.stack(matrices, -1) if len(matrices) > 1 else matrices[0]


def is_signal(text: str) -> bool:
    """Whether a text is a row of numbers, and no matrix."""
    return ";" not in text and "\n" not in text.strip() and not _LISTS.search(text)


_MINUS = str.maketrans("−–", "--")
_LISTS = re.compile(r"^\s*+[\[(]\s*+[\[(][^;]*$|[\])]\s*+(?:[,;]\s*+)?[\[(]")
"""Brackets in brackets, or beside one another; of [[1 2; 3 4]] the semicolon parts the rows."""
DEEPEST_LISTS = 3


def _read_rows(text: str) -> Numbers:
    if _LISTS.search(text):
        return _read_lists(text)
    rows = [re.split(r"[\s,]+", row.strip(" \t\r,[]()")) for row in re.split(r"[;\n]", text) if row.strip()]
    if not rows:
        raise UsageError("there are no numbers", 'such as "1 0 1; 0 1 0; 1 0 1"', code="bad_matrix")
    if len({len(row) for row in rows}) > 1:
        lengths = ", ".join(str(len(row)) for row in rows[:8])
        raise UsageError(f"the rows have {lengths} numbers", "as many in each", code="bad_matrix")
    return np.array([[_number(entry) for entry in row] for row in rows])


def _read_lists(text: str) -> Numbers:
    """Lists in lists, as JSON and NumPy write arrays: a list of rows, or of maps, each a list of rows."""
    levels: list[list[Any]] = [[]]
    for part in re.findall(r"[\[\]()]|[^\s,;\[\]()]+", text):
        if part in "[(":
            levels.append([])
            if len(levels) > DEEPEST_LISTS + 1:
                raise UsageError(
                    f"lists in lists more than {DEEPEST_LISTS} deep are no image", code="bad_matrix"
                )
        elif part in "])":
            if len(levels) == 1:
                raise UsageError(f"a bracket too many closes: {part}", code="bad_matrix")
            done = levels.pop()
            levels[-1].append(done)
        else:
            levels[-1].append(_number(part))
    if len(levels) > 1:
        raise UsageError("a bracket is not closed", "such as [[1, 0], [0, 1]]", code="bad_matrix")
    found = levels[0][0] if len(levels[0]) == 1 else levels[0]
    try:
        array = np.array(found, float)
    except ValueError:
        raise UsageError("the rows differ in length", "as many numbers in each", code="bad_matrix") from None
    if not array.size:
        raise UsageError("there are no numbers", 'such as "1 0 1; 0 1 0; 1 0 1"', code="bad_matrix")
    return np.moveaxis(array, 0, -1) if array.ndim == DEEPEST_LISTS else array


def _number(text: str) -> float:
    """A number, or a fraction such as 1/16."""
    above, slash, below = text.partition("/")
    try:
        value = float(above) / (float(below) if slash else 1)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{brief(text)} is not a number", code="bad_matrix") from None
    if not math.isfinite(value):
        raise UsageError(f"{brief(text)} is not a number to compute with", code="bad_matrix")
    return value


def read_image(file: str, channels: int | None = None) -> Numbers:
    """An image as (H, W, C), between 0 and 1; in grey for one channel."""
    array: Numbers = np.divide(np.asarray(open_image(file, channels)), np.float32(255), dtype=np.float32)
    return array[..., None] if array.ndim == 2 else array


def open_image(file: str, channels: int | None = None) -> Any:
    """An image of Pillow's with 8 bits for each of so many channels: grey, colours, or with transparency."""
    return checked(file, lambda path: _open_image(path, channels))


def _open_image(file: str, channels: int | None) -> Any:
    pillow = _pillow()
    with pillow.open(file, formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            told = f"is of {image.width}x{image.height} pixels"
            raise unreadable(file, told, f"at most {MOST_PIXELS:,}: make it smaller")
        own = "L" if image.mode in ("1", "L", "I", "I;16", "F") else "RGB"
        mode = own if channels is None else {1: "L", 4: "RGBA"}.get(channels, "RGB")
        return image.convert(mode)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise UsageError("images need Pillow", "pip install 'cnncalc[image]'", "missing_library") from None
    return Image


def write_arrays(file: str, arrays: Mapping[str, Numbers], layout: str = "hwc") -> None:
    """Arrays in an .npz, one in an .npy, or as tiles of grey in a .png."""
    suffix = Path(file).suffix.lower()
    if suffix == ".npz":
        write_whole(file, lambda target: write_npz(target, arrays))
    elif suffix == ".npy":
        if len(arrays) != 1:
            raise UsageError(
                f"an .npy holds one array, and there are {len(arrays)}",
                "an .npz holds them all",
                code="unwritable_file",
            )
        (array,) = arrays.values()
        write_whole(file, lambda target: np.save(target, array, allow_pickle=False))
    elif suffix == ".png":
        picture = _pillow().fromarray(tiled(arrays, layout))
        write_whole(file, lambda target: picture.save(target, "PNG"))
    else:
        raise UsageError(f"{file}: what kind of file?", "an .npz, an .npy or a .png", code="unknown_choice")


def write_npz(target: Any, arrays: Mapping[str, Numbers]) -> None:
    """Writes arrays by their names, the same bytes at any time."""
    # numpy.savez has parameters of its own, which a layer may be called like; and it writes the time of day
    with zipfile.ZipFile(target, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as part:
                np.lib.format.write_array(part, np.asanyarray(array), allow_pickle=False)


def tiled(arrays: Mapping[str, Numbers], layout: str = "hwc") -> Numbers:
    """Maps side by side, those of a layer in rows of their own; black is the least value of a map."""
    strips = []
    left = MOST_TILES
    for array in arrays.values():
        maps = array if layout == "chw" or array.ndim < 3 else np.moveaxis(array, -1, 0)
        maps = maps.reshape(1, 1, -1) if maps.ndim == 1 else maps[None] if maps.ndim == 2 else maps
        maps = maps.reshape(len(maps), -1, maps.shape[-1])[:left]  # the frames of a map below each other
        left -= len(maps)
        if len(maps):
            strips.append(_strip(maps))
    if not strips:
        raise UsageError("there is nothing to be seen", code="unwritable_file")
    width = max(strip.shape[1] for strip in strips)
    return np.concatenate([np.pad(strip, ((0, 1), (0, width - strip.shape[1]))) for strip in strips])


def _strip(maps: Numbers) -> Numbers:
    """Maps in rows that are about as wide as high together, a dark line between them."""
    number, height, width = maps.shape
    low = maps.min((1, 2), keepdims=True)
    span = maps.max((1, 2), keepdims=True) - low
    grey = (255 * (maps - low) / np.where(span == 0, 1, span)).astype(np.uint8)
    across = max(math.isqrt(number * height // max(width, 1)), 1) if number > 1 else 1
    rows = -(-number // across)
    grey = np.pad(grey, ((0, rows * across - number), (0, 1), (0, 1)))
    strip: Numbers = grey.reshape(rows, across, height + 1, width + 1).transpose(0, 2, 1, 3)
    return strip.reshape(rows * (height + 1), across * (width + 1))
