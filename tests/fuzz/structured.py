"""Changes within what a model file is made of: the JSON and the arrays of an archive, ONNX's messages, HDF5.

A changed file stays one that can be opened, so that what is tried is how its graph is read.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, -1, -2, 7, 64, 10**6, 10**12, 10**18, 2**63, 10**40, 0.5, -0.5, 1e308,
    float("nan"), float("inf"), "", "x", "y", "same", "valid", "-1", "$(9**9)", "../x", "\0", [], {}, [0],
    [-1], [1, 1], [2, 2], [0, 1, 2], [None], [None, 3], {"class_name": "Dense", "config": {}},
)  # fmt: skip
"""What is put in the place of a value."""
Places = list[tuple[Any, Any]]
"""Containers, each with a key or an index in it."""


def json_changed(value: Any, donors: list[Any], rng: random.Random) -> Any:
    """A JSON value with one to four changes; parts of the donors are put in."""
    value = json.loads(json.dumps(value))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(value))
        if not places:
            return rng.choice(donors)
        inside, key = rng.choice(places)
        _change(inside, key, places, donors, rng)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict | list):
            keys = each if isinstance(each, dict) else range(len(each))
            for key in keys:
                yield each, key
                left.append(each[key])


def _change(inside: Any, key: Any, places: Places, donors: list[Any], rng: random.Random) -> None:
    if key not in inside if isinstance(inside, dict) else key >= len(inside):
        return  # a change before took it out
    way = rng.random()
    if way < 0.35:
        inside[key] = _copied(rng.choice(ODD))
    elif way < 0.55:  # what stands under the same key, in this value or another
        donor = places if rng.random() < 0.5 else list(_places(rng.choice(donors)))
        alike = [(where, at) for where, at in donor if at == key and isinstance(where, type(inside))]
        other, at = rng.choice(alike or places)
        inside[key] = _copied(other[at]) if _has(other, at) else None
    elif way < 0.65:
        other, at = rng.choice(places)
        inside[key] = _copied(other[at]) if _has(other, at) else None
    elif way < 0.75:
        del inside[key]
    elif way < 0.85 and isinstance(inside, list):
        inside.insert(rng.randrange(len(inside) + 1), _copied(inside[key]))
    elif way < 0.9 and isinstance(inside, list):
        rng.shuffle(inside)
    elif way < 0.95 and isinstance(inside[key], int) and not isinstance(inside[key], bool):
        inside[key] += rng.choice((-1, 1, 2))
    else:
        inside[key] = [inside[key]]


def _has(inside: Any, key: Any) -> bool:
    return key in inside if isinstance(inside, dict) else isinstance(key, int) and key < len(inside)


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value))


def text_changed(data: bytes, donors: list[bytes], rng: random.Random) -> bytes:
    """A JSON text, changed as JSON."""
    value = _parsed(data)
    other = _parsed(rng.choice(donors))
    return data if value is None else json.dumps(json_changed(value, [other], rng)).encode()


# ---- archives


def archive_changed(
    data: bytes, donors: list[bytes], mutate: Callable[[bytes], bytes], rng: random.Random
) -> bytes:
    """An archive with one of its files changed: a JSON as JSON, another byte by byte."""
    members = _members(data)
    if not members:
        return mutate(data)
    names = sorted(members)
    graphs = [name for name in names if name.endswith(".json")]
    name = rng.choice(graphs if graphs and rng.random() < 0.8 else names)
    if name.endswith(".json") and rng.random() < 0.95:
        other = _members(rng.choice(donors))
        found = [members[name], *(each for each_name, each in other.items() if each_name.endswith(".json"))]
        value, *others = [each for each in map(_parsed, found) if each is not None] or [{}]
        members[name] = json.dumps(json_changed(value, others or [value], rng)).encode()
    elif name.endswith(".h5") and rng.random() < 0.7:
        members[name] = hdf5_changed(members[name], rng)
    elif rng.random() < 0.1:
        del members[name]
    else:
        members[name] = mutate(members[name] or b" ")
    return archived(members)


def archived(members: dict[str, bytes]) -> bytes:
    """An archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - it is broken already
        return {}


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


# ---- ONNX


def onnx_changed(data: bytes, donors: list[bytes], rng: random.Random) -> bytes:
    """A model of ONNX with one to four changes in its messages."""
    import onnx

    model = onnx.ModelProto()
    other = onnx.ModelProto()
    try:
        model.ParseFromString(data)
        other.ParseFromString(rng.choice(donors))
    except Exception:  # noqa: BLE001 - it is broken already
        return data
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        # most of a model is its nodes
        places = list(
            _fields(rng.choice(model.graph.node) if model.graph.node and rng.random() < 0.6 else model)
        )
        if places:
            _change_field(*rng.choice(places), list(_fields(other)), rng)
    found: bytes = model.SerializeToString()
    return found


