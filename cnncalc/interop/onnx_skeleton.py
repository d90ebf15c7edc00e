"""An ONNX file without the values of its large arrays, which stay in the file until they are asked for.

An ONNX model is a message of protobuf: fields, each a number and a length or a value. The numbers below are
those of onnx.proto. To let protobuf read the whole file would take twice its size in memory.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9
"""The fields of ModelProto, GraphProto and TensorProto that lead to the values of an array."""
LARGE = 2**15
"""The least bytes of values that are left in the file: more than any that take part in folding have."""
_SIZES = {1: 8, 5: 4}
_VARINT, _LENGTH = 0, 2


class Field(NamedTuple):
    """A field of a message: its number, its wire type, and the beginnings of field, value and next field."""

    number: int
    wire: int
    start: int
    value: int
    end: int


class Skeleton(NamedTuple):
    """The bytes of the model without large arrays; `places` maps the number of an initializer to its values.

    A place is the first byte in the file and the byte behind the last.
    """

    data: bytes
    places: dict[int, tuple[int, int]]


def read_skeleton(path: Path) -> Skeleton:
    """The skeleton of a file; raises ValueError or OSError where the file is no message of protobuf."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return skeleton(data)


def skeleton(data: bytes | mmap.mmap) -> Skeleton:
    """The skeleton of the bytes of a model; raises ValueError where they are no message of protobuf."""
    places: dict[int, tuple[int, int]] = {}
    arrays = 0
    model = bytearray()
    for field in _fields(data, 0, len(data)):
        if (field.number, field.wire) != (GRAPH, _LENGTH):
            model += data[field.start : field.end]
            continue
        graph = bytearray()
        for part in _fields(data, field.value, field.end):
            if (part.number, part.wire) != (INITIALIZER, _LENGTH):
                graph += data[part.start : part.end]
                continue
            tensor = bytearray()
            for entry in _fields(data, part.value, part.end):
                if entry.number == RAW_DATA and entry.end - entry.value >= LARGE:
                    places[arrays] = (entry.value, entry.end)
                else:
                    tensor += data[entry.start : entry.end]
            graph += _written(INITIALIZER, tensor)
            arrays += 1
        model += _written(GRAPH, graph)
    return Skeleton(bytes(model), places)


def _fields(data: bytes | mmap.mmap, at: int, end: int) -> Iterator[Field]:
    """The fields of the message that stands in a part of the data."""
    while at < end:
        start = at
        key, at = _number(data, at)
        wire = key & 7
        if wire == _LENGTH:
            length, at = _number(data, at)
            stop = at + length
        elif wire == _VARINT:
            _, stop = _number(data, at)
        elif wire in _SIZES:
            stop = at + _SIZES[wire]
        else:
            raise ValueError(f"a field of wire type {wire}")
        if stop > end:
            raise ValueError("a field ends behind its message")
        yield Field(key >> 3, wire, start, at, stop)
        at = stop


def _number(data: bytes | mmap.mmap, at: int) -> tuple[int, int]:
    """A number of variable length, seven bits a byte, and where it ends."""
    number = shift = 0
    while shift < 64:
        if at >= len(data):
            raise ValueError("a number ends behind the data")
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
    raise ValueError("a number of more than 64 bits")


def _written(number: int, value: bytes | bytearray) -> bytes:
    """A field that holds bytes."""
    return head_of_field(number, len(value)) + value


def head_of_field(number: int, length: int) -> bytes:
    """The bytes before those of a field: the field's number, and the `length` of its bytes."""
    size = bytearray()
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    return bytes((number << 3 | _LENGTH, *size, length))
