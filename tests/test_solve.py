"""The size formula forwards and backwards, held to the examples that courses set."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.layers.support.windows import Axis, TransposedAxis, coverage
from cnncalc.solve import SizeQuestion, input_sizes, layers_that_see, nearest, search, size

SIZES = [  # N, F, S, P, output
    (7, 3, 1, 0, 5), (7, 3, 2, 0, 3), (7, 3, 3, 0, 2), (7, 3, 1, 1, 7), (7, 3, 2, 1, 4), (7, 3, 3, 1, 3),
    (32, 5, 1, 0, 28), (32, 3, 1, 0, 30), (6, 3, 2, 0, 2), (227, 11, 4, 0, 55), (224, 11, 4, 0, 54),
    (4, 3, 1, 0, 2), (5, 4, 1, 2, 6), (5, 3, 1, 2, 7), (5, 3, 2, 1, 3), (6, 3, 2, 1, 3),
]  # fmt: skip


@pytest.mark.parametrize(("n", "f", "s", "p", "output"), SIZES)
def test_sizes_forwards_and_backwards(n: int, f: int, s: int, p: int, output: int) -> None:
    assert size(n, f, s, p).output == output
    for unknown in ("input", "kernel", "stride", "padding"):
        known: dict[str, Any] = {"input": n, "kernel": f, "stride": s, "padding": p, "output": output} | {
            unknown: None
        }
        answers = search(SizeQuestion(**known))
        assert (n, f, s, p) in {(a.input, a.kernel, a.stride, a.padding) for a in answers}
        assert all(size(a.input or 0, a.kernel, a.stride, a.padding).output == output for a in answers)


@pytest.mark.parametrize(("padding", "output"), [("narrow", 8), ("valid", 8), ("wide", 12), ("same", 10)])
def test_padding_by_word(padding: str, output: int) -> None:
    from cnncalc.solve import read

    assert size(10, 3, 1, read("padding", padding)).output == output


@pytest.mark.parametrize(
    ("n", "f", "s", "p", "extra", "output"),
    [(2, 3, 1, 0, 0, 4), (6, 4, 1, 2, 0, 5), (5, 3, 1, 1, 0, 5), (7, 3, 1, 2, 0, 5), (2, 3, 2, 0, 0, 5),
     (3, 3, 2, 1, 0, 5), (3, 3, 2, 1, 1, 6)],
)  # fmt: skip
def test_transposed(n: int, f: int, s: int, p: int, extra: int, output: int) -> None:
    assert size(n, f, s, p, transposed=True, output_padding=extra).output == output


@pytest.mark.parametrize(
    ("n", "f", "s", "p", "output"), [(32, 1, 2, 0, 16), (64, 3, 2, 1, 33), (5, 2, 2, 1, 3)]
)
def test_rounding_up(n: int, f: int, s: int, p: int, output: int) -> None:
    assert size(n, f, s, p, rounding="ceil").output == output


def test_what_is_left_unread(capsys: pytest.CaptureFixture[str]) -> None:
    found = size(7, 3, 3)
    assert (found.output, found.unread, round(float(found.quotient), 2)) == (2, 1, 2.33)
    assert run(capsys, "size", "7", "--kernel", "3", "--stride", "3")[1].startswith(
        "2, from 2.33 rounded down"
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as found:
        main([*arguments, "--lang", "en"])
    out, err = capsys.readouterr()
    return found.value.code, out, err


@given(
    n=st.integers(1, 30), f=st.integers(1, 6), s=st.integers(1, 6), p=st.integers(0, 5), d=st.integers(1, 3)
)
def test_coverage_is_what_windows_read(n: int, f: int, s: int, p: int, d: int) -> None:
    axis = Axis(n, f, s, p, p, d)
    if n + 2 * p < axis.extent:
        return
    read = [0] * n
    for o in range(axis.output):
        for t in range(f):
            if 0 <= (pixel := o * s + t * d - p) < n:
                read[pixel] += 1
    assert coverage(axis) == read
    assert sum(read) == axis.inside
    assert read.count(0) == axis.unread


@given(
    n=st.integers(1, 20), f=st.integers(1, 6), s=st.integers(1, 6), p=st.integers(0, 3), d=st.integers(1, 4),
    extra=st.integers(0, 2),
)  # fmt: skip
def test_coverage_is_what_stamps_add_up(n: int, f: int, s: int, p: int, d: int, extra: int) -> None:
    # by hand: PyTorch's formula, and every product put where it lands
    outputs = (n - 1) * s - 2 * p + d * (f - 1) + extra + 1
    if outputs < 1:
        return
    made = [0] * outputs
    for i in range(n):
        for t in range(f):
            if 0 <= (place := i * s + t * d - p) < outputs:
                made[place] += 1
    axis = TransposedAxis(n, f, s, p, p, d, extra)
    assert coverage(axis) == made
    assert sum(made) == axis.inside


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--kernel", "3", "--stride", "2"], "1 to 2, by turns: in two dimensions a checkerboard"),
        (["--kernel", "4", "--stride", "2"], "fewer products than one in the middle: 1 against 2"),
        (["--kernel", "2", "--stride", "2"], "as many products as any other: 1"),
        (["--kernel", "3", "--stride", "2", "--dilation", "2"], "no tap lands"),
    ],
)
def test_a_transposed_coverage_says_why(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Odena, Dumoulin and Olah, Deconvolution and Checkerboard Artifacts (2016)."""
    code, out, _ = run(capsys, "size", "5", *arguments, "--transposed", "--coverage")
    assert code == 0
    assert told in " ".join(out.split())


