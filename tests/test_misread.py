"""Nothing is misread in silence: what was probably meant in another way is told, with the line to type."""

from pathlib import Path

import pytest

from cnncalc.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    return exited.value.code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--input", "28x28", "conv3-8"], "a grey image is typed 28x28x1"),
        (["--input", "39x39", "conv3-8"], "a grey image is typed 39x39x1"),
        (["--input", "32x32", "--layout", "chw", "conv3-8"], "a grey image is typed 1x32x32"),
        (["--input", "1x3x224x224", "conv3-8"], "--input 3x224x224 --layout chw --batch 1"),
        (["--input", "16x3x64x64", "--layout", "chw", "conv3-8"], "--input 3x64x64 --layout chw --batch 16"),
        (["--input", "8x3x32x32", "conv3-8"], "--input 3x32x32 --layout chw --batch 8"),
        (["--input", "3x16x112x112", "conv3-8"], "--input 3x16x112x112 --layout chw"),
        (["--input", "200x2", "conv5-5, dense-1"], "with each: position it reads one at a time"),
    ],
)
def test_an_input_that_was_probably_meant_otherwise(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert told in run(capsys, "shapes", *arguments)[2]


@pytest.mark.parametrize("verb", [["explain"], ["compare", "conv5-8"]])
def test_an_input_is_doubted_where_networks_are_explained_and_compared(
    capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    code, _, told = run(capsys, *verb, "conv3-8", "--input", "28x28")
    assert (code, "a grey image is typed 28x28x1" in told) == (0, True)
    assert run(capsys, *verb, "conv3-8", "--input", "28x28x1")[2] == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--input", "28x28x1", "conv3-8"],
        ["--input", "16x112x112x3", "conv3-8"],
        ["--input", "100x16", "conv3-8"],
        ["--input", "3x16x112x112", "--layout", "chw", "conv3-8"],
        ["--input", "5x5x16", "fc-10"],
    ],
)
def test_what_is_usual_is_not_doubted(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert run(capsys, "shapes", *arguments)[2] == ""


def test_a_batch_is_told_with_its_shape(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--input", "3x64x64", "--layout", "chw", "--batch", "16", "conv3-8 p1, maxpool2"]
    assert "a batch of 16 puts out (16, 8, 32, 32)" in run(capsys, "shapes", *arguments)[1]


def test_a_layer_that_nobody_reads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "input: 8x8x1\nlayers:\n- conv: {name: a, filters: 2, kernel: 3}\n"
        "- conv: {name: lost, filters: 9, kernel: 3}\n- relu: {from: a}\n"
    )
    assert "lost: no layer reads what comes out" in run(capsys, "shapes", str(spec))[2]


@pytest.mark.parametrize("size", ["5x5", "3x3"])
def test_a_kernel_without_its_depth_is_asked_about(capsys: pytest.CaptureFixture[str], size: str) -> None:
    code, _, error = run(capsys, "params", "--conv", size, "--filters", "6")
    assert code == 2
    assert f"--conv {size}x1 for a grey image" in error


def test_summary_says_where_the_spec_expects_other_numbers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: 8x8x1\nlayers: [C=conv3-2]\nexpect: {C: {params: 21}, total: {params: 20}}\n")
    assert "C: params is 20, expected 21" in run(capsys, "summary", str(spec))[2]
    assert "expected" not in run(capsys, "summary", str(spec), "--input", "9x9x1")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["params", "--conv", "5x5x3", "--filters", "6", "--batch", "10"],
        ["shapes", "--input", "9x9x3", "--conv", "3x3x3", "--filters", "2", "--batch", "10"],
        ["explain", "lenet5", "CONV1", "--quantity", "params,fan_in", "--batch", "10"],
        ["params", "--conv", "5x5x3", "--filters", "6", "--convention", "thop"],
        ["explain", "lenet5", "CONV1", "--convention", "thop"],
        ["check", "--conv", "5x5x3", "--filters", "6", "--answer", "params=456", "--convention", "thop"],
    ],
)
def test_an_option_that_says_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code, _, error = run(capsys, *arguments)
    assert code == 2
    assert "says nothing to" in error


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["5x7", "--kernel", "3"], "3 x 5\n"),
        (["15", "--padding", "2"], "19; "),
        (["6x6", "--kernel", "3x2", "--stride", "1"], "4 x 5\n"),
    ],
)
def test_sizes_along_each_axis(capsys: pytest.CaptureFixture[str], arguments: list[str], answer: str) -> None:
    assert run(capsys, "size", *arguments)[1].startswith(answer)


def test_the_entry_of_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "error", "error[window_too_large]:")[1].startswith("window_too_large\n\n")
    code, _, error = run(capsys, "error", "window_too_big")
    assert code == 2
    assert "did you mean window_too_large?" in error


def test_a_receptive_field_needs_neither_an_input_nor_filters(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "rf", "conv3 s2 relu, bn, maxpool2, conv3")[1]
    assert "sees 13 x 13 pixels" in out
    assert "MACs" not in out
    assert "sees 11 x 11 pixels" in run(capsys, "rf", ", ".join(["conv3"] * 5))[1]


