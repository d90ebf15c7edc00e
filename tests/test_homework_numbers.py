"""Answers as people write them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.homework.numbers import Unreadable, read_number
from cnncalc.homework.shapes import agreement, read_shape

FULL_WIDTH = str.maketrans("0123456789,.()", "０１２３４５６７８９，．（）")

WRITTEN = [
    ("48,120", 48120), ("48 120", 48120), ("48'120", 48120), ("48_120", 48120), ("48.120", 48120),
    ("1.234.567", 1234567), ("4.8e4", 48000), ("4.81E+04", 48100), ("62k", 62000), ("62 K", 62000),
    ("14M", 14_000_000), ("6.2万", 62000), ("14*10^6", 14_000_000), ("14×10⁶", 14_000_000),
    ("5*5*6*16+16", 2416), ("5x5x6x16 + 16", 2416), ("5×5×6×16＋16", 2416), ("(5*5*3 + 1)*6", 456),
    ("6(5*5*3+1)", 456), ("48,120 (=120*400+120)", 48120), ("120*400+120 = 48120", 48120),
    ("= 456", 456), ("params = 456", 456), ("456 params", 456), ("456 (6*76)", 456), ("456个", 456),
    ("４８，１２０", 48120), ("（5*5*3+1）*6", 456), ("floor((7-3)/3)+1", 2), ("⌊(7-3)/3⌋+1", 2),
    ("456.0", 456), ("3.5", Fraction(7, 2)), ("3,5", Fraction(7, 2)), ("1,234.5", Fraction(2469, 2)),
    ("1.234,5", Fraction(2469, 2)), ("-3", -3), ("0", 0), ("max(3, 200)", 200), ("1.3 MFLOPs", 1_300_000),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), WRITTEN)
def test_numbers(text: str, value: Fraction) -> None:
    assert read_number(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("244.2 KB", 244200),
        ("1 KiB", 1024),
        ("58.1 MiB", Fraction(581, 10) * 2**20),
        ("248024 bytes", 248024),
    ],
)
def test_memory(text: str, value: Fraction) -> None:
    assert read_number(text, memory=True).value == value
    if "b" in text.lower():
        with pytest.raises(Unreadable):
            read_number(text.replace("bytes", "KB"))


@pytest.mark.parametrize(
    "text", ["", "foo", "5*5*", "1/0", "48,12", "9" * 400, "1e400", "2**2**2**2**9", "((", "4x"]
)
def test_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_number(text if text != "48,12" else "48,12,1")


@pytest.mark.parametrize(
    ("text", "exact", "agrees"),
    [
        ("62k", 62006, True), ("62.0k", 62006, True), ("62.1k", 62006, False), ("61k", 62006, False),
        ("62000", 62006, False), ("≈62,000", 62006, True), ("1e5", 62006, False), ("6e4", 62006, True),
        ("4.8e4", 48120, True), ("14M", 14_455_392, True), ("15M", 14_455_392, False), ("100k", 99_600, True),
        ("1M", 1_135_256, True), ("2.33", Fraction(7, 3), True), ("2.3", Fraction(7, 3), True),
        ("2", Fraction(7, 3), False), ("12", Fraction(23, 2), False), ("28.4", 28, False),
    ],
)  # fmt: skip
def test_to_the_digits_given(text: str, exact: Fraction, agrees: bool) -> None:
    assert read_number(text).agrees(exact) is agrees


@pytest.mark.parametrize(
    "text",
    [
        "28x28x6", "(28, 28, 6)", "28×28×6", "[28,28,6]", "28*28*6", "28 28 6", "28 X 28 X 6",
        "（２８，２８，６）",
        "(None, 28, 28, 6)", "28x28x6 = 4704", "(32-5+1)x(32-5+1)x6", "28x28, 6 channels", "28、28、6",
        "<28,28,6>", "28x28@6", "TensorShape([None, 28, 28, 6])", "torch.Size([28, 28, 6])",
        "28 by 28 by 6", "28x28x6 (HWC)", "H=28, W=28, C=6", "28x28 with 6 channels", "28乘28乘6",
        "28x28 (6)", "28² x 6", "(32-5+1)^2 x 6",
        "(32-5)/1+1 = 28x28x6", "32x32x3 -> 28x28x6", "M = 28 → (28, 28, 6)", "28-28-6", "28/28/6",
        "(m, 28, 28, 6)", "28 by 28 with 6 maps", "28x28x6 volume", "28x28, depth 6", "3D: 28x28x6",
        "28&times;28&times;6", "(32-5)/1 + 1 = 28, so 28x28x6", "R^(28x28x6)", "height 28, width 28, depth 6",
        r"$\mathbb{R}^{28\times 28\times 6}$", "28 high, 28 wide, 6 channels", "28x28 maps, depth: 6",
    ],
)  # fmt: skip
def test_shapes(text: str) -> None:
    assert [int(size.value) for size in read_shape(text)[-1].sizes] == [28, 28, 6]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4.812*10^4", 48120), ("4.812×10⁴", 48120), ("14.455x10^6", 14_455_000), ("48.120", 48120),
        ("48.120 weights", 48120), ("48.120k", 48120), ("4.812e4", 48120),
    ],
)  # fmt: skip
def test_a_point_parts_thousands_only_where_nothing_scales(text: str, value: int) -> None:
    assert read_number(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18.816 KB", 18816), ("18.375 KiB", 18816), ("1.024 MB", 1_024_000), ("18.816 bytes", 18816),
        ("18.816", 18816), ("18,816 B", 18816),
    ],
)  # fmt: skip
def test_memory_with_its_unit(text: str, value: int) -> None:
    assert read_number(text, memory=True).value == value


@pytest.mark.parametrize("text", ["28-28", "28/29", "0", "-5", "torch.size", "x", "()", "1x2x3x4x5x6x7"])
def test_what_is_no_shape(text: str) -> None:
    with pytest.raises(Unreadable):
        read_shape(text)


def test_lecun_s_maps_come_first() -> None:
    assert [(str(each), each.channels_first) for each in read_shape("6@28x28")] == [("6x28x28", True)]
    assert not read_shape("28x28@6")[0].channels_first


@pytest.mark.parametrize(
    "text",
    [
        "6 maps of 28x28",
        "6 feature maps of 28×28",
        "6 channels, 28x28",
        "6@28*28",
        "6 maps 28x28",
        "6 filters of size 28 by 28",
        "6个28×28的特征图",
        "(C, H, W) = (6, 28, 28)",
        "depth 6, 28x28",
    ],
)
def test_maps_of_a_size_come_first_too(text: str) -> None:
    assert any(agreement(reading, (28, 28, 6), "hwc", loose=False) for reading in read_shape(text))


@pytest.mark.parametrize("text", ["28*28, 6", "torch.Size([1, 6, 28, 28])", "(1, 28, 28, 6)"])
def test_unusual_shapes_are_not_accused(text: str) -> None:
    assert any(agreement(reading, (28, 28, 6), "hwc", loose=False) for reading in read_shape(text))


@pytest.mark.parametrize(
    "text",
    [
        "4,812e4", "4,812*10^4", "48120 (weights: 48000, biases: 120)", "48120 (with biases)",
        "48000 weights + 120 biases", "total: 48120", "参数量：48120", "Answer: 400*120 + 120",
    ],
)  # fmt: skip
def test_numbers_with_words_and_decimal_commas(text: str) -> None:
    assert read_number(text).value == 48120


@pytest.mark.parametrize(
    "text",
    [
        "456?", "456 !", "so 456", "→ 456", "There are 456 parameters", "456 learnable parameters",
        "456 in total", "456 with bias", "456, as each filter has a bias", "450 weights and 6 biases",
        "450 weights, 6 biases", "W: 450 b: 6 total: 456", r"$456$", "456 connections/weights", "456个参数",
        r"(5 \cdot 5 \cdot 3+1)\times 6", r"\frac{912}{2}", "45\u200b6",
    ],
)  # fmt: skip
def test_words_around_a_number(text: str) -> None:
    assert read_number(text).value == 456


@pytest.mark.parametrize("text", ["76 per filter", "456 lakh", "456 dozen", "3 filters of 76"])
def test_words_that_may_say_how_large_a_number_is_stay(text: str) -> None:
    with pytest.raises(Unreadable):
        read_number(text)


@pytest.mark.parametrize(
    "text",
    ["120 neurons", "vector of 120", "1D, 120", "R^120", "120个神经元", "(m, 120)", "120-d vector", "(120,)"],
)
def test_a_vector_in_words(text: str) -> None:
    assert any(agreement(reading, (120,), "hwc", loose=False) for reading in read_shape(text))


def test_a_unit_in_parentheses_is_no_remark() -> None:
    for text in ("62 (k)", "62 (million)", "62 (KB)"):
        with pytest.raises(Unreadable):
            read_number(text)


def test_a_vector_may_be_written_in_thousands() -> None:
    assert [str(reading) for reading in read_shape("4,096")] == ["4,096", "4x96"]


@given(st.integers(0, 10**15))
def test_a_number_is_read_in_any_notation(number: int) -> None:
    grouped = f"{number:,}"
    for text in (
        str(number),
        grouped,
        grouped.replace(",", " "),
        grouped.replace(",", "'"),
        f"{number} weights",
    ):
        for written in (text, text.translate(FULL_WIDTH)):
            assert read_number(written).value == number
    if number % 1000 == 0:
        assert read_number(f"{number // 1000}k").value == number


@given(st.text(max_size=60) | st.text("0123456789+-*/x×.,()=^eEkM ％，", max_size=60))
def test_junk_raises_nothing_else(text: str) -> None:
    for read in (read_number, read_shape):
        try:
            read(text)
        except CnncalcError as error:
            assert error.faults[0].message  # noqa: PT017 - it may, it need not
