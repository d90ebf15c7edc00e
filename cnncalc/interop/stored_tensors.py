"""The arrays of an exported program: where their values stand in the archive, and how these are read."""

import pickletools
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

from cnncalc.errors import Fault, Place, SpecError
from cnncalc.interop.archive import LARGEST_JSON, MOST_ENTRIES, MOST_PACKED, SMALL, Archive

DTYPES = {
    1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f2", 7: "<f4", 8: "<f8", 12: "?", 13: "bf16",
}  # fmt: skip
"""The number that an exported program has for a type of values -> NumPy's name of the type."""
DEEPEST = 100
"""How deeply mappings and lists of a checkpoint may nest."""
_STORAGES = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "BFloat16Storage": "bf16",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1",
    "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip


class Description(NamedTuple):
    """An array in the archive: the entry that holds its bytes, and how they lie there."""

    entry: str
    inner: str
    """Of an entry that is an archive itself: the file in it."""
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int


def described(config: Any, folder: str, archive: Archive) -> dict[str, Description]:
    """The arrays that a configuration of weights or constants lists, by their names in the model."""
    found = {}
    try:
        for name, each in config["config"].items():
            meta = each.get("tensor_meta")
            if not isinstance(meta, Mapping) or each.get("use_pickle"):
                continue
            found[str(name)] = Description(
                folder + str(each["path_name"]),
                "",
                DTYPES.get(meta["dtype"], ""),
                _ints(meta["sizes"]),
                _ints(meta["strides"]),
                int(meta["storage_offset"]["as_int"]),
            )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise archive.unreadable(f"has a list of weights that can't be read: {error!r}") from None
    return found


def _ints(sizes: Any) -> tuple[int, ...]:
    return tuple(int(size["as_int"]) for size in sizes)


