"""What is fair: numbers carried on, rounded numbers, slips repeated or shown elsewhere, the key kept."""

import subprocess
from pathlib import Path

import command
import pytest

import cnncalc
from cnncalc.homework.answers import Answer, Rules
from cnncalc.homework.key import Key
from cnncalc.homework.marking import mark_sheet
from cnncalc.homework.sheets import read_sheet

NETWORK = "conv3-4, maxpool2, conv3-8 s2, fc-10"


def marked(
    text: str, rules: Rules | None = None, network: str = NETWORK, shape: str = "28x28x1"
) -> list[Answer]:
    key = Key(cnncalc.load(network, input=shape).analyze())
    return mark_sheet(key, read_sheet("a.csv", text.encode()), rules).answers


def verdicts(answers: list[Answer]) -> dict[tuple[str, str], str]:
    return {(answer.layer, answer.quantity): answer.verdict for answer in answers}


def test_a_wrong_size_is_carried_into_the_dense_layer() -> None:
    # 300 values for 6*6*8 = 288, so (300 + 1)*10 weights and biases
    found = verdicts(marked("Layer;Size;Params\nconv2;300;296\ndense1;10;3010\n"))
    assert (found["conv2", "activation_size"], found["dense1", "params"]) == ("wrong", "carried")
    found = verdicts(
        marked(
            "Layer;Size;Params\nconv2;300;296\nflatten1;;0\ndense1;10;3010\n",
            network=NETWORK.replace("fc", "flatten, fc"),
        )
    )
    assert found["dense1", "params"] == "carried"


def test_a_shape_that_is_not_asked_is_carried_too() -> None:
    text = "Layer;Shape;Params\nconv2;5x5x8;296\ndense1;10;2010\n"
    answers = marked(text, Rules(columns=("params",)))
    assert verdicts(answers)["dense1", "params"] == "carried"
    assert {answer.quantity for answer in answers} == {"params"}


@pytest.mark.parametrize(("total", "verdict"), [(336, "carried"), (3226, "right"), (400, "wrong")])
def test_the_total_of_a_column_with_a_blank(total: int, verdict: str) -> None:
    answers = marked(f"Layer;Params\nconv1;40\nmax_pool1;0\nconv2;296\ndense1;\nTotal;{total}\n")
    assert answers[-1].verdict == verdict


def test_rounded_numbers_where_they_are_asked_for_exactly() -> None:
    text = "Layer;Size;Params\nconv1;2.7k;40\nmax_pool1;676;0\nconv2;~290;3e2\ndense1;10;2.89e3\n"
    exact = marked(text, Rules(exact_below=10**6))
    wrong = {(answer.layer, answer.text) for answer in exact if answer.verdict == "wrong"}
    assert wrong == {("conv1", "2.7k"), ("conv2", "~290"), ("conv2", "3e2")}
    assert {answer.slips for answer in exact if answer.verdict == "wrong"} == {("rounded",)}
    assert all(answer.verdict == "right" for answer in marked(text))


def test_a_slip_that_is_repeated_costs_once_if_wanted() -> None:
    text = "Layer;Params\nconv1;36\nmax_pool1;0\nconv2;288\ndense1;2880\n"
    assert sum(answer.marks for answer in marked(text)) == 1
    once = marked(text, Rules(once=True))
    assert [int(answer.marks) for answer in once] == [0, 1, 1, 1]
    assert {answer.verdict for answer in once} == {"right", "wrong"}


def test_of_two_slips_the_one_shown_elsewhere_is_named() -> None:
    network, text = "conv3-8 s2 p1, conv3-16", "Layer;Shape\nconv1;13x13x8\n"
    assert marked(text, network=network, shape="28x28x3")[0].slips == ("no_padding",)
    # without padding, the second can only lack the + 1
    both = marked(text + "conv2;10x10x16\n", network=network, shape="28x28x3")
    assert [answer.slips for answer in both] == [("no_plus_one",), ("no_plus_one",)]


@pytest.mark.parametrize(
    ("fields", "slip"),
    [
        # 3, 3 + 2*1, 5 + 2*2 is right
        ((3, 6, 9), "kernels_added"), ((3, 5, 7), "no_stride"), ((3, 7, 11), "stride_early"),
        ((3, 9, 27), "kernels_multiplied"), ((3, 5, 3), "own_kernel"),
    ],
)  # fmt: skip
def test_slips_of_receptive_fields(fields: tuple[int, int, int], slip: str) -> None:
    names = ("conv1", "max_pool1", "conv2")
    rows = "\n".join(f"{name};{size}" for name, size in zip(names, fields, strict=True))
    answers = marked(f"Layer;RF\n{rows}\n", Rules(only_given=True), "conv3-4, maxpool3 s2, conv3-8")
    assert slip in {name for answer in answers for name in answer.slips}


@pytest.mark.parametrize(
    ("network", "row", "slips"),
    [
        # the 26*26*4 of before a pooling by 3, with and without biases
        ("conv3-4, maxpool3, relu, flatten, fc-10", "dense1;27050", ("before_pooling",)),
        ("conv3-4, maxpool3, fc-10", "dense1;27040", ("no_bias", "before_pooling")),
        ("conv3-4, bn", "batch_norm1;0", ("norm_learns_nothing",)),
        # (3*3*16)*16, by the number of filters; a bias for each weight would be 3*3*8*16*2, which is as much
        ("conv3-8, conv3-16", "conv2;2304", ("filters_as_channels",)),
        # 9 weights of 4 filters at each of 26*26 positions, and the 4 biases
        ("conv3-4", "conv1;24340", ("weights_not_shared",)),
    ],
)
def test_slips_by_the_layers_around(network: str, row: str, slips: tuple[str, ...]) -> None:
    answer = marked(f"Layer;# Parameters\n{row}\n", Rules(only_given=True), network)[0]
    assert (answer.verdict, answer.slips) == ("wrong", slips)


def test_the_batch_before_every_shape_is_no_mistake() -> None:
    shapes = ("(10, 26, 26, 4)", "(10, 13, 13, 4)", "(10, 6, 6, 8)", "(10, 10)")
    names = ("conv1", "max_pool1", "conv2", "dense1")
    text = "Layer;Shape\n" + "\n".join(map(";".join, zip(names, shapes, strict=True)))
    assert {answer.verdict for answer in marked(text)} == {"right"}


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    return command.told("check", *arguments)


def test_nonsense_does_not_buy_the_key(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Layer,Params\nCONV1,7\nCONV2,7\n")
    done = check("lenet5", tmp_path / "a.csv")
    assert done.returncode == 1
    assert "456" not in done.stdout
    assert "456" in check("lenet5", tmp_path / "a.csv", "--explain").stdout


def test_nothing_marked_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Layer,Params\nbreakfast,7\n")
    done = check("lenet5", tmp_path / "a.csv", "--only-given")
    assert done.returncode == 1
    assert "nothing is marked" in done.stderr


def test_how_exact_check_and_its_options_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Layer,Params\nFC3,48k\n")
    codes = [
        check("lenet5", tmp_path / "a.csv", "--only-given", *more).returncode for more in ((), ("--rounded",))
    ]
    assert codes == [1, 0]
