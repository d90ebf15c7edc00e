"""Matrices by hand: what courses set, each window's products, gradients by hand."""

import json
from typing import Any

import command
import numpy as np
import pytest

from cnncalc import UsageError
from cnncalc.errors import CnncalcError
from cnncalc.execute.convolve import KERNELS, convolve, named_kernel, pool
from cnncalc.execute.files import read_matrix

SIGNED = "1 1 1 1 1; -1 0 -3 0 1; 2 1 1 -1 0; 0 -1 1 2 1; 1 2 1 1 1"
SIX = "3 0 1 2 7 4; 1 5 8 9 3 1; 2 7 2 5 1 3; 0 1 3 1 7 8; 4 2 1 6 2 8; 2 4 5 2 3 9"
DIAGONALS = "1 0 0 0 0 1; 0 1 0 0 1 0; 0 0 1 1 0 0; 1 0 0 0 1 0; 0 1 0 0 1 0; 0 0 1 0 1 0"
ONES = "1 1 1 0 0; 0 1 1 1 0; 0 0 1 1 1; 0 0 1 1 0; 0 1 1 0 0"
HALF = "; ".join(["10 10 10 0 0 0"] * 6)
EDGES = "1 0 -1; 1 0 -1; 1 0 -1"
CORNERS = "1 0 0; 0 0 0; 0 0 -1"

# image, kernel, whether the kernel is flipped, what comes out
EXERCISES = [
    (SIGNED, CORNERS, True, "0 -2 -1; 2 2 4; -1 0 0"),
    (SIGNED, CORNERS, False, "0 2 1; -2 -2 -4; 1 0 0"),
    (SIGNED, "-1 0 0; 0 0 0; 0 0 1", False, "0 -2 -1; 2 2 4; -1 0 0"),
    (SIX, EDGES, False, "-5 -4 0 8; -10 -2 2 3; 0 -2 -4 -7; -3 -2 -3 -16"),
    (DIAGONALS, "1 -1 -1; -1 1 -1; -1 -1 1", False, "3 -1 -3 -1; -3 1 0 -3; -3 -3 0 1; 3 -2 -2 -1"),
    (DIAGONALS, "-1 1 -1; -1 1 -1; -1 1 -1", False, "-1 -1 -1 -1; -1 -1 -2 1; -1 -1 -2 1; -1 0 -4 3"),
    (ONES, "1 0 1; 0 1 0; 1 0 1", False, "4 3 4; 2 4 3; 2 3 4"),
    (HALF, EDGES, False, "0 30 30 0; 0 30 30 0; 0 30 30 0; 0 30 30 0"),
    ("1 2 3; 4 5 6; 7 8 9", EDGES, False, "-6"),
]


@pytest.mark.parametrize(("image", "kernel", "flipped", "answer"), EXERCISES)
def test_exercises(image: str, kernel: str, flipped: bool, answer: str) -> None:
    found = convolve(read_matrix(image), read_matrix(kernel), true_convolution=flipped)
    assert found.output[..., 0].tolist() == np.atleast_2d(read_matrix(answer)).tolist()
    for window in found.windows:
        assert sum(x * (w or 0.0) for x, w in window.terms) == window.output == found.output[*window.at, 0]


@pytest.mark.parametrize(
    ("padding", "answer"), [("narrow", [5, 6]), ("wide", [4, 10, 5, 6, 2, 1]), ("same", [10, 5, 6, 2])]
)
def test_a_delayed_signal(padding: str, answer: list[float]) -> None:
    found = convolve([4, 8, 0, 4], [1, 0.5, 0.25], true_convolution=True, padding=padding)
    assert found.output[:, 0].tolist() == answer


def test_the_backward_pass_of_a_convolution() -> None:
    """dL/dW = dL/dY (x) X; dL/dX the full true convolution of dL/dY with W; dL/db the sum of dL/dY."""
    x, w = read_matrix(SIX), read_matrix(CORNERS)
    g = read_matrix("1 0 2 -1; 0 3 1 0; -2 1 0 1; 1 1 -1 2")
    found = convolve(x, w, gradient=g).gradients
    assert found["weight"][..., 0].tolist() == convolve(x, g).output[..., 0].tolist()
    whole = convolve(g, w, true_convolution=True, padding="full").output
    assert found["input"].tolist() == whole.tolist()
    assert found["bias"].tolist() == [g.sum()]


def test_a_flipped_kernel_has_its_gradient_unflipped() -> None:
    x, w = read_matrix(ONES), read_matrix(CORNERS)
    flipped = convolve(x, w, true_convolution=True, gradient=np.ones((3, 3))).gradients["weight"]
    plain = convolve(x, w[::-1, ::-1], gradient=np.ones((3, 3))).gradients["weight"]
    assert flipped.tolist() == plain[::-1, ::-1].tolist()


