"""The skeleton of an ONNX file, on messages written by hand from the description of protobuf's encoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.interop.onnx_skeleton import LARGE, read_skeleton, skeleton


def length_of(value: bytes) -> bytes:
    """The length of a value in base 128, the lowest seven bits first, a high bit on all but the last byte."""
    digits = []
    rest = len(value)
    while True:
        rest, digit = divmod(rest, 128)
        digits.append(digit + (128 if rest else 0))
        if not rest:
            return bytes(digits)


def field(number: int, value: bytes) -> bytes:
    return bytes([number * 8 + 2]) + length_of(value) + value


def tensor(name: bytes, values: bytes, *, name_last: bool = False) -> bytes:
    dims, type_, raw = bytes([1 * 8, 7]), bytes([2 * 8, 1]), field(9, values)
    named = field(8, name)
    return dims + type_ + (raw + named if name_last else named + raw)


LARGE_VALUES, SMALL_VALUES = bytes(range(256)) * (LARGE // 256), b"\x01" * 8
IR_VERSION = bytes([1 * 8, 8])
NODE = field(1, field(4, b"Conv"))
NAME = field(2, b"graph")


def model(*tensors: bytes) -> bytes:
    return IR_VERSION + field(7, NODE + NAME + b"".join(field(5, each) for each in tensors)) + field(2, b"x")


@pytest.mark.parametrize("name_last", [False, True])
def test_large_values_stay_in_the_file(tmp_path: Path, name_last: bool) -> None:
    large = tensor(b"w", LARGE_VALUES, name_last=name_last)
    whole = model(tensor(b"b", SMALL_VALUES), large)
    path = tmp_path / "net.onnx"
    path.write_bytes(whole)
    found = read_skeleton(path)
    without = large.replace(field(9, LARGE_VALUES), b"")
    assert found.data == model(tensor(b"b", SMALL_VALUES), without)
    ((number, (start, end)),) = found.places.items()
    assert number == 1
    assert whole[start:end] == LARGE_VALUES


def test_a_model_of_small_arrays_is_as_it_is() -> None:
    whole = model(tensor(b"b", SMALL_VALUES), tensor(b"c", b""))
    assert skeleton(whole) == (whole, {})


def test_graphs_that_are_parted_count_on() -> None:
    large = tensor(b"w", LARGE_VALUES)
    assert list(skeleton(model(large) + model(tensor(b"b", SMALL_VALUES), large)).places) == [0, 2]


def test_what_is_cut_off_or_is_no_message_is_refused(tmp_path: Path) -> None:
    whole = model(tensor(b"b", SMALL_VALUES))
    for size in range(3, len(whole) - 3):  # the last field alone can be left out
        with pytest.raises(ValueError, match="ends behind"):
            skeleton(whole[:size])
    for garbage in (b"\x0b", b"\xff" * 11, bytes([7 * 8 + 2]) + b"\xff" * 9 + b"\x01"):
        with pytest.raises(ValueError, match=r"wire type|64 bits|ends behind"):
            skeleton(garbage)
    empty = tmp_path / "empty.onnx"
    empty.touch()
    with pytest.raises(ValueError, match="empty"):
        read_skeleton(empty)
