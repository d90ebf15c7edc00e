"""`cnncalc check`: what it prints, writes and exits with; matrices by hand."""

import json
import subprocess
from pathlib import Path

import command
import pytest

from cnncalc.homework.answers import Rules
from cnncalc.homework.convolving import mark_matrices

IMAGE = "1 1 1 1 1; -1 0 -3 0 1; 2 1 1 -1 0; 0 -1 1 2 1; 1 2 1 1 1"
KERNEL = "1 0 0; 0 0 0; 0 0 -1"
CORRELATED, CONVOLVED = "0 2 1; -2 -2 -4; 1 0 0", "0 -2 -1; 2 2 4; -1 0 0"


def run(*arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[str]:
    return command.told("check", *arguments, given=given or b"")


@pytest.fixture
def sheet(tmp_path: Path) -> str:
    path = tmp_path / "answers.csv"
    path.write_text('Layer,Activation Shape,Activation Size,# Parameters\nCONV1,"(28, 28, 6)",4704,450\n')
    return str(path)


def test_a_sheet(sheet: str) -> None:
    done = run("lenet5", sheet)
    assert (done.returncode, done.stderr) == (1, "")
    assert "the biases are left out" in done.stdout
    assert "POOL1 to Softmax" in done.stdout
    assert "456" not in done.stdout
    shown = run("lenet5", sheet, "--show-answers", "--explain", "--only-given").stdout
    assert "(F*F*C + 1)*K = (5*5*3 + 1)*6" in shown
    assert "2 of 3" in shown


def test_the_json_of_a_sheet(sheet: str) -> None:
    done = run("lenet5", sheet, "--format", "json", "--only-given", "--partial", "0.5", "--marks", "params=2")
    told = json.loads(done.stdout)
    assert (told["marks"], told["out_of"]) == (3, 4)
    assert told["answers"][2]["slips"] == ["no_bias"]
    assert told["answers"][0]["given"] == told["answers"][0]["expected"] == [28, 28, 6]


def test_standard_input() -> None:
    assert run("lenet5", "-", "--only-given", given=b"Layer,Params\nCONV1,456\n").returncode == 0
    assert run("lenet5", "-", "--only-given", given="层，参数\nCONV1，４５６\n".encode("gbk")).returncode == 0


def test_one_question() -> None:
    done = run("--conv", "5x5x3", "--filters", "6", "--answer", "params=450", "--format", "json")
    assert done.returncode == 1
    (answer,) = json.loads(done.stdout)["answers"]
    assert (answer["given"], answer["expected"], answer["slips"]) == (450, 456, ["no_bias"])
    right = run("--conv", "5x5x3", "--filters", "6", "--input", "32x32x3", "--answer", "output=28x28x6",
                "--answer", "params=456")  # fmt: skip
    assert right.returncode == 0


@pytest.mark.parametrize("suffix", ["csv", "md", "yaml", "json", "xlsx"])
def test_a_template_is_an_empty_sheet(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"sheet.{suffix}"
    assert run("lenet5", "--template", "--columns", "shape,params,rf", "-o", str(path)).returncode == 0
    done = run("lenet5", str(path), "--format", "json")
    answers = json.loads(done.stdout)["answers"]
    assert done.stderr == ""
    assert {answer["verdict"] for answer in answers} == {"missing"}
    # the dense layers see the whole input: no receptive field is asked of them
    assert len(answers) == 7 * 2 + 4 + 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["lenet5"], ["lenet5", "no-such.csv"], ["lenet5", "."], ["lenet55", "-"], ["--conv", "5x5x3"],
        ["--conv", "5x5x3", "--filters", "6", "--answer", "mood=3"], ["lenet5", "-", "--answer", "params=3"],
        ["--conv", "5x5x3", "--filters", "6", "--answer", "shape=3x3"], ["lenet5", "-", "--partial", "2"],
        ["--convolve", "1 2", "1"], ["--convolve", "1 2", "a b", "--answer", "1"],
        ["lenet5", "--template", "--columns", "x"],
    ],
)  # fmt: skip
def test_bad_input(arguments: list[str]) -> None:
    done = run(*arguments, given=b"")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "options", "slips"),
    [
        (CORRELATED, {}, None),
        (CONVOLVED, {}, ("kernel_flipped",)),  # one slide shows the flipped kernel's result
        (CONVOLVED, {"true_convolution": True}, None),
        (CORRELATED, {"true_convolution": True}, ("kernel_flipped",)),
        (CORRELATED, {"padding": "1"}, ("no_padding",)),
        (CORRELATED, {"stride": "2"}, ("no_stride",)),
        (CONVOLVED, {"stride": "2"}, ("kernel_flipped", "no_stride")),
        ("0 1; 1 0", {"stride": "2"}, None),
        ("0 1; 1 1", {"stride": "2"}, ()),
        ("1 2 3", {}, ()),
    ],
)
def test_matrices(given: str, options: dict[str, object], slips: tuple[str, ...] | None) -> None:
    (answer,) = mark_matrices(IMAGE, [KERNEL], [given], options, Rules()).answers
    assert answer.verdict == ("right" if slips is None else "wrong"), answer
    assert answer.slips == (slips or ())
    assert bool(answer.message) is (slips is not None)