def test_pooling_by_hand() -> None:
    x = [[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]]
    largest = pool(x, 2, gradient=[[1, 2], [3, 4]])
    assert largest.output[..., 0].tolist() == [[9, 2], [6, 3]]
    assert [x for x, _ in largest.windows[0].terms] == [1, 3, 2, 9]
    assert largest.gradients["input"][..., 0].tolist() == [
        [0, 0, 2, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 4],
        [0, 3, 0, 0],
    ]
    mean = pool(x, 2, "avg", gradient=[[4, 8], [12, 16]])
    assert mean.output[..., 0].tolist() == [[3.75, 1.25], [3.75, 2]]
    assert mean.gradients["input"][..., 0].tolist() == np.kron([[1, 2], [3, 4]], np.ones((2, 2))).tolist()


def test_several_maps_and_kernels() -> None:
    x = np.arange(18.0).reshape(3, 3, 2)
    one, two = np.ones((2, 2, 2)), np.stack([np.eye(2), -np.eye(2)], -1)
    found = convolve(x, one, two, bias=[1, 0], activation="relu")
    assert found.output.shape == (2, 2, 2)
    assert found.output[0, 0].tolist() == [x[:2, :2].sum() + 1, 0]
    assert (found.windows[1].sum, found.windows[1].output) == (-2, 0)
    # a kernel of one map goes over each map by itself
    each = convolve(x, np.eye(2))
    assert each.output[..., 1].tolist() == convolve(x[..., 1], np.eye(2)).output[..., 0].tolist()


def test_named_kernels() -> None:
    flat = np.ones((5, 5))
    sums = {name: convolve(flat, named_kernel(name, 2)).output.ravel()[0] for name in KERNELS}
    assert sums == pytest.approx(
        {
            "identity": 1, "sobel": 0, "sobel-vertical": 0, "prewitt": 0, "gaussian": 1, "smooth": 1,
            "laplacian": 0, "emboss": 0, "sharpen": 1, "sobel-horizontal": 0,
        }
    )  # fmt: skip
    second = convolve([0, 1, 4, 9, 16], named_kernel("second-difference", 1))
    assert second.output[:, 0].tolist() == [2, 2, 2]
    for name in ("sobel", "sobel-horizontal", "sobel_horizontal"):
        assert named_kernel(name, 2).tolist() == [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    assert named_kernel("second_difference", 1).tolist() == [1, -2, 1]
    assert named_kernel("smooth", 1).tolist() == [1 / 3] * 3
    with pytest.raises(UsageError, match="no kernel is called"):
        named_kernel("sobell", 2)


@pytest.mark.parametrize(
    ("image", "kernel", "options"),
    [
        ([[1, 2], [3, 4]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], {}),
        ([[1, 2], [3, 4]], [1, 2], {}),
        ([[1, 2], [3, 4]], [[1]], {"padding": "sane"}),
        ([[1, 2], [3, 4]], [[1]], {"stride": 0}),
        ([[1, 2], [3, 4]], [[1]], {"bias": [1, 2]}),
        ([[1, 2], [3, 4]], [[1]], {"gradient": [[1, 2, 3]]}),
        ([[1, 2], [3, 4]], [[1]], {"activation": "rely"}),
        ([], [[1]], {}),
    ],
)
def test_what_cannot_be_convolved(image: Any, kernel: Any, options: dict[str, Any]) -> None:
    with pytest.raises(CnncalcError):
        convolve(image, kernel, **options)


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 0], [0, 1/2]]", "[[1 0]\n [0 0.5]]", "((1, 0), (0, 0.5))", "[1, 0], [0, 0.5]", "[1 0; 0 .5]",
        "[1 0]; [0 1/2]", "[[1;0];[0;0.5]]", "1 0; 0 0.5", "[[[1, 0], [0, 0.5]]]",
        "\uff11\uff0c\uff10\uff1b\uff10\uff0c\uff10.\uff15",  # full-width
    ],
)  # fmt: skip
def test_a_matrix_however_it_is_typed(text: str) -> None:
    assert np.squeeze(read_matrix(text)).tolist() == [[1, 0], [0, 0.5]]


def test_lists_of_maps_are_what_the_command_writes() -> None:
    typed = read_matrix("1 2 3; 4 5 6 | 7 8 9; 0 1 -2")
    assert read_matrix("[[[1,2,3],[4,5,6]],[[7,8,9],[0,1,−2]]]").tolist() == typed.tolist()
    assert read_matrix("[[1,2,3],[4,5,6]] | [[7,8,9],[0,1,-2]]").tolist() == typed.tolist()
    two = json.loads(convolved("[[1, 2], [3, 4]]", "[[1]]", "[[2]]", "--format", "json"))["output"]
    assert two == [[[1, 2], [3, 4]], [[2, 4], [6, 8]]]
    assert read_matrix(json.dumps(two)).shape == (2, 2, 2)