def _fields(message: Any) -> Iterator[tuple[Any, Any]]:
    """Each message in a message, with each of its fields that is set."""
    left = [message]
    while left:
        each = left.pop()
        for field, value in each.ListFields():
            yield each, field
            if field.type == field.TYPE_MESSAGE:
                left += value if field.is_repeated else [value]


_TEXTS = (
    "",
    "x",
    "input",
    "output",
    "axis",
    "axes",
    "pads",
    "\0",
    "../../x",
    "Relu",
    "Conv",
    "If",
    "Loop",
    "None",
    "SAME_UPPER",
)
_NUMBERS = (0, 1, 2, 3, -1, -2, 7, 13, 64, 10**6, 2**31 - 1, -(2**31), 10**12, 10**18, 2**63 - 1, -(2**63))


def _change_field(message: Any, field: Any, donors: list[tuple[Any, Any]], rng: random.Random) -> None:
    name = field.name
    alike = [(where, at) for where, at in donors if at.full_name == field.full_name]
    value = getattr(message, name)
    if rng.random() < 0.1:
        message.ClearField(name)
    elif alike and rng.random() < 0.4:
        other, _ = rng.choice(alike)
        message.ClearField(name)
        given = getattr(other, name)
        if field.is_repeated:
            getattr(message, name).extend(given)
        elif field.type == field.TYPE_MESSAGE:
            getattr(message, name).CopyFrom(given)
        else:
            setattr(message, name, given)
    elif field.is_repeated:
        _change_list(value, field, rng)
    elif field.type != field.TYPE_MESSAGE:
        try:
            setattr(message, name, _other(value, rng))
        except (ValueError, TypeError):
            message.ClearField(name)


def _change_list(values: Any, field: Any, rng: random.Random) -> None:
    at = rng.randrange(len(values)) if len(values) else 0
    way = rng.random()
    if not len(values):
        return
    if way < 0.25:
        del values[at]
    elif way < 0.45:
        values.append(values[rng.randrange(len(values))])
    elif field.type == field.TYPE_MESSAGE:
        other = rng.randrange(len(values))
        values[at].CopyFrom(type(values[at]).FromString(values[other].SerializeToString()))
    else:
        try:
            values[at] = _other(values[at], rng)
        except (ValueError, TypeError):
            del values[at]


def _other(value: Any, rng: random.Random) -> Any:
    """A value of the same type."""
    if isinstance(value, str):
        return rng.choice((*_TEXTS, value + "x"))
    if isinstance(value, bytes):
        return rng.choice((b"", b"\0", value[:-1], value + b"x", b"SAME_LOWER", bytes(len(value))))
    if isinstance(value, float):
        return rng.choice((0.0, -1.0, float("nan"), float("inf"), 1e-30, 1e30))
    return rng.choice((*_NUMBERS, value + 1))


# ---- HDF5


def hdf5_changed(data: bytes, rng: random.Random) -> bytes:
    """An HDF5 file with a change in its tree: an attribute, an array of another shape or type, a link."""
    import h5py

    target = io.BytesIO(data)
    try:
        with h5py.File(target, "r+") as file:
            names: list[str] = []
            file.visit(names.append)
            name = rng.choice(names)
            if rng.random() < 0.4:
                _change_attribute(file[rng.choice((name, "/"))].attrs, rng)
            else:
                _change_array(file, name, rng)
    except Exception:  # noqa: BLE001 - some changes can't be made
        return data
    return target.getvalue()


def _change_attribute(attributes: Any, rng: random.Random) -> None:
    import h5py

    key = rng.choice(list(attributes))
    text = attributes[key]
    value = _parsed(text.encode()) if isinstance(text, str) else None
    if value is not None and rng.random() < 0.8:
        attributes[key] = json.dumps(json_changed(value, [value], rng))
    elif rng.random() < 0.3:
        del attributes[key]
    else:
        attributes[key] = rng.choice((0, "", "x", [b"a", b"b"], [0.0, 1.0], h5py.Empty("f4")))


def _change_array(file: Any, name: str, rng: random.Random) -> None:
    import h5py
    import numpy as np

    shape = file[name].shape if isinstance(file[name], h5py.Dataset) else (2, 2)
    del file[name]
    way = rng.randrange(6)
    if way == 0:
        file[name] = np.zeros(rng.choice(((), (0,), (2,), (3, 2), (2, 2, 2))), "f4")
    elif way == 1:
        file[name] = np.zeros(shape, rng.choice(("i8", "c8", "S3", "?", "f2", "f8", h5py.ref_dtype)))
    elif way == 2:
        file[name] = rng.choice((h5py.SoftLink("/"), h5py.SoftLink("/x"), h5py.ExternalLink("x.h5", "/")))
    elif way == 3:
        file.create_dataset(name, shape, "f4", chunks=True, compression="gzip")
    elif way == 4:
        file.create_group(name)