def test_a_layer_by_flags_has_a_batch(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--input", "224x224x3", "--conv", "3x3x3", "--filters", "64", "--padding", "1", "--batch", "10"]
    # 10 samples of 3*3*3*64*224*224 products
    assert "a batch of 10: 867,041,280 MACs" in run(capsys, "cost", *flags)[1]
    out = run(capsys, "explain", *flags, "--quantity", "work")[1]
    assert "10*86,704,128 = 867,041,280 multiplications" in out
    assert "10*86,704,128 = 867,041,280 additions" in out
    assert run(capsys, "cost", *flags, "--format", "json")[0] == 2


def test_connections_without_an_input_are_those_of_a_unit(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["explain", "--conv", "3x3x32", "--filters", "64", "--quantity", "connections"]
    code, out, error = run(capsys, *asked)
    assert code == 0
    assert "fan-in: 288" in out
    assert "such as --input 32x32x32" in error


@pytest.mark.parametrize(
    ("arguments", "help"),
    [
        (("size", "28", "--filter", "5"), "did you mean --kernel?"),
        (("size", "32", "5"), "such as cnncalc size 7 --kernel 3"),
        (("cost", "resnet50", "--checkpoint", "x"), "--batch 32 --training --checkpoint 4"),
        (("params", "--conv", "3x3x3", "--out-channels", "64"), "did you mean --filters?"),
        (("params", "--conv", "5x5x3x6"), "--conv 5x5x3 --filters 6"),
        (("params", "--conv", "FxFxCxK"), "--conv FxFxC --filters K"),
        (("params", "--dense", "784x128"), "--dense 784 --units 128"),
        (
            ("params", "--conv", "64x3x3", "--filters", "128"),
            "with the channels last it is typed --conv 3x3x64",
        ),
        (("params", "--kernel", "3"), "stand together: --conv 5x5x3"),
        (("convolve", "1 2; 3 4", "--pool", "max"), "2 --pool max"),
        (("convolve", "1 2; 3 4", "--pool", "max", "--kernel", "2"), "stands behind the image"),
        (("rf", "vgg16", "--layer", "conv5_3"), "cnncalc explain lenet5 CONV1"),
    ],
)
def test_an_option_of_another_name_is_mended(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], help: str
) -> None:
    assert help in run(capsys, *arguments)[2]


def test_random_weights_beside_values_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1 2 3\n4 5 6\n7 8 9\n")
    given = ["--input", "3x3x1", "--data", str(tmp_path / "x.txt")]
    assert "the weights are random, drawn by the seed 0" in run(capsys, "run", *given, "conv2-1")[2]
    assert not run(capsys, "run", *given, "maxpool2")[2]


def test_how_many_values_a_unit_reads_needs_no_input(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--conv", "3x3x32", "--filters", "64", "--quantity", "fan_in"]
    assert "fan-in: 288" in run(capsys, "explain", *arguments)[1]


def test_multiplications_and_additions_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    """3x3 over 100x100, one channel and no bias: 9 products and 8 sums at each of 98*98 places."""
    arguments = ["--input", "100x100x1", "--conv", "3x3x1", "--filters", "1", "--no-bias"]
    assert "86,436 + 76,832 = 163,268" in run(capsys, "cost", *arguments)[1]


@pytest.mark.parametrize(
    ("arguments", "help"),
    [
        (("flops", "vgg16"), "such as cnncalc cost vgg16"),
        (("cost", "--flops", "vgg16"), "such as cnncalc cost"),
        (("params", "--lstm", "128"), 'as text: cnncalc params --input 20x128 "lstm-64"'),
        (("params", "--deconv", "3x3x64"), "did you mean --conv-transpose?"),
        (("rf", "--kernel", "3", "--layers", "5"), 'layer by layer: cnncalc rf "conv3, conv3, maxpool2"'),
        (("size", "227x227x3", "--kernel", "11"), "without channels: cnncalc size 227x227 --kernel 11"),
        (("size", "--input", "7", "--kernel", "3"), "cnncalc size 7 --kernel 3"),
        (("shapes", "--input", "39x39", "--conv", "5x5", "--filters", "2"), "--input 39x39x1 --conv 5x5x1"),
        (("cost", "--conv", "3x3x64", "--filters", "2", "--input", "56x56"), "--input 56x56x64"),
        (("shapes", "conv 5x5 stride 2", "--input", "9x9x1"), "such as conv5-16; a size alone: cnncalc size"),
        (("convolve", "1 2", "1", "--max-pool"), "did you mean --pool max?"),
        (("convolve", "1 2", "1", "--flip"), "did you mean --true-convolution?"),
        (("convolve", "1 2", "1", "--toeplitz"), "did you mean --matrix?"),
        (("convolve", "1 2", "1", "--same"), "did you mean --padding same?"),
        (("convolve", "1 2", "1", "--relu"), "did you mean --activation relu?"),
        (("train", "1 2", "fc-1", "--weights", "1 1"), "did you mean --weight?"),
        (("explain", "lenet5", "--params"), "did you mean --quantity params?"),
        (("explain", "lenet5", "CONV1", "params"), "--quantity params"),
        (("rf", "lenet5", "POOL1"), "cnncalc explain lenet5 POOL1 --quantity rf"),
        (("params", "alexnet", "CONV1"), "cnncalc explain alexnet CONV1 --quantity params"),
        (("solve", "--receptive-field", "31"), "did you mean --field?"),
        (("solve", "--kernel", "3", "--stride", "2", "--padding", "same"), "cnncalc solve --halves"),
    ],
)
def test_what_others_call_verbs_and_options(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], help: str
) -> None:
    code, _, error = run(capsys, *arguments)
    assert code == 2
    assert help in error


def test_solve_takes_same_for_a_padding_and_a_square_for_its_side(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "solve", "--input", "63x63x16", "--kernel", "7", "--stride", "1", "--padding", "same")[
        1
    ]
    assert out.splitlines()[2].split() == ["63", "7", "1", "3", "1", "63", "0", "yes"]