@pytest.mark.parametrize(
    "text",
    [
        "", "1 2; 3", "1 a", "1 nan", "1/0", "1 2 | 3", ";", "[[1, 2], [3]]", "[[1, 2], [3, 4]", "[[1, 2]]]",
        "[[]]", "[" * 9 + "1" + "]" * 9, "[[[1]]] | [[[2]]]", "[[1, x]]", "[[1], 2, [3]]",
    ],
)  # fmt: skip
def test_what_is_no_matrix(text: str) -> None:
    with pytest.raises(UsageError):
        read_matrix(text)


def convolved(*arguments: str) -> str:
    done = command.told("convolve", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_writes_the_products_out() -> None:
    products = convolved("1 2; -3 4", "1 0; 2 -1", "--steps", "--bias", "1")
    assert products == "(0, 0): 1*1 + 2*0 + (-3)*2 + 4*(-1) + 1 = -8\n\noutput (1x1)\n  -8\n"
    means = convolved("1 3 2 1; 2 4 0 1", "2", "--pool", "avg", "--steps").splitlines()[:2]
    assert means == ["(0, 0): (1 + 3 + 2 + 4)/4 = 2.5", "(0, 1): (2 + 1 + 0 + 1)/4 = 1"]
    steps = convolved(
        "1 2; 3 4 | 5 6; 7 8 | 9 1; 2 3", "1 1; 1 1 | 1 1; 1 1 | 1 1; 1 1", "--steps"
    ).splitlines()
    assert all(len(line) <= 80 for line in steps)
    assert "".join(steps[: steps.index("")]).count("*1") == 12
    wide = convolved("4 8 0 4", "1 1/2 1/4", "--true-convolution", "--padding", "full", "--format", "json")
    assert json.loads(wide)["output"] == [4, 10, 5, 6, 2, 1]


@pytest.mark.parametrize("image", ["1 2 3; 4 5 6; 7 8 9", "-1 -2 -3; -4 -5 -6; -7 -8 -9", "-.5 1 2; 0 1 3"])
@pytest.mark.parametrize("kernel", ["-1 0; 0 1", "-.5 1", "-1"])
def test_the_command_takes_what_begins_with_a_minus(image: str, kernel: str) -> None:
    parted = convolved(image, "--bias", "-1", kernel, "--format", "json")
    assert parted == convolved("--bias=-1", "--format", "json", "--", image, kernel)
    answer = str(json.loads(convolved(image, kernel, "--format", "json"))["output"]).replace("], [", ";")
    assert command.run("check", "--convolve", image, kernel, "--answer", answer).returncode == 0


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("-x", "No such option: -x"),
        ("-1x", "'-1x' is not a number"),
        ("--stripe", "No such option: --stripe"),
        ("--bias", "Option '--bias' requires an argument"),
    ],
)
def test_a_misspelt_option_is_still_told(option: str, told: str) -> None:
    done = command.told("convolve", "-1 2; 3 4", "1 0; 0 1", option)
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["1 2; 3 4", "1 1"], [[3], [7]]),
        (["1 2; 3 4", "2"], [[2, 4], [6, 8]]),
        (["1 2; 3 4 | 5 6; 7 8", "1 1 | 2 0"], [[13], [21]]),
        (["1 2 3", "1 1"], [3, 5]),
        (["1 2 3", "2"], [2, 4, 6]),
    ],
)
def test_a_single_row_has_as_many_dimensions_as_the_image(arguments: list[str], answer: Any) -> None:
    assert json.loads(convolved(*arguments, "--format", "json"))["output"] == answer


@pytest.mark.parametrize("gradient", ["1 2", "1 2;"])
def test_a_gradient_of_a_single_row(gradient: str) -> None:
    pooled = convolved("1 3 2 1; 2 4 0 1", "2", "--pool", "max", "--gradient", gradient, "--format", "json")
    assert json.loads(pooled)["gradients"]["input"] == [[0, 0, 2, 0], [0, 1, 0, 0]]


def test_the_help_says_how_channels_are_typed() -> None:
    assert '"1 0; 0 1 | 2 0; 0 2"' in " ".join(convolved("--help").split())
    both = convolved("1 0; 0 1 | 2 0; 0 2", "1 1; 1 1 | 1 0; 0 0", "--format", "json")
    assert json.loads(both)["output"] == [[4]]