@pytest.mark.parametrize("given", ["5 6", "[5, 6]", "[[5, 6]]", "5,6"])
def test_a_signal_in_any_brackets(given: str) -> None:
    (answer,) = mark_matrices(
        "[4, 8, 0, 4]", ["1 1/2 1/4"], [given], {"true_convolution": True}, Rules()
    ).answers
    assert (answer.verdict, answer.given) == ("right", [5, 6])
    wrong = mark_matrices("1 1 1; 1 1 1", ["1 1; 1 1"], ["4; 4"], {}, Rules()).answers[0]
    assert wrong.verdict == "wrong"


def test_a_signal_and_a_matrix_that_cant_be_read() -> None:
    assert mark_matrices("4 8 0 4", ["1 1/2 1/4"], ["5 6"], {"true_convolution": True}, Rules()).all_right
    assert mark_matrices("4 8 0 4", ["1 1/2 1/4"], ["x"], {}, Rules()).answers[0].verdict == "unreadable"
    assert mark_matrices("4 8 0 4", ["1 1/2 1/4"], [""], {}, Rules()).answers[0].verdict == "missing"


@pytest.mark.parametrize(
    ("given", "verdict", "remark"),
    [
        ("3 3; 0 3 | 1 2; 1 1", "right", ""),
        ("3 3; 0 3 | 1 2; 0 1", "wrong", "the first in map 1 at (2, 1)"),
        ("3 3; 0 3", "wrong", "it is 2x2x1, and 2x2x2 comes out"),
        ("3 3; 3 1 | 1 2; 1 1", "wrong", "2 of 8 values are not right, the first in map 0 at (2, 1)"),
    ],
)
def test_several_kernels_make_several_maps(given: str, verdict: str, remark: str) -> None:
    words = ["--convolve", "1 1 1; 0 1 1; 0 0 1", "1 0; 0 2", "0 1; 1 0", "--show-answers"]
    done = run(*words, "--answer", given)
    assert done.returncode == (verdict == "wrong")
    assert remark in done.stdout
    assert "3 3; 0 3 | 1 2; 1 1" in done.stdout


def test_gradients_of_several_kernels() -> None:
    given = ["dW=3 4; 1 3 | 3 4; 1 3", "db=4 4", "dX=1 2 1; 2 5 3; 1 3 2"]
    options = {"gradient": "1"}
    assert mark_matrices("1 1 1; 0 1 1; 0 0 1", ["1 0; 0 2", "0 1; 1 0"], given, options, Rules()).all_right


def test_the_flipped_kernel_of_a_slide_by_command_line() -> None:
    # one slide shows the unflipped kernel beside the flipped kernel's result
    image = "[[1,1,1,1,1],[-1,0,-3,0,1],[2,1,1,-1,0],[0,-1,1,2,1],[1,2,1,1,1]]"
    kernel, quoted = "[[1,0,0],[0,0,0],[0,0,-1]]", "[[0,-2,-1],[2,2,4],[-1,0,0]]"
    done = run("--convolve", image, kernel, "--answer", quoted, "--format", "json")
    (answer,) = json.loads(done.stdout)["answers"]
    assert (done.returncode, answer["verdict"], answer["slips"]) == (1, "wrong", ["kernel_flipped"])
    assert answer["expected"] == [[0, 2, 1], [-2, -2, -4], [1, 0, 0]]
    assert run("--convolve", image, kernel, "--answer", quoted, "--true-convolution").returncode == 0
    assert (
        run("--convolve", image, kernel, "--answer", "[[0, 2, 1], [-2, -2, -4], [1, 0, 0]]").returncode == 0
    )
    assert run("--convolve", image, kernel, "--answer", "0，2，1；−2，−2，−4；1，0，0").returncode == 0
    one_row = run("--convolve", "[4, 8, 0, 4]", "[1, 1/2, 1/4]", "--answer", "[5, 6]", "--true-convolution")
    assert one_row.returncode == 0


def test_the_verb_for_matrices() -> None:
    done = run("--convolve", IMAGE, KERNEL, "--answer", CONVOLVED, "--show-answers")
    assert done.returncode == 1
    assert "the kernel is the wrong way round: it is turned by 180 degrees" in done.stdout
    assert CORRELATED in done.stdout