def values(description: Description, archive: Archive) -> Any:
    """The values of an array, as NumPy's; raises SpecError where they are missing or don't fit."""
    import numpy as np

    entry, dtype = description.entry, description.dtype
    if entry not in archive.entries:
        raise archive.unreadable(
            f"lacks the values in {entry}", "a file with its weights is needed to run it"
        )
    if not dtype:
        raise archive.unreadable(f"{entry} holds values of a type that can't be read")
    numbers = (*description.shape, *description.strides, description.offset)
    if len(description.shape) != len(description.strides) or min(numbers) < 0:
        raise archive.unreadable(f"{entry} has a shape or strides that can't be")
    item = 2 if dtype == "bf16" else np.dtype(dtype).itemsize
    extent = (
        description.offset
        + 1
        + sum(
            stride * (size - 1) for size, stride in zip(description.shape, description.strides, strict=True)
        )
    )
    if 0 in description.shape:
        return np.zeros(description.shape, "f4" if dtype == "bf16" else dtype)
    data = archive.inner(entry, f"/data/{description.inner}") if description.inner else archive.weight(entry)
    if len(data) < extent * item:
        raise archive.unreadable(f"{entry} holds {len(data):,} bytes, and {extent * item:,} are wanted")
    if prod(description.shape) > max(SMALL, MOST_PACKED * len(data)):  # strides of 0 repeat values
        raise archive.unreadable(f"{entry} holds {len(data):,} bytes, for {prod(description.shape):,} values")
    if dtype == "bf16":
        flat = (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        flat = np.frombuffer(data, dtype, count=len(data) // item)
        flat = flat.astype(np.float32) if dtype == "<f2" else flat
    # along an axis of one value any stride is right, and one may be too large for NumPy
    pairs = zip(description.strides, description.shape, strict=True)
    strides = [stride * flat.itemsize if size > 1 else 0 for stride, size in pairs]
    return np.lib.stride_tricks.as_strided(
        flat[description.offset :], description.shape, strides, writeable=False
    )


def pickled_tensors(archive: Archive, entry: str) -> dict[str, Description]:
    """The arrays of a state_dict that torch.save wrote: the pickle's steps are looked at, never run."""
    return _tensors(archive, entry, archive.inner(entry, "/data.pkl"))


def checkpoint_tensors(archive: Archive) -> dict[str, Description]:
    """The arrays of a file that torch.save wrote: a state_dict, alone or among other things, by their names.

    The pickle's steps are looked at, never run. Raises SpecError for a file without arrays, such as a module
    that was saved whole.
    """
    entry = min((each for each in archive.entries if each.rpartition("/")[2] == "data.pkl"), key=len)
    help = "save the weights alone: torch.save(model.state_dict(), 'net.pt')"
    try:
        found = _tensors(archive, entry, archive.data(entry, LARGEST_JSON))
    except SpecError:
        message = "holds more than arrays, in a pickle, which is a program: to read it would run it"
        raise SpecError(Fault("pickled_model", message, help, Place(archive.name))) from None
    if not found:
        raise archive.unreadable("holds no arrays by name", help)
    return found


def _tensors(archive: Archive, entry: str, pickle: bytes) -> dict[str, Description]:
    try:
        return {name: Description(entry, *tensor) for name, tensor in _by_name(_state(pickle))}
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise archive.unreadable(f"{entry} holds no tensors that can be read: {error}") from None


def _by_name(state: Any) -> Iterator[tuple[str, Any]]:
    """The tensors of mappings and lists within one another: name -> (file, dtype, shape, strides, offset)."""
    pending, count = [("", state, 0)], 0
    while pending:
        name, value, depth = pending.pop()
        count += 1
        if count > MOST_ENTRIES or depth > DEEPEST:
            raise ValueError(f"more than {MOST_ENTRIES:,} values, or nested more than {DEEPEST} deep")
        if isinstance(value, tuple) and value[:1] == ("tensor",):
            yield name, value[1:]
        elif isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            inner = [(f"{name}.{key}" if name else str(key), each, depth + 1) for key, each in pairs]
            pending += reversed(inner)


def _state(pickle: bytes) -> Any:  # noqa: C901, PLR0912, PLR0915 - one branch a step
    """What the steps of a pickle build: mappings and lists of tensors, ("tensor", file, dtype, ...)."""
    stack: list[Any] = []
    memo: dict[Any, Any] = {}
    mark = object()

    def popped() -> list[Any]:
        place = len(stack) - 1 - stack[::-1].index(mark)
        taken = stack[place + 1 :]
        del stack[place:]
        return taken

    for opcode, argument, _ in pickletools.genops(pickle):
        name = opcode.name
        if name in ("BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"):
            stack.append(argument)
        elif name == "GLOBAL":
            stack.append(("global", str(argument).rpartition(" ")[2]))
        elif name in ("NONE", "NEWTRUE", "NEWFALSE"):
            stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
        elif name == "MARK":
            stack.append(mark)
        elif name in ("EMPTY_DICT", "EMPTY_TUPLE", "EMPTY_LIST"):
            stack.append({"EMPTY_DICT": dict, "EMPTY_TUPLE": tuple, "EMPTY_LIST": list}[name]())
        elif name == "APPENDS":
            taken = popped()
            stack[-1].extend(taken)
        elif name == "APPEND":
            value = stack.pop()
            stack[-1].append(value)
        elif name == "TUPLE":
            stack.append(tuple(popped()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            size = int(name[-1])
            stack[-size:] = [tuple(stack[-size:])]
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "BINPERSID":
            _, (_, storage), key, *_ = stack.pop()
            stack.append(("storage", _STORAGES.get(storage, ""), key))
        elif name == "REDUCE":
            given, (_, function) = stack.pop(), stack.pop()
            stack.append(_rebuilt(function, given))
        elif name == "SETITEMS":
            taken = popped()
            stack[-1].update(zip(taken[::2], taken[1::2], strict=True))
        elif name == "SETITEM":
            value, key = stack.pop(), stack.pop()
            stack[-1][key] = value
        elif name == "BUILD":
            stack.pop()
        elif name not in ("PROTO", "STOP"):
            raise ValueError(f"a step {name}")
    (state,) = stack
    return state


def _rebuilt(function: str, given: tuple[Any, ...]) -> Any:
    """What a step that makes an object makes: a tensor, or a mapping that says nothing."""
    if function == "_rebuild_parameter":
        return given[0]
    if function == "_rebuild_tensor_v2":
        (_, dtype, key), offset, shape, strides, *_ = given
        return "tensor", str(key), dtype, tuple(map(int, shape)), tuple(map(int, strides)), int(offset)
    if function == "OrderedDict":
        return {}
    raise ValueError(f"a call of {function}")