def test_a_stride_that_does_not_divide_the_kernel_reads_by_turns(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "size", "9", "--kernel", "3", "--stride", "2", "--coverage")[1]
    assert "1 to 2 times, by turns" in " ".join(out.split())


def test_padding_that_is_there_is_not_advised_again(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("size", "5", "--kernel", "3", "--coverage")
    same = run(capsys, *arguments, "--padding", "same")[1]
    assert "in spite of the padding: 2 against 3" in " ".join(same.split())
    assert "as many windows as any other: 3" in run(capsys, *arguments, "--padding", "full")[1]


@pytest.mark.parametrize("format", ["text", "json", "html"])
def test_an_axis_too_long_to_list_is_told_before_anything(
    format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = run(
        capsys, "size", "60000", "--kernel", "3", "--stride", "2", "--transposed", "--coverage",
        "--format", format,
    )  # fmt: skip
    assert (code, out) == (2, "")
    assert "120001 is too long" in error


def test_a_full_padding_is_cropped_from_a_transposed_one(capsys: pytest.CaptureFixture[str]) -> None:
    out = " ".join(run(capsys, "size", "4", "--kernel", "3", "--transposed", "--padding", "full")[1].split())
    assert "M = (N - 1)*S - 2*P + F = (4 - 1)*1 - 2*2 + 3" in out
    assert "so P positions are cropped at each end" in out
    assert "first window" not in out


@pytest.mark.parametrize("arguments", [["--output-padding", "1"], ["--transposed", "--rounding", "ceil"]])
def test_options_that_say_nothing_to_a_size_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "size", "7", "--kernel", "3", *arguments)[:2] == (2, "")


DECODERS = [  # N, F, S, P, output padding, D, output
    (7, 4, 2, 1, 0, 1, 14), (14, 4, 2, 1, 0, 1, 28), (4, 4, 2, 1, 0, 1, 8),  # DCGAN's
    (28, 2, 2, 0, 0, 1, 56),  # U-Net's
    (7, 3, 2, 1, 1, 1, 14), (6, 3, 2, 1, 1, 1, 12), (12, 3, 2, 1, 0, 1, 23),  # PyTorch's ConvTranspose2d
    (16, 4, 2, 0, 0, 1, 34), (70, 16, 8, 0, 0, 1, 568),  # FCN's
    (2, 3, 1, 0, 0, 1, 4), (5, 3, 1, 1, 0, 1, 5), (3, 3, 2, 1, 0, 1, 5),  # Dumoulin and Visin's
    (5, 3, 2, 2, 1, 2, 10), (1, 4, 1, 0, 0, 1, 4),
]  # fmt: skip


@pytest.mark.parametrize(("n", "f", "s", "p", "extra", "d", "output"), DECODERS)
def test_transposed_sizes_backwards(n: int, f: int, s: int, p: int, extra: int, d: int, output: int) -> None:
    whole: dict[str, Any] = {
        "input": n, "kernel": f, "stride": s, "padding": p, "output_padding": extra, "dilation": d,
        "output": output,
    }  # fmt: skip
    for unknown in ("input", "kernel", "stride", "padding", "output_padding", "dilation"):
        answers = search(SizeQuestion(**(whole | {unknown: None}), transposed=True))
        found = {(a.input, a.kernel, a.stride, a.padding, a.output_padding, a.dilation) for a in answers}
        assert (n, f, s, p, extra, d) in found, unknown
        for a in answers:
            # PyTorch's formula, and its limit for the output padding
            formula = (
                ((a.input or 0) - 1) * a.stride - 2 * a.padding + a.dilation * (a.kernel - 1)
                + a.output_padding + 1
            )  # fmt: skip
            assert formula == output
            assert a.output_padding < max(a.stride, a.dilation)


def test_the_usual_decoder_stands_first(capsys: pytest.CaptureFixture[str]) -> None:
    first = search(SizeQuestion(input=7, output=14, transposed=True))[0]
    assert (first.kernel, first.stride, first.padding, first.output_padding) == (4, 2, 1, 0)
    (kept,) = search(SizeQuestion(kernel=3, relation="same", transposed=True))
    assert (kept.input, kept.stride, kept.padding) == (None, 1, 1)
    (double,) = search(SizeQuestion(kernel=3, stride=2, padding=1, relation="doubles", transposed=True))
    assert (double.input, double.output_padding) == (None, 1)
    code, out, _ = run(capsys, "solve", "--transposed", "--input", "7", "--kernel", "3", "--output", "14")
    assert code == 0
    assert out.splitlines()[2].split() == ["7", "3", "2", "1", "1", "1", "14"]


def test_what_is_unread_of_any_input_may_grow_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--kernel", "3", "--stride", "2", "--halves", "--dilation"]
    rows = run(capsys, "solve", *asked, "any")[1].splitlines()[2:-1]
    # a dilation of 2 at a stride of 2 passes over every second pixel
    assert [(row.split()[5], row.split()[7]) for row in rows] == [
        ("1", "0"), ("2", "grows"), ("3", "0"), ("4", "grows")
    ]  # fmt: skip


def test_no_decoder_fits(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--transposed", "--kernel", "3", "--stride", "2", "--output-padding", "0", "--doubles"]
    code, out, _ = run(capsys, "solve", *asked)
    assert code == 1
    near = {tuple(line.split()[1:5]) for line in out.splitlines()[3:]}
    assert near >= {("4", "2", "1", "0"), ("2", "2", "0", "0"), ("3", "2", "1", "1")}
    far = nearest(SizeQuestion(input=7, kernel=3, stride=2, output=200, transposed=True))
    assert far[0].output == max(answer.output or 0 for answer in far)


def test_names_are_found_whatever_their_case(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "solve", "alexnet", "--output-of", "conv5", "13x13")
    assert (code, out.split()[0]) == (0, "CONV5")
    assert "224" in run(capsys, "solve", "resnet50", "--output-of", "CONV5_x", "7x7")[1]
    assert "CONV1: conv of input" in run(capsys, "explain", "lenet5", "conv1", "--quantity", "params")[1]
    # where two names differ by nothing else, only the exact one is meant
    graph = cnncalc.load("a=conv3-1, A=conv5-1", input="16x16x1").graph()
    assert [input_sizes(graph, name, "10").fitting[0] for name in "aA"] == [(12,), (16,)]


def test_what_is_missing_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("solve", "explain", "size"):
        code, out, error = run(capsys, verb)
        assert (code, out) == (2, "")
        assert len(error.splitlines()) == 2
        assert "Options" not in error


def test_the_usual_answer_stands_first() -> None:
    assert search(SizeQuestion(input=227, kernel=11, stride=4, output=55))[0].padding == 0
    assert [(a.kernel, a.stride, a.padding) for a in search(SizeQuestion(kernel=5, relation="same"))] == [
        (5, 1, 2)
    ]
    assert search(SizeQuestion(input=7, kernel=3, stride=2, relation="same"))[0].padding == 4
    halves = search(SizeQuestion(kernel=3, relation="halves"))
    assert [(a.input, a.stride, a.padding) for a in halves] == [(None, 2, 1)]
    assert search(SizeQuestion(kernel=3, stride=2, padding=1, output=112))[0].input == 224
    dilated = search(SizeQuestion(input=7, kernel=3, stride=1, padding=0, dilation=None, output=3))
    assert [a.dilation for a in dilated] == [2]


def test_nothing_fits(capsys: pytest.CaptureFixture[str]) -> None:
    question = SizeQuestion(kernel=4, relation="same")
    assert search(question) == []
    assert {answer.kernel for answer in nearest(question)} >= {3, 5}
    code, out, _ = run(capsys, "solve", "--kernel", "4", "--same", "--stride", "3")
    assert code == 1
    assert "No whole number fits" in out
    code, out, _ = run(capsys, "solve", "--kernel", "4", "--same", "--stride", "3", "--format", "json")
    assert code == 1
    assert json.loads(out)["answers"] == []


def test_an_even_kernel_keeps_the_size_by_two_paddings(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "solve", "--kernel", "4", "--same", "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert (found["answers"], found["uneven_padding"]) == ([], [1, 2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kernel", "5"], "which output"),
        (["--output", "5"], "too little"),
        (["--same", "--halves"], "as large, or half"),
        (["--kernel", "5", "--same", "--output", "4"], "said twice"),
        (["--kernel", "5", "--doubles"], "of a transposed"),
        (["--input", "5", "--output", "7", "--output-padding", "1"], "of a transposed"),
        (["--kernel", "5", "--halves", "--transposed"], "no half"),
        (["--input", "5", "--output", "7", "--rounding", "ceil", "--transposed"], "nothing is rounded"),
        (["--input", "3x4", "--output", "1"], "--input"),
        (["--input", "7", "--output", "5", "--dilation", "x"], "--dilation"),
        (["--input", "7", "--output", "5", "--rounding", "x"], "rounding"),
        (["lenet5"], "what is wanted"),
        (["lenet5", "--output-of", "CONV9", "7x7"], "no layer is called"),
        (["lenet5", "--output-of", "FC3", "7"], "no positions"),
        (["lenet5", "--output-of", "CONV1", "7x7x7"], "2 dimensions"),
        (["lenet5", "--output-of", "CONV1", "axb"], "--output-of"),
    ],
)
def test_questions_that_make_no_sense(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = run(capsys, "solve", *arguments)
    assert code == 2
    assert message in error


@pytest.mark.parametrize(
    ("network", "layer", "wanted", "lowest", "highest", "usual"),
    [
        ("lenet5", "POOL2", "5x5", (32, 32), (35, 35), (32, 32)),
        ("lenet5", "POOL2", "6x5", (36, 32), (39, 35), (36, 32)),
        ("vgg16", "max_pool5", "7", (224, 224), (255, 255), (224, 224)),
        ("alexnet", "CONV1", "55x55", (227, 227), (230, 230), (227, 227)),
        ("resnet18", "max_pool1", "64x64", (253, 253), (256, 256), (256, 256)),
    ],
)
def test_input_sizes_of_a_network(
    network: str, layer: str, wanted: str, lowest: Any, highest: Any, usual: Any
) -> None:
    graph = cnncalc.load(network).graph()
    name = next((n.name for n in graph.nodes if n.name.lower() == layer.lower()), layer)
    found = input_sizes(graph, name, wanted)
    assert tuple(axis[0] for axis in found.fitting) == lowest
    assert tuple(axis[-1] for axis in found.fitting) == highest
    assert found.usual == usual


def test_no_input_gives_it(capsys: pytest.CaptureFixture[str]) -> None:
    network = ["conv3-4 s1, upsample2", "--input", "8x8x1", "--output-of", "upsample1"]
    assert run(capsys, "solve", *network, "7x7")[0] == 1
    assert "6 gives 8" in run(capsys, "solve", *network, "7x7")[1]
    assert run(capsys, "solve", *network, "8x8")[0] == 0


def test_a_kernel_larger_than_the_input_is_an_error() -> None:
    with pytest.raises(UsageError, match="does not fit"):
        size(3, 7)


def test_an_output_far_from_all_that_fits_has_a_nearest() -> None:
    found = nearest(SizeQuestion(input=5, kernel=3, stride=2, output=100))
    assert found
    assert max(answer.output or 0 for answer in found) == found[0].output


def test_half_of_any_even_size_divides_only_where_it_does() -> None:
    assert [
        answer.exact for answer in search(SizeQuestion(kernel=3, relation="halves")) if answer.stride == 2
    ] == [False]
    assert [
        answer.exact for answer in search(SizeQuestion(kernel=2, relation="halves")) if answer.stride == 2
    ] == [True]


def test_a_layer_whose_size_is_always_the_same_is_told_at_once() -> None:
    with pytest.raises(cnncalc.UsageError, match="puts out 1 whatever"):
        input_sizes(cnncalc.load("resnet18").graph(), "global_avg_pool1", "1x1")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        # (5*5*3 + 1)*6 = 456; (400 + 1)*120 = 48,120; 3*3*C*C + C = 36,928 for C = 64
        ("--conv 5x5x3 --params 456", ["K = 6", "456 = (F*F*C + 1)*K = (5*5*3 + 1)*6"]),
        ("--conv FxFx3 --filters 6 --params 456", ["F = 5"]),
        ("--conv 3x3xC --filters C --params 36928", ["C = 64"]),
        ("--conv 5x5x3 --no-bias --params 450", ["K = 6"]),
        ("--dense 400 --params 48120", ["K = 120"]),
        # 1 + 2n = 31; with stride 2 the fields are 3, 7, 15, 31
        ("--kernel 3 --field 31", ["15 layers see 31 pixels or more"]),
        ("--kernel 3 --stride 2 --field 31", ["4 layers see 31", "1 -> 3 -> 7 -> 15 -> 31"]),
        ("--kernel 3 --dilation 2 --field 9", ["2 layers see 9"]),
        ("--kernel 4 --same", ["with 1 before and 2 after (same)"]),
        ("--kernel 2 --same", ["with 0 before and 1 after (same)"]),
    ],
)
def test_backwards_from_counts_and_fields(
    capsys: pytest.CaptureFixture[str], arguments: str, lines: list[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["solve", *arguments.split()])
    assert exited.value.code == 0
    out = capsys.readouterr().out
    for line in lines:
        assert line in out


def test_a_count_that_no_number_gives(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["solve", "--conv", "5x5x3", "--params", "450", "--format", "json"])
    assert exited.value.code == 1
    assert json.loads(capsys.readouterr().out)["nearest"] == [[5, 380], [6, 456]]


@given(st.integers(2, 9), st.integers(1, 3), st.integers(1, 3), st.integers(1, 200))
def test_the_fewest_layers_that_see_a_field(kernel: int, stride: int, dilation: int, field: int) -> None:
    found = layers_that_see(field, kernel, stride, dilation)
    assert found is not None
    sizes = list(found.sizes)
    if sizes:
        text = ", ".join([f"conv{kernel}-1 s{stride} d{dilation}"] * len(sizes))
        report = cnncalc.load(text, input="99999999x1").analyze()
        assert [(row.receptive_field or {})["size"][0] for row in report.layers] == sizes
        assert sizes[-1] >= field
        assert [1, *sizes][-2] < field