def test_the_right_working_comes_where_it_is_asked_for() -> None:
    out = run("--conv", "5x5x3", "--filters", "6", "--answer", "params=777", "--explain").stdout
    assert "no usual slip gives it" in out
    assert "(F*F*C + 1)*K = (5*5*3 + 1)*6 = (75 + 1)*6 = 76*6 = 456" in out
    named = run("--conv", "5x5x3", "--filters", "6", "--answer", "params=450").stdout
    assert "456" not in named


GRID = "1 2 3; 4 5 6; 7 8 9"


@pytest.mark.parametrize(
    ("asked", "given", "verdict", "slips"),
    [
        # each by hand: dL/dW of the first tap is 1*1 + 2*2 + 3*4 + 4*5 = 37
        ([GRID, "1 0; 0 -1", "--gradient", "1 2; 3 4"], "dX=1 2 0; 3 3 -2; 0 -3 -4", "right", []),
        ([GRID, "1 0; 0 -1", "--gradient", "1 2; 3 4"], "dW=37 47; 67 77", "right", []),
        ([GRID, "1 0; 0 -1", "--gradient", "1 2; 3 4"], "dL/db=10", "right", []),
        ([GRID, "1 0; 0 -1", "--gradient", "1 2; 3 4"], "Y=-4 -4; -4 -4", "right", []),
        ([GRID, "1 0; 0 -1", "--gradient", "1 2; 3 4"], "dW=-37 -47; -67 -77", "wrong", []),
        (["0 1; 2 3", "0 1; 2 3", "--transposed"], "0 0 1; 0 4 6; 4 12 9", "right", []),
        (
            ["0 1; 2 3", "0 1; 2 3", "--transposed", "--stride", "2"],
            "0 0 1; 0 4 6; 4 12 9",
            "wrong",
            ["no_stride"],
        ),
        (["1 3; 2 4", "2", "--pool", "max"], "2.5", "wrong", ["other_pooling"]),
        (["1 3; 2 4", "2", "--pool", "avg"], "5/2", "right", []),
        (["1 4; 3 2 | 2 6; 7 2", "2", "--pool", "max"], "4 | 7", "right", []),
        (["1 2; 3 4 | 1 1; 1 1", "1 0; 0 1 | 1 1; 1 1", "--bias", "1"], "9", "wrong", ["bias_left_out"]),
        (["1 2; 3 4", "1 0; 0 -9", "--activation", "relu"], "-35", "wrong", ["no_activation"]),
        # the matrix of a convolution has the kernel in each row, one place further; im2col's, a window
        (["1 2 3", "1 2", "--matrix"], "1 2 0; 0 1 2", "right", []),
        (["1 2 3", "1 2", "--matrix"], "2 1 0; 0 2 1", "wrong", ["kernel_flipped"]),
        ([GRID, "1 0; 0 1", "--im2col"], "1 2 4 5; 2 3 5 6; 4 5 7 8; 5 6 8 9", "right", []),
        (["1 2", "1 3", "--transposed", "--stride", "2", "--output-padding", "1"], "1 3 2 6 0", "right", []),
        ([GRID, "1 0; 0 1", "--dilation", "2", "--padding", "1"], "5 6 0; 8 10 2; 0 4 5", "right", []),
    ],
)
def test_matrices_of_every_sort(asked: list[str], given: str, verdict: str, slips: list[str]) -> None:
    done = run("--convolve", *asked, "--answer", given, "--format", "json")
    (answer,) = json.loads(done.stdout)["answers"]
    assert (answer["verdict"], answer["slips"]) == (verdict, slips)


def test_an_answer_that_names_no_matrix_is_told() -> None:
    done = run("--convolve", GRID, "1 0; 0 1", "--gradient", "1", "--answer", "1 2")
    assert done.returncode == 2
    assert "an answer to which of values, dL/dX, dL/dW, dL/db?" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("bare.md", "| 2 | 5 |\n|---|---|\n| 1 | 2 |\n", "right"),
        ("labelled.md", "My output:\n\n| | 1 | 2 |\n|---|---|---|\n| a | 2 | 5 |\n| b | 1 | 2 |\n", "right"),
        ("headed.csv", "Output,\n2,5\n1,2\n", "right"),
        ("a.tex", "\\begin{tabular}{cc}\n2 & 5 \\\\\n1 & 1 \\\\\n\\end{tabular}\n", "wrong"),
        ("words.md", "no numbers", "unreadable"),
    ],
)
def test_a_matrix_stands_in_the_table_of_a_sheet(name: str, text: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    given = [str(tmp_path / name)]
    found = mark_matrices("1 2 0; 0 1 3; 2 1 1", ["1 0; 0 1"], given, {}, Rules())
    assert [answer.verdict for answer in found.answers] == [verdict]
