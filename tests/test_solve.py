"""The size formula forwards and backwards, held to the examples that courses set."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.layers.windows import Axis, coverage
from cnncalc.solve import Question, input_sizes, nearest, search, size

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
        answers = search(Question(**known))
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


def test_the_usual_answer_stands_first() -> None:
    assert search(Question(input=227, kernel=11, stride=4, output=55))[0].padding == 0
    assert [(a.kernel, a.stride, a.padding) for a in search(Question(kernel=5, relation="same"))] == [
        (5, 1, 2)
    ]
    assert search(Question(input=7, kernel=3, stride=2, relation="same"))[0].padding == 4
    halves = search(Question(kernel=3, relation="halves"))
    assert [(a.input, a.stride, a.padding) for a in halves] == [(None, 2, 1)]
    assert search(Question(kernel=3, stride=2, padding=1, output=112))[0].input == 224
    dilated = search(Question(input=7, kernel=3, stride=1, padding=0, dilation=None, output=3))
    assert [a.dilation for a in dilated] == [2]


def test_nothing_fits(capsys: pytest.CaptureFixture[str]) -> None:
    question = Question(kernel=4, relation="same")
    assert search(question) == []
    assert {answer.kernel for answer in nearest(question)} >= {3, 5}
    code, out, _ = run(capsys, "solve", "--kernel", "4", "--same")
    assert code == 1
    assert "No whole number fits" in out
    code, out, _ = run(capsys, "solve", "--kernel", "4", "--same", "--format", "json")
    assert code == 1
    assert json.loads(out)["answers"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kernel", "5"], "which output"),
        (["--output", "5"], "too little"),
        (["--same", "--halves"], "as large, or half"),
        (["--kernel", "5", "--same", "--output", "4"], "said twice"),
        (["--input", "3x3", "--output", "1"], "--input"),
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
    found = nearest(Question(input=5, kernel=3, stride=2, output=100))
    assert found
    assert max(answer.output or 0 for answer in found) == found[0].output


def test_half_of_any_even_size_divides_only_where_it_does() -> None:
    assert [
        answer.exact for answer in search(Question(kernel=3, relation="halves")) if answer.stride == 2
    ] == [False]
    assert [
        answer.exact for answer in search(Question(kernel=2, relation="halves")) if answer.stride == 2
    ] == [True]


def test_a_layer_whose_size_is_always_the_same_is_told_at_once() -> None:
    with pytest.raises(cnncalc.UsageError, match="puts out 1 whatever"):
        input_sizes(cnncalc.load("resnet18").graph(), "global_avg_pool1", "1x1")
